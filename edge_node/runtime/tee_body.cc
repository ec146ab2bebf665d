#include "edge_node/runtime/tee_body.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/status.h"
#include "edge_node/runtime/counted_bytes.h"

namespace terrella::runtime {
namespace {

constexpr size_t kSliceBytes = 64 * 1024;

class Tee;

class Branch final : public http::BodySource {
 public:
  Branch(std::shared_ptr<Tee> tee, int index, const std::shared_ptr<BufferAllocator>& allocator,
         size_t held_bytes_max)
      : tee_(std::move(tee)),
        index_(index),
        held_bytes_max_(held_bytes_max),
        held_(allocator),
        sending_(allocator) {}
  ~Branch() override;

  std::optional<uint64_t> length_bytes() const override;
  void Read(Reader& reader) override;
  void Pause() override;

  // --- from the tee
  bool reading() const { return reading_; }
  void Take(std::string_view bytes);
  // Gives the reader what is held, and then the end if that is known.
  void Deliver();

 private:
  void TellEnd();

  std::shared_ptr<Tee> tee_;
  const int index_;
  const size_t held_bytes_max_;
  CountedBytes held_;     // came while nobody read
  CountedBytes sending_;  // is being delivered
  size_t sent_bytes_ = 0;
  absl::Status error_;  // of this branch alone
  Reader* reader_ = nullptr;
  bool reading_ = false;
  bool told_end_ = false;
  bool* destroyed_ = nullptr;  // set while Deliver runs
};

class Tee final : public std::enable_shared_from_this<Tee>, public http::BodySource::Reader {
 public:
  explicit Tee(std::unique_ptr<http::BodySource> source)
      : source_(std::move(source)), length_bytes_(source_->length_bytes()) {}

  void set_branch(int index, Branch* branch) { branches_[index] = branch; }
  std::optional<uint64_t> length_bytes() const { return length_bytes_; }
  bool ended() const { return ended_; }
  const absl::Status& error() const { return error_; }

  void Want() {
    if (source_ != nullptr && !ended_) source_->Read(*this);
  }
  void Unwant() {
    if (source_ != nullptr && !ended_ && !AnyReads()) source_->Pause();
  }
  void Leave(int index) {
    branches_[index] = nullptr;
    if (branches_[1 - index] == nullptr) {
      source_.reset();
    } else {
      Unwant();
    }
  }

  void OnBodyData(std::string_view bytes) override {
    auto self = shared_from_this();  // a reader may drop its branch
    for (size_t i = 0; i < 2; ++i) {
      if (branches_[i] != nullptr) branches_[i]->Take(bytes);
    }
  }
  void OnBodyEnd() override { End(absl::OkStatus()); }
  void OnBodyError(const absl::Status& status) override { End(status); }

 private:
  bool AnyReads() const {
    return std::any_of(branches_.begin(), branches_.end(),
                       [](Branch* branch) { return branch != nullptr && branch->reading(); });
  }
  void End(absl::Status error) {
    auto self = shared_from_this();
    ended_ = true;
    error_ = std::move(error);
    for (size_t i = 0; i < 2; ++i) {
      if (branches_[i] != nullptr) branches_[i]->Deliver();
    }
  }

  std::unique_ptr<http::BodySource> source_;
  const std::optional<uint64_t> length_bytes_;
  std::array<Branch*, 2> branches_{};
  bool ended_ = false;
  absl::Status error_;
};

Branch::~Branch() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  tee_->Leave(index_);
}

std::optional<uint64_t> Branch::length_bytes() const {
  return tee_->length_bytes();
}

void Branch::Read(Reader& reader) {
  reader_ = &reader;
  reading_ = true;
  if (destroyed_ == nullptr) Deliver();  // else it is on the stack and goes on
}

void Branch::Pause() {
  reading_ = false;
  tee_->Unwant();
}

void Branch::Take(std::string_view bytes) {
  if (told_end_ || !error_.ok()) return;
  const bool is_caught_up = held_.empty() && sending_.empty();
  if (reading_ && is_caught_up && destroyed_ == nullptr) {
    reader_->OnBodyData(bytes);
  } else if (held_.size() + bytes.size() > held_bytes_max_ || !held_.Append(bytes)) {
    error_ =
        ResourceExhausted("one half of a tee lags further behind than the worker's memory allows");
    held_.Clear();
    if (reading_ && destroyed_ == nullptr) Deliver();
  }
}

void Branch::Deliver() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  while (reading_ && !(sending_.empty() && held_.empty())) {
    if (sending_.empty()) sending_.Swap(held_);
    std::string_view slice = sending_.view().substr(sent_bytes_, kSliceBytes);
    sent_bytes_ += slice.size();
    reader_->OnBodyData(slice);
    if (destroyed) return;
    if (sent_bytes_ < sending_.size()) continue;
    sending_.Clear();
    sent_bytes_ = 0;
  }
  destroyed_ = nullptr;
  if (!reading_ || told_end_) return;
  if (tee_->ended() || !error_.ok()) {
    TellEnd();
  } else {
    tee_->Want();
  }
}

void Branch::TellEnd() {
  told_end_ = true;
  Reader& reader = *reader_;
  const absl::Status error = error_.ok() ? tee_->error() : error_;
  if (error.ok()) {
    reader.OnBodyEnd();
  } else {
    reader.OnBodyError(error);
  }
}

}  // namespace

std::pair<std::unique_ptr<http::BodySource>, std::unique_ptr<http::BodySource>> TeeBody(
    std::unique_ptr<http::BodySource> source, const std::shared_ptr<BufferAllocator>& allocator,
    size_t held_bytes_max) {
  auto tee = std::make_shared<Tee>(std::move(source));
  auto a = std::make_unique<Branch>(tee, 0, allocator, held_bytes_max);
  auto b = std::make_unique<Branch>(tee, 1, allocator, held_bytes_max);
  tee->set_branch(0, a.get());
  tee->set_branch(1, b.get());
  return {std::move(a), std::move(b)};
}

}  // namespace terrella::runtime
