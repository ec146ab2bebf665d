#include "http/message/body.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace terrella::http {
namespace {

// Delivered in slices, so that a reader's Pause is honoured soon.
constexpr size_t kSliceBytes = 64 * 1024;

// Over pieces of memory, given one after the other.
class MemoryBody : public BodySource {
 public:
  explicit MemoryBody(uint64_t length_bytes) : length_bytes_(length_bytes) {}
  ~MemoryBody() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  std::optional<uint64_t> length_bytes() const final { return length_bytes_; }

  void Read(Reader& reader) final {
    reader_ = &reader;
    reading_ = true;
    if (destroyed_ == nullptr) Deliver();  // else Deliver is on the stack and goes on
  }
  void Pause() final { reading_ = false; }

 protected:
  // The next piece that is not empty; empty: there is none.
  virtual std::string_view NextPiece() = 0;

 private:
  void Deliver() {
    bool destroyed = false;
    destroyed_ = &destroyed;
    while (reading_) {
      if (piece_.empty()) piece_ = NextPiece();
      const std::string_view slice = piece_.substr(0, kSliceBytes);
      if (slice.empty()) break;
      piece_.remove_prefix(slice.size());
      reader_->OnBodyData(slice);
      if (destroyed) return;
    }
    destroyed_ = nullptr;
    if (reading_ && !ended_) {
      ended_ = true;
      reader_->OnBodyEnd();
    }
  }

  const uint64_t length_bytes_;
  std::string_view piece_;  // what is left of it
  Reader* reader_ = nullptr;
  bool reading_ = false;
  bool ended_ = false;
  bool* destroyed_ = nullptr;  // set while Deliver runs
};

class StringBody final : public MemoryBody {
 public:
  explicit StringBody(std::string bytes) : MemoryBody(bytes.size()), bytes_(std::move(bytes)) {}

 private:
  std::string_view NextPiece() override {
    return std::exchange(given_, true) ? std::string_view() : bytes_;
  }

  const std::string bytes_;
  bool given_ = false;
};

class ViewBody final : public MemoryBody {
 public:
  ViewBody(std::vector<std::string_view> pieces, uint64_t length_bytes, std::shared_ptr<void> keep)
      : MemoryBody(length_bytes), keep_(std::move(keep)), pieces_(std::move(pieces)) {}

 private:
  std::string_view NextPiece() override {
    while (next_ < pieces_.size()) {
      if (const std::string_view piece = pieces_[next_++]; !piece.empty()) return piece;
    }
    return {};
  }

  const std::shared_ptr<void> keep_;  // shared_ptr: whatever owns the pieces
  const std::vector<std::string_view> pieces_;
  size_t next_ = 0;
};

class BrokenBody final : public BodySource {
 public:
  explicit BrokenBody(absl::Status error) : error_(std::move(error)) {}
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override {
    if (error_.ok()) return;  // told already
    const absl::Status error = std::exchange(error_, absl::OkStatus());
    reader.OnBodyError(error);  // may destroy this
  }
  void Pause() override {}

 private:
  absl::Status error_;
};

}  // namespace

std::unique_ptr<BodySource> MakeBrokenBody(absl::Status error) {
  return std::make_unique<BrokenBody>(std::move(error));
}

std::unique_ptr<BodySource> MakeStringBody(std::string bytes) {
  return std::make_unique<StringBody>(std::move(bytes));
}

std::unique_ptr<BodySource> MakeViewBody(std::vector<std::string_view> pieces,
                                         std::shared_ptr<void> keep) {
  uint64_t length_bytes = 0;
  for (std::string_view piece : pieces) length_bytes += piece.size();
  return std::make_unique<ViewBody>(std::move(pieces), length_bytes, std::move(keep));
}

class Pump::Impl final : public BodySource::Reader {
 public:
  Impl(std::unique_ptr<BodySource> source, BodySink& sink, std::function<void(absl::Status)> done)
      : source_(std::move(source)), sink_(sink), done_(std::move(done)) {}
  ~Impl() override {
    if (source_ != nullptr) sink_.set_drained_callback(nullptr);
  }

  void Start() {
    sink_.set_drained_callback([this] {
      if (source_ != nullptr) source_->Read(*this);
    });
    source_->Read(*this);
  }

  uint64_t bytes() const { return bytes_; }

  void OnBodyData(std::string_view bytes) override {
    bytes_ += bytes.size();
    if (!sink_.Write(bytes)) source_->Pause();
  }
  void OnBodyTrailers(Headers&& trailers) override { sink_.SetTrailers(std::move(trailers)); }
  void OnBodyEnd() override {
    sink_.set_drained_callback(nullptr);
    sink_.End();
    Finish(absl::OkStatus());
  }
  void OnBodyError(const absl::Status& status) override {
    absl::Status copy = status;  // the source owns `status` and is about to go
    sink_.set_drained_callback(nullptr);
    sink_.Abort(copy);
    Finish(std::move(copy));
  }

 private:
  void Finish(absl::Status status) {
    auto done = std::move(done_);
    auto source = std::move(source_);
    source.reset();
    if (done) done(std::move(status));  // may destroy this
  }

  std::unique_ptr<BodySource> source_;
  BodySink& sink_;
  std::function<void(absl::Status)> done_;
  uint64_t bytes_ = 0;
};

Pump::Pump(std::unique_ptr<BodySource> source, BodySink& sink,
           std::function<void(absl::Status)> done)
    : impl_(std::make_unique<Impl>(std::move(source), sink, std::move(done))) {}
Pump::~Pump() = default;
void Pump::Start() {
  impl_->Start();
}
uint64_t Pump::bytes() const {
  return impl_->bytes();
}

class Collector::Impl final : public BodySource::Reader {
 public:
  Impl(std::unique_ptr<BodySource> source, size_t bytes_max,
       std::function<void(absl::Status, std::string)> done)
      : source_(std::move(source)), bytes_max_(bytes_max), done_(std::move(done)) {}

  void Start() {
    std::optional<uint64_t> length = source_->length_bytes();
    if (length && *length > bytes_max_) {
      Finish(TooLarge());
      return;
    }
    if (length) bytes_.reserve(static_cast<size_t>(*length));
    source_->Read(*this);
  }

  void OnBodyData(std::string_view bytes) override {
    if (bytes.size() > bytes_max_ - bytes_.size()) {
      Finish(TooLarge());
    } else {
      bytes_.append(bytes);
    }
  }
  void OnBodyEnd() override { Finish(absl::OkStatus()); }
  void OnBodyError(const absl::Status& status) override { Finish(status); }

 private:
  absl::Status TooLarge() const {
    return ResourceExhausted("body is larger than {} bytes", bytes_max_);
  }
  void Finish(absl::Status status) {
    auto done = std::move(done_);
    auto bytes = status.ok() ? std::move(bytes_) : std::string();
    auto source = std::move(source_);
    source.reset();
    if (done) done(std::move(status), std::move(bytes));  // may destroy this
  }

  std::unique_ptr<BodySource> source_;
  const size_t bytes_max_;
  std::function<void(absl::Status, std::string)> done_;
  std::string bytes_;
};

Collector::Collector(std::unique_ptr<BodySource> source, size_t bytes_max,
                     std::function<void(absl::Status, std::string)> done)
    : impl_(std::make_unique<Impl>(std::move(source), bytes_max, std::move(done))) {}
Collector::~Collector() = default;
void Collector::Start() {
  impl_->Start();
}

}  // namespace terrella::http
