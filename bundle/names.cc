#include "bundle/names.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/status.h"

namespace terrella::bundle {
namespace {

constexpr size_t kRouteBytesMax = 1024;
constexpr size_t kHostBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kBindingNameBytesMax = 128;
constexpr size_t kShownBytesMax = 300;  // of a bad name in a message

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsLowerAlnum(char c) {
  return (c >= 'a' && c <= 'z') || IsDigit(c);
}

bool IsIdentifierStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && IsLowerAlnum(label.front()) &&
         IsLowerAlnum(label.back()) && std::all_of(label.begin(), label.end(), [](char c) {
           return IsLowerAlnum(c) || c == '-';
         });
}

absl::Status CheckPath(std::string_view path, std::string_view pattern) {
  size_t star = path.find('*');
  if (star != std::string_view::npos && star + 1 != path.size()) {
    return InvalidArgument("route '{}': '*' may stand only at the end of the path", pattern);
  }
  for (char c : path) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '?' || c == '#') {
      return InvalidArgument("route '{}': a path has no spaces, '?' or '#'", pattern);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckScriptName(std::string_view name) {
  if (IsLabel(name)) return absl::OkStatus();
  return InvalidArgument("'{}' is not a script name: 1 to {} characters of a-z, 0-9 and inner '-'",
                         name.substr(0, kShownBytesMax), kLabelBytesMax);
}

absl::Status CheckHostName(std::string_view host) {
  bool ok = !host.empty() && host.size() <= kHostBytesMax;
  for (std::string_view rest = host; ok;) {
    size_t dot = rest.find('.');
    ok = IsLabel(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (ok) return absl::OkStatus();
  return InvalidArgument("'{}' is not a host name", host.substr(0, kHostBytesMax));
}

absl::StatusOr<std::string> NormalizeRoute(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kRouteBytesMax) {
    return InvalidArgument("a route is 1 to {} bytes like 'hello.edge.test/*', got {}",
                           kRouteBytesMax, pattern.size());
  }
  if (pattern.find("://") != std::string_view::npos) {
    return InvalidArgument("route '{}': write it without the scheme, like 'hello.edge.test/*'",
                           pattern);
  }
  size_t slash = pattern.find('/');
  std::string host = ToLower(pattern.substr(0, slash));
  std::string_view path = slash == std::string_view::npos ? "/*" : pattern.substr(slash);
  if (host.find(':') != std::string::npos) {
    return InvalidArgument("route '{}': write it without a port", pattern);
  }
  if (host != "*") {
    std::string_view name = host;
    if (name.starts_with("*.")) name.remove_prefix(2);
    if (!CheckHostName(name).ok()) {
      return InvalidArgument("route '{}': '{}' is neither a host name, nor '*.NAME', nor '*'",
                             pattern, host);
    }
  }
  RETURN_IF_ERROR(CheckPath(path, pattern));
  return host.append(path);
}

absl::Status CheckBindingName(std::string_view name) {
  const bool ok = !name.empty() && name.size() <= kBindingNameBytesMax &&
                  IsIdentifierStart(name.front()) &&
                  std::all_of(name.begin(), name.end(),
                              [](char c) { return IsIdentifierStart(c) || IsDigit(c); });
  if (ok) return absl::OkStatus();
  return InvalidArgument("'{}' is not a name for env: use letters, digits, '_' and '$'",
                         name.substr(0, kShownBytesMax));
}

absl::Status CheckKvNamespace(std::string_view name) {
  constexpr size_t kBytesMax = 64;
  const bool good = !name.empty() && name.size() <= kBytesMax &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
                    });
  if (good) return absl::OkStatus();
  return InvalidArgument("'{}' is no KV namespace: expected 1 to {} letters, digits, '-' and '_'",
                         name.substr(0, kBytesMax), kBytesMax);
}

absl::Status CheckCompatibilityDate(std::string_view date) {
  bool ok = date.size() == 10;
  for (size_t i = 0; ok && i < date.size(); ++i) {
    ok = (i == 4 || i == 7) ? date[i] == '-' : IsDigit(date[i]);
  }
  if (ok) return absl::OkStatus();
  return InvalidArgument("a compatibility date must look like \"2026-01-31\", got '{}'",
                         date.substr(0, kShownBytesMax));
}

std::string_view RouteHost(std::string_view route) {
  return route.substr(0, route.find('/'));
}

}  // namespace terrella::bundle
