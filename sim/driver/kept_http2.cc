#include "sim/driver/kept_http2.h"

namespace terrella::sim {

std::shared_ptr<http::H2Client> KeptHttp2::Find(net::CityId city, const SocketAddress& destination,
                                                const SocketAddress& to,
                                                const std::string& header) {
  Entry& entry = entries_[{city, destination}];
  const MonotonicTime now = loop_.Now();
  if (entry.client == nullptr || !entry.client->takes_requests() ||
      now - entry.used > http::PoolLimits{}.idle_deadline) {
    entry.client = std::make_shared<http::H2Client>(
        loop_, http::H2ClientOptions{.to = to, .from = {}, .prefix_bytes = header});
  }
  entry.used = now;
  return entry.client;
}

}  // namespace terrella::sim
