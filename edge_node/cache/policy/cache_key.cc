#include "edge_node/cache/policy/cache_key.h"

#include <fmt/format.h>

#include "edge_node/cache/policy/field_list.h"

namespace terrella::cache {
namespace {

constexpr std::string_view kKeyFields[] = {
    "origin", "x-http-method-override", "x-http-method", "x-method-override", "x-forwarded-host",
    "x-host", "x-original-url",         "x-rewrite-url", "forwarded"};

void AppendEscaped(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '\n' || c == '%' || c == '\0') {
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

// "https://host:port" of an absolute URL.
std::string_view OriginOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace

std::string MakeCacheKey(const CacheNamespace& space, std::string_view url,
                         const http::Headers& request) {
  url = url.substr(0, url.find('#'));
  std::string key;
  key.reserve(space.script.size() + space.name.size() + url.size() + 2);
  AppendEscaped(key, space.script);
  key += '\n';
  AppendEscaped(key, space.name);
  key += '\n';
  for (char c : url) key += c == '\n' ? ' ' : c;
  for (std::string_view name : kKeyFields) {
    const auto value = request.Find(name);
    if (!value) continue;
    key.append("\n").append(name).append("=");
    AppendEscaped(key, *value);
  }
  const auto scheme = request.Find("x-forwarded-scheme");
  if (scheme && *scheme != "http" && *scheme != "https") {
    key.append("\nx-forwarded-scheme=");
    AppendEscaped(key, *scheme);
  }
  return key;
}

CacheKeyParts SplitCacheKey(std::string_view key) {
  CacheKeyParts parts;
  for (std::string_view* part : {&parts.script, &parts.name, &parts.url}) {
    const size_t end = key.find('\n');
    *part = key.substr(0, end);
    if (end == std::string_view::npos) break;
    key.remove_prefix(end + 1);
  }
  return parts;
}

std::string SameOriginTarget(std::string_view base, std::string_view reference) {
  const std::string_view origin = OriginOf(base);
  reference = Trim(reference.substr(0, reference.find('#')));
  if (origin.empty() || reference.empty()) return {};
  if (reference.starts_with("/") && !reference.starts_with("//")) {
    return std::string(origin).append(reference);
  }
  const std::string_view theirs = OriginOf(reference);
  if (theirs.empty() || ToLower(theirs) != origin) return {};
  std::string_view path = reference.substr(theirs.size());
  return std::string(origin).append(path.starts_with('/') ? "" : "/").append(path);
}

}  // namespace terrella::cache
