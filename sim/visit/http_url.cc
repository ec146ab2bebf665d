#include "sim/visit/http_url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/status.h"

namespace terrella::sim {
namespace {

constexpr size_t kUrlBytesMax = 8192;

bool IsHostByte(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
}

}  // namespace

std::string HttpUrl::authority() const {
  return port ? fmt::format("{}:{}", host, *port) : host;
}

absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax)
    return InvalidArgument("a URL of more than {} bytes", kUrlBytesMax);
  for (const unsigned char c : text) {
    if (c <= ' ' || c == 0x7f) {
      return InvalidArgument(
          "'{}' is not a URL: write spaces and control characters as %20 and so on", text);
    }
  }
  std::string_view rest = text.substr(0, text.find('#'));
  HttpUrl url;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = rest.substr(0, scheme);
    if (name != "http" && name != "https") {
      return InvalidArgument("'{}': expected http:// or https://, got {}://", text, name);
    }
    url.secure = name == "https";
    rest.remove_prefix(scheme + 3);
  }
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  url.target = std::string(rest.substr(authority_end));
  if (!url.target.starts_with('/')) url.target = "/" + url.target;
  if (const size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
      return InvalidArgument("'{}': '{}' is not a port", text, digits);
    }
    url.port = port;
    authority = authority.substr(0, colon);
  }
  if (authority.empty() || !std::all_of(authority.begin(), authority.end(), IsHostByte)) {
    return InvalidArgument("'{}': expected a host name, as in http://hello.edge.test/", text);
  }
  for (const char c : authority)
    url.host += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return url;
}

}  // namespace terrella::sim
