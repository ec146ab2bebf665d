#include "edge_node/shard/client_body.h"

#include <utility>

namespace terrella::edge {
namespace {

class ClientBody final : public http::BodySource, http::BodySource::Reader {
 public:
  ClientBody(std::unique_ptr<http::BodySource> source, std::shared_ptr<absl::Status> error)
      : source_(std::move(source)), error_(std::move(error)) {}

  std::optional<uint64_t> length_bytes() const override { return source_->length_bytes(); }
  void Read(http::BodySource::Reader& reader) override {
    reader_ = &reader;
    source_->Read(*this);
  }
  void Pause() override { source_->Pause(); }

 private:
  void OnBodyData(std::string_view bytes) override { reader_->OnBodyData(bytes); }
  void OnBodyTrailers(http::Headers&& trailers) override {
    reader_->OnBodyTrailers(std::move(trailers));
  }
  void OnBodyEnd() override { reader_->OnBodyEnd(); }
  void OnBodyError(const absl::Status& status) override {
    *error_ = status;
    reader_->OnBodyError(status);  // may destroy this
  }

  const std::unique_ptr<http::BodySource> source_;
  const std::shared_ptr<absl::Status> error_;
  http::BodySource::Reader* reader_ = nullptr;
};

}  // namespace

std::unique_ptr<http::BodySource> WatchClientBody(std::unique_ptr<http::BodySource> source,
                                                  std::shared_ptr<absl::Status> error) {
  return std::make_unique<ClientBody>(std::move(source), std::move(error));
}

}  // namespace terrella::edge
