#include "bundle/origin.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "base/tcp.h"
#include "bundle/names.h"

namespace terrella::bundle {

absl::StatusOr<v1::Origin> ParseOrigin(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return InvalidArgument("expected HOST=IP:PORT or HOST=IP:PORT@PLACE, found '{}'",
                           text.substr(0, 256));
  }
  const std::string_view rest = text.substr(equals + 1);
  const size_t at = std::min(rest.find('@'), rest.size());
  v1::Origin out;
  out.set_host(absl::AsciiStrToLower(ToAbsl(text.substr(0, equals))));
  if (!CheckHostName(out.host()).ok()) {
    return InvalidArgument("expected a bare host name before '=', found '{}'",
                           text.substr(0, std::min<size_t>(equals, 256)));
  }
  out.set_address(std::string(rest.substr(0, at)));
  if (!SocketAddress::Parse(out.address()).ok()) {
    return InvalidArgument("origin '{}': expected an address like 127.0.0.1:9000, found '{}'",
                           out.host(), rest.substr(0, std::min<size_t>(at, 256)));
  }
  if (at == rest.size()) return out;
  out.set_place(std::string(rest.substr(at + 1)));
  if (out.place().empty()) {
    return InvalidArgument("origin '{}': expected a place after '@', e.g. @Frankfurt", out.host());
  }
  return out;
}

void SetOrigin(v1::Origin origin, v1::Version& version) {
  for (v1::Origin& other : *version.mutable_origins()) {
    if (other.host() == origin.host()) {
      other = std::move(origin);
      return;
    }
  }
  *version.add_origins() = std::move(origin);
}

}  // namespace terrella::bundle
