#include "edge_node/cache/engine/fill.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/cache/engine/stored_body.h"
#include "edge_node/cache/store/record.h"

namespace terrella::cache {
namespace {

constexpr uint64_t kSliceBytes = 64 << 10;
constexpr uint64_t kFlushBytesMax = 4 * uint64_t{kPieceBytes};
constexpr uint64_t kWindowBytesMax = 512 << 10;

}  // namespace

// One who reads along.
class Fill::Reader final : public http::BodySource {
 public:
  Reader(std::shared_ptr<Fill> fill, uint64_t at, std::optional<uint64_t> end)
      : fill_(std::move(fill)), begin_(at), at_(at), end_(end) {
    fill_->readers_.push_back(this);
  }
  ~Reader() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
    fill_->OnReaderGone(*this);
  }

  std::optional<uint64_t> length_bytes() const override {
    if (!end_) return std::nullopt;
    return *end_ - begin_;
  }
  void Read(http::BodySource::Reader& reader) override {
    reader_ = &reader;
    reading_ = true;
    Deliver();
  }
  void Pause() override { reading_ = false; }

  uint64_t at() const { return at_; }

  void Deliver() {
    if (destroyed_ != nullptr) return;  // it is on the stack and goes on
    bool destroyed = false;
    destroyed_ = &destroyed;
    while (reading_ && !Complete()) {
      std::string_view slice = Available();
      if (slice.empty()) break;
      slice = slice.substr(0, kSliceBytes);
      if (end_) slice = slice.substr(0, *end_ - at_);
      at_ += slice.size();
      // A copy: what the window holds may move while the reader does what it likes.
      const std::string bytes(slice);
      reader_->OnBodyData(bytes);
      if (destroyed) return;
    }
    destroyed_ = nullptr;
    fill_->Steer();
    if (!reading_ || over_) return;
    if (Complete()) {
      over_ = true;
      reader_->OnBodyEnd();
    } else if (const absl::Status& error = Error(); !error.ok()) {
      over_ = true;
      const absl::Status copy = error;
      reader_->OnBodyError(copy);
    }
  }

 private:
  bool Complete() const {
    if (end_) return at_ == *end_;
    return fill_->ended_ && fill_->error_.ok() && at_ == fill_->window_end();
  }
  const absl::Status& Error() const {
    if (!error_.ok()) return error_;
    // What came before the origin broke off is still given.
    static const absl::Status kFine;
    return at_ >= fill_->window_end() ? fill_->error_ : kFine;
  }

  std::string_view Available() {
    if (at_ >= fill_->window_start_) {
      const uint64_t offset = at_ - fill_->window_start_;
      if (offset >= fill_->window_.size()) return {};
      return std::string_view(fill_->window_).substr(offset);
    }
    const uint64_t index = at_ / kPieceBytes;
    if (piece_index_ != index && error_.ok()) {
      if (!pieces_) pieces_.emplace(fill_->loop_, fill_->large_->file());
      if (pieces_->reading()) return {};
      const uint64_t left = fill_->flushed_ - index * kPieceBytes;
      in_read_ = true;
      pieces_->Read(index, static_cast<size_t>(std::min<uint64_t>(left, kPieceBytes)),
                    [this, index](absl::StatusOr<std::string> piece) {
                      if (piece.ok()) {
                        piece_ = *std::move(piece);
                        piece_index_ = index;
                      } else {
                        error_ = piece.status();
                      }
                      if (!in_read_) Deliver();
                    });
      in_read_ = false;
    }
    if (piece_index_ != index) return {};
    return std::string_view(piece_).substr(at_ % kPieceBytes);
  }

  const std::shared_ptr<Fill> fill_;
  const uint64_t begin_;
  uint64_t at_;
  const std::optional<uint64_t> end_;
  std::optional<PieceReader> pieces_;
  std::string piece_;
  uint64_t piece_index_ = UINT64_MAX;
  absl::Status error_;  // of the file
  http::BodySource::Reader* reader_ = nullptr;
  bool reading_ = false;
  bool in_read_ = false;
  bool over_ = false;
  bool* destroyed_ = nullptr;  // set while Deliver runs
};

Fill::Fill(EventLoop& loop, DeferredCalls& later, Store& store, StoredEntry entry,
           std::unique_ptr<http::BodySource> source)
    : loop_(loop),
      later_(later),
      store_(store),
      entry_(std::move(entry)),
      source_(std::move(source)),
      length_(source_ == nullptr ? std::optional<uint64_t>(0) : source_->length_bytes()) {}

Fill::~Fill() = default;

void Fill::Start() {
  auto self = shared_from_this();
  if (source_ == nullptr) return later_.Add([self] { self->OnBodyEnd(); });
  if (length_ && *length_ > store_.options().body_bytes_max) GiveUpStoring();
  if (source_ != nullptr) source_->Read(*this);
}

std::unique_ptr<http::BodySource> Fill::NewReader(std::optional<ByteRange> range) {
  CHECK(joinable());
  const uint64_t at = range ? range->offset : 0;
  std::optional<uint64_t> end = length_;
  if (range) end = range->offset + range->length;
  return std::make_unique<Reader>(shared_from_this(), at, end);
}

void Fill::OnBodyData(std::string_view bytes) {
  const auto self = shared_from_this();
  window_.append(bytes);
  if (storing_ && window_end() > store_.options().body_bytes_max) GiveUpStoring();
  if (storing_ && large_ == nullptr && window_.size() > store_.whole_body_bytes_max()) {
    large_ = store_.StartLarge(entry_.key);
    if (large_ == nullptr) GiveUpStoring();
  }
  if (large_ != nullptr) Flush();
  WakeReaders();
  TrimWindow();
  Steer();
}

void Fill::OnBodyEnd() {
  const auto self = shared_from_this();
  DropSource();
  const bool whole = !length_ || *length_ == window_end();
  length_ = window_end();
  if (!whole) {
    error_ = DataLoss("the origin's body is not as long as it said");
    GiveUpStoring();
  } else if (storing_) {
    if (large_ == nullptr) {
      FinishWhole();
    } else {
      Flush();
    }
  }
  WakeReaders();
}

void Fill::OnBodyError(const absl::Status& status) {
  const auto self = shared_from_this();
  error_ = status;
  DropSource();
  GiveUpStoring();
  WakeReaders();
}

void Fill::DropSource() {
  ended_ = true;
  // Not destroyed from within its own call.
  if (source_ != nullptr) {
    later_.Add([source = std::shared_ptr<http::BodySource>(std::move(source_))] {});
  }
}

void Fill::Flush() {
  if (flushing_ || !storing_) return;
  uint64_t bytes = std::min(window_end() - flushed_, kFlushBytesMax);
  if (!ended_) bytes -= bytes % kPieceBytes;
  if (bytes == 0) {
    if (ended_ && flushed_ == window_end()) FinishLarge();
    return;
  }
  flushing_ = true;
  large_->Append(window_.substr(flushed_ - window_start_, bytes),
                 [weak = weak_from_this(), &loop = loop_, bytes](absl::Status status) {
                   loop.Post([weak, bytes, status = std::move(status)] {
                     if (const auto self = weak.lock()) self->OnFlushed(bytes, status);
                   });
                 });
}

void Fill::OnFlushed(uint64_t bytes, const absl::Status& status) {
  flushing_ = false;
  if (!storing_) return;
  if (!status.ok()) {
    GiveUpStoring();
    return Steer();
  }
  flushed_ += bytes;
  TrimWindow();
  Flush();
  Steer();
}

void Fill::TrimWindow() {
  uint64_t keep_from = storing_ ? flushed_ : window_end();
  if (storing_ && large_ == nullptr) return;
  if (!storing_) {
    for (const Reader* reader : readers_) {
      // Whoever is behind the window reads the file.
      if (reader->at() >= window_start_) keep_from = std::min(keep_from, reader->at());
    }
  }
  // Not for a few bytes: each time moves the rest.
  if (keep_from - window_start_ < kSliceBytes && keep_from != window_end()) return;
  window_.erase(0, keep_from - window_start_);
  window_start_ = keep_from;
}

void Fill::Steer() {
  if (!storing_) TrimWindow();
  if (source_ == nullptr) return;
  const bool collecting = storing_ && large_ == nullptr;
  const bool full = !collecting && window_.size() > kWindowBytesMax;
  if (full && !paused_) {
    paused_ = true;
    source_->Pause();
  } else if (!full && paused_) {
    paused_ = false;
    // Later: this may be inside a call of the source.
    later_.Add([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr && self->source_ != nullptr && !self->paused_) {
        self->source_->Read(*self);
      }
    });
  }
}

void Fill::WakeReaders() {
  // By index from behind: a reader may leave, and a new one may come, in its own call.
  for (size_t i = readers_.size(); i-- > 0;) {
    if (i < readers_.size()) readers_[i]->Deliver();
  }
}

void Fill::OnReaderGone(Reader& reader) {
  std::erase(readers_, &reader);
  if (!storing_ && readers_.empty()) return Abandon();
  Steer();
}

void Fill::GiveUpStoring() {
  if (!storing_) return;
  storing_ = false;
  if (readers_.empty()) Abandon();
  Finish(false);
}

void Fill::Abandon() {
  if (source_ == nullptr) return;
  error_ = Cancelled("nobody wants the rest");
  DropSource();
}

void Fill::FinishWhole() {
  StoredEntry whole = entry_;
  whole.body = window_;
  whole.body_bytes = whole.body.size();
  storing_ = false;
  store_.Put(std::make_shared<const StoredEntry>(std::move(whole)));
  Finish(true);
}

void Fill::FinishLarge() {
  entry_.body_bytes = window_end();
  flushing_ = true;  // nothing is appended any more
  large_->Commit(entry_, [weak = weak_from_this(), &loop = loop_](absl::Status status) {
    loop.Post([weak, ok = status.ok()] {
      const auto self = weak.lock();
      if (self == nullptr || !self->storing_) return;
      self->storing_ = false;
      self->Finish(ok);
    });
  });
}

void Fill::Finish(bool stored) {
  later_.Add([self = shared_from_this(), stored] {
    if (auto done = std::exchange(self->done_, nullptr)) done(stored);
  });
}

}  // namespace terrella::cache
