#include "edge_node/runtime/sized_body.h"

#include <utility>

#include "base/status.h"

namespace terrella::runtime {
namespace {

class SizedBody final : public http::BodySource, http::BodySource::Reader {
 public:
  SizedBody(std::unique_ptr<http::BodySource> source, std::optional<uint64_t> length_bytes)
      : source_(std::move(source)), length_bytes_(length_bytes), left_bytes_(length_bytes) {}

  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }
  void Read(http::BodySource::Reader& reader) override {
    reader_ = &reader;
    source_->Read(*this);
  }
  void Pause() override { source_->Pause(); }

 private:
  void OnBodyData(std::string_view bytes) override {
    if (over_) return;
    if (left_bytes_.has_value()) {
      if (bytes.size() > *left_bytes_) {
        return Fail(
            InvalidArgument("the body is longer than the {} bytes it was to have", *length_bytes_));
      }
      *left_bytes_ -= bytes.size();
    }
    reader_->OnBodyData(bytes);
  }
  void OnBodyEnd() override {
    if (over_) return;
    if (left_bytes_.value_or(0) > 0) {
      return Fail(InvalidArgument("the body is {} bytes shorter than the {} it was to have",
                                  *left_bytes_, *length_bytes_));
    }
    reader_->OnBodyEnd();
  }
  void OnBodyError(const absl::Status& status) override {
    if (!over_) reader_->OnBodyError(status);
  }
  void Fail(const absl::Status& error) {
    over_ = true;
    source_->Pause();
    reader_->OnBodyError(error);  // may destroy this
  }

  const std::unique_ptr<http::BodySource> source_;
  const std::optional<uint64_t> length_bytes_;
  std::optional<uint64_t> left_bytes_;
  http::BodySource::Reader* reader_ = nullptr;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<http::BodySource> MakeSizedBody(std::unique_ptr<http::BodySource> source,
                                                std::optional<uint64_t> length_bytes) {
  return std::make_unique<SizedBody>(std::move(source), length_bytes);
}

}  // namespace terrella::runtime
