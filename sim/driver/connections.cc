#include "sim/driver/connections.h"

#include <utility>

namespace terrella::sim {

std::unique_ptr<http::Call> Connections::Send(size_t number, std::string header,
                                              http::ClientRequest request,
                                              http::ResponseObserver& observer) {
  if (protocol_ == Protocol::kHttp1) {
    request.prefix_bytes = std::move(header);
    request.kept_as = std::to_string(number);
    return http1_.Send(std::move(request), observer);
  }
  std::unique_ptr<http::H2Client>& client = http2_[number];
  if (client != nullptr && !client->takes_requests()) left_.push_back(std::move(client));
  if (client == nullptr) {
    client = std::make_unique<http::H2Client>(
        loop_, http::H2ClientOptions{.to = request.to,
                                     .from = request.from,
                                     .prefix_bytes = std::move(header),
                                     .connect_deadline = request.limits.connect_deadline});
  }
  return client->Send(std::move(request), observer);
}

}  // namespace terrella::sim
