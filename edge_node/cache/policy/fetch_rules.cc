#include "edge_node/cache/policy/fetch_rules.h"

#include <algorithm>
#include <array>

#include "edge_node/cache/policy/cache_control.h"
#include "edge_node/cache/policy/field_list.h"

namespace terrella::cache {
namespace {

constexpr auto kStaticExtensions = std::to_array<std::string_view>(
    {"7z",   "apk",  "avi",  "avif",  "bin", "bmp",  "bz2",  "class", "css", "csv", "dmg",  "doc",
     "docx", "ejs",  "eot",  "eps",   "exe", "flac", "gif",  "gz",    "ico", "iso", "jar",  "jpeg",
     "jpg",  "js",   "mid",  "midi",  "mkv", "mp3",  "mp4",  "ogg",   "otf", "pdf", "pict", "pls",
     "png",  "ppt",  "pptx", "ps",    "rar", "svg",  "svgz", "swf",   "tar", "tif", "tiff", "ttf",
     "webm", "webp", "woff", "woff2", "xls", "xlsx", "zip",  "zst"});

bool IsStaticExtension(std::string_view extension) {
  const std::string lower = ToLower(extension);
  return !lower.empty() && std::find(kStaticExtensions.begin(), kStaticExtensions.end(), lower) !=
                               kStaticExtensions.end();
}

// The path of an absolute URL, without query and fragment.
std::string_view PathOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("?#"));
  const size_t slash = url.find('/');
  return slash == std::string_view::npos ? std::string_view("/") : url.substr(slash);
}

}  // namespace

std::optional<StatusTtl> ParseStatusRange(std::string_view text) {
  auto status = [](std::string_view digits) -> std::optional<int> {
    if (digits.size() != 3) return std::nullopt;
    const auto value = ParseDeltaSeconds(digits);
    if (!value || *value < 100 || *value > 599) return std::nullopt;
    return static_cast<int>(*value);
  };
  const size_t dash = text.find('-');
  const auto first = status(Trim(text.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : status(Trim(text.substr(dash + 1)));
  if (!first || !last || *last < *first) return std::nullopt;
  return StatusTtl{.first = *first, .last = *last};
}

void AddTags(std::string_view list, const FetchRulesLimits& limits,
             std::vector<std::string>& tags) {
  for (FieldList items(list); const auto item = items.Next();) {
    if (tags.size() >= limits.tags_max) return;
    const std::string_view tag = item->whole;
    const bool visible =
        std::all_of(tag.begin(), tag.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
    if (!visible || tag.size() > limits.tag_bytes_max) continue;
    std::string lower = ToLower(tag);
    if (std::find(tags.begin(), tags.end(), lower) == tags.end()) tags.push_back(std::move(lower));
  }
}

bool LooksStatic(std::string_view url) {
  const std::string_view path = PathOf(url);
  if (path == "/robots.txt") return true;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && IsStaticExtension(name.substr(dot + 1));
}

bool MayBeCached(const CacheableRequest& request, const FetchRules& rules) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (request.has_body) return false;
  for (const char* name : {"if-match", "if-unmodified-since", "upgrade"}) {
    if (request.headers.Has(name)) return false;
  }
  return rules.everything || rules.ttl_s || !rules.ttl_by_status.empty() ||
         LooksStatic(request.url);
}

}  // namespace terrella::cache
