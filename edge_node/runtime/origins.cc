#include "edge_node/runtime/origins.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace terrella::runtime {

std::string RefusalOf(std::string_view url, std::span<const std::string> origin_hosts) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return fmt::format("fetch: {} is not an http: or https: URL", url.substr(0, 100));
  }
  std::string_view authority = url.substr(url.find("//") + 2);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string_view host = authority;
  size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  auto allowed = [&](const std::string& origin) { return origin == authority || origin == host; };
  if (std::any_of(origin_hosts.begin(), origin_hosts.end(), allowed)) return "";
  std::string near = Suggest(authority, origin_hosts);
  return fmt::format("fetch: \"{}\" is not among the worker's declared origins{}", authority,
                     near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
}

}  // namespace terrella::runtime
