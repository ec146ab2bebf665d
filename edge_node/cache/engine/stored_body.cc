#include "edge_node/cache/engine/stored_body.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "edge_node/cache/store/record.h"

namespace terrella::cache {
namespace {

// Delivered in slices, so that a reader's Pause is honoured soon.
constexpr uint64_t kSliceBytes = 64 * 1024;

class StoredBody final : public http::BodySource {
 public:
  StoredBody(EventLoop& loop, std::shared_ptr<const StoredEntry> entry, const ByteRange& range,
             std::function<void()> damaged)
      : entry_(std::move(entry)),
        at_(range.offset),
        end_(range.offset + range.length),
        damaged_(std::move(damaged)) {
    if (entry_->file != nullptr) pieces_.emplace(loop, entry_->file);
  }
  ~StoredBody() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  std::optional<uint64_t> length_bytes() const override { return end_ - at_; }
  void Read(Reader& reader) override {
    reader_ = &reader;
    reading_ = true;
    if (destroyed_ == nullptr) Deliver();  // else Deliver is on the stack and goes on
  }
  void Pause() override { reading_ = false; }

 private:
  void Deliver() {
    bool destroyed = false;
    destroyed_ = &destroyed;
    while (reading_ && error_.ok() && at_ < end_) {
      std::string_view slice = Available();
      if (slice.empty()) break;  // it is being read, or damaged
      slice = slice.substr(0, std::min(kSliceBytes, end_ - at_));
      at_ += slice.size();
      reader_->OnBodyData(slice);
      if (destroyed) return;
    }
    destroyed_ = nullptr;
    if (!reading_ || ended_) return;
    if (!error_.ok()) {
      ended_ = true;
      const absl::Status error = error_;
      reader_->OnBodyError(error);
    } else if (at_ == end_) {
      ended_ = true;
      reader_->OnBodyEnd();
    }
  }

  // Bytes from at_ on that are in memory; empty while they are being read or when they are damaged.
  std::string_view Available() {
    if (!pieces_) return std::string_view(entry_->body).substr(at_);
    const uint64_t index = at_ / kPieceBytes;
    if (piece_index_ != index && !pieces_->reading()) {
      const uint64_t left = entry_->body_bytes - index * kPieceBytes;
      const auto bytes = static_cast<size_t>(std::min<uint64_t>(left, kPieceBytes));
      in_read_ = true;
      pieces_->Read(index, bytes, [this, index](absl::StatusOr<std::string> piece) {
        OnPiece(index, std::move(piece));
      });
      in_read_ = false;
    }
    if (piece_index_ != index) return {};
    return std::string_view(piece_).substr(at_ % kPieceBytes);
  }

  void OnPiece(uint64_t index, absl::StatusOr<std::string> piece) {
    if (piece.ok()) {
      piece_ = *std::move(piece);
      piece_index_ = index;
    } else {
      error_ = piece.status();
      damaged_();
    }
    if (!in_read_) Deliver();
  }

  const std::shared_ptr<const StoredEntry> entry_;
  uint64_t at_;
  uint64_t end_;
  const std::function<void()> damaged_;
  std::optional<PieceReader> pieces_;  // nothing: the body is in memory
  std::string piece_;
  uint64_t piece_index_ = UINT64_MAX;
  Reader* reader_ = nullptr;
  absl::Status error_;  // told when somebody reads
  bool reading_ = false;
  bool in_read_ = false;
  bool ended_ = false;
  bool* destroyed_ = nullptr;  // set while Deliver runs
};

}  // namespace

void PieceReader::Read(uint64_t index, size_t bytes, Done done) {
  const uint64_t offset = index * (kPieceBytes + kPieceChecksumBytes);
  const size_t whole = bytes + kPieceChecksumBytes;
  if (auto now = file_->ReadNow(offset, whole)) return done(Check(index, *std::move(now)));
  pending_ = std::make_unique<PendingRead>(
      loop_, file_, offset, whole,
      [this, index, done = std::move(done)](absl::StatusOr<std::string> read) {
        const std::unique_ptr<PendingRead> over = std::move(pending_);
        done(read.ok() ? Check(index, *std::move(read)) : read.status());
      });
}

absl::StatusOr<std::string> PieceReader::Check(uint64_t index, std::string bytes) const {
  if (!DecodePiece(bytes, index, file_->id())) {
    return DataLoss("piece {} of a stored body is damaged", index);
  }
  bytes.erase(0, kPieceChecksumBytes);
  return bytes;
}

std::unique_ptr<http::BodySource> MakeStoredBody(EventLoop& loop,
                                                 std::shared_ptr<const StoredEntry> entry,
                                                 const ByteRange& range,
                                                 std::function<void()> damaged) {
  return std::make_unique<StoredBody>(loop, std::move(entry), range, std::move(damaged));
}

}  // namespace terrella::cache
