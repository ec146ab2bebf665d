// Any request line and body is a call with a message that JSON can show, or a refusal with words.
// The input is the target, a line end, and the body.
#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "control_plane/gateway/rpc_route.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::control;
  static const auto* schema = new ApiSchema(
      std::vector<std::string>{"terrella.v1.Admin", "terrella.v1.Deployments",
                               "terrella.v1.DnsZone", "terrella.v1.Kv", "terrella.v1.Rollouts"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string target = "/v1/" + std::string(text.substr(0, end));
  const std::string_view body = text.substr(std::min(end + 1, text.size()));
  for (const std::string_view verb : {"GET", "POST"}) {
    const auto route = FindRoute(*schema, verb, target);
    if (!route.ok()) {
      CHECK(!route.status().message().empty());
      continue;
    }
    const auto& type = *route->method->input_type();
    const auto wires =
        MessagesOf(*schema, *route->method, verb == "GET" ? route->query_json : body);
    if (!wires.ok()) continue;
    CHECK(wires->size() <= kMessagesMax);
    for (const std::string& wire : *wires) {
      const auto json = schema->ToJson(type, wire);
      CHECK(json.ok());
      const auto again = schema->FromJson(type, *json);
      CHECK(again.ok());
    }
  }
  return 0;
}
