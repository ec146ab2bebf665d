#include "edge_node/shard/client_body.h"

#include <utility>

#include "http/message/passing_body.h"

namespace terrella::edge {
namespace {

class ClientBody final : public http::PassingBody {
 public:
  ClientBody(std::unique_ptr<http::BodySource> source, std::shared_ptr<absl::Status> error)
      : PassingBody(std::move(source)), error_(std::move(error)) {}

 private:
  void OnBodyError(const absl::Status& status) override {
    *error_ = status;
    PassingBody::OnBodyError(status);
  }

  const std::shared_ptr<absl::Status> error_;
};

}  // namespace

std::unique_ptr<http::BodySource> WatchClientBody(std::unique_ptr<http::BodySource> source,
                                                  std::shared_ptr<absl::Status> error) {
  return std::make_unique<ClientBody>(std::move(source), std::move(error));
}

}  // namespace terrella::edge
