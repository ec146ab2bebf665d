#include "edge_node/shard/event_request.h"

#include <charconv>
#include <string_view>

#include "edge_node/runtime/url/search_params.h"
#include "edge_node/shard/health.h"

namespace terrella::edge {
namespace {

constexpr std::string_view kPath = "/.terrella/scheduled";
constexpr size_t kCronBytesMax = 256;

}  // namespace

std::optional<EventRequest> ParseEventRequest(const http::RequestHead& head, bool developing,
                                              WallTime now) {
  const std::string_view target = head.target;
  const size_t query = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, query);
  const bool own = path == kPath && head.method == "POST" && IsAddressHost(head.host);
  const bool by_hand =
      developing && (path == "/__scheduled" || path == "/cdn-cgi/handler/scheduled");
  if (!own && !by_hand) return std::nullopt;
  EventRequest request;
  request.scheduled.scheduled_ms = std::floor(ToMs(now.time_since_epoch()));
  for (const auto& [name, value] :
       runtime::ParseSearchParams(target.substr(std::min(query + 1, target.size())))) {
    if (name == "script" && own) request.script = value;
    if (name == "cron") request.scheduled.cron = value.substr(0, kCronBytesMax);
    int64_t ms = 0;
    if ((name == "time" || name == "scheduledTime") &&
        std::from_chars(value.data(), value.data() + value.size(), ms).ec == std::errc()) {
      request.scheduled.scheduled_ms = static_cast<double>(ms);
    }
  }
  return request;
}

}  // namespace terrella::edge
