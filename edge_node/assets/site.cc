#include "edge_node/assets/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/status.h"
#include "edge_node/assets/html_paths.h"
#include "edge_node/cache/policy/conditions.h"

namespace terrella::edge {
namespace {

using v1::StaticAssets;

constexpr std::string_view kCacheControl = "public, max-age=0, must-revalidate";
constexpr size_t kEtagBytes = 16;  // of the hash

std::string_view PathOf(std::string_view target) {
  return target.substr(0, target.find('?'));
}
std::string_view QueryOf(std::string_view target) {
  return target.substr(PathOf(target).size());
}
bool IsRead(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

AssetAnswer TextAnswer(int status, std::string text) {
  AssetAnswer answer{.head = {.status = status}, .text = std::move(text)};
  answer.head.headers.Set("content-type", "text/plain; charset=utf-8");
  return answer;
}

AssetAnswer RedirectAnswer(int status, std::string_view location) {
  AssetAnswer answer{.head = {.status = status}};
  answer.head.headers.Set("location", location);
  return answer;
}

// Where a rule sends the request: its query goes along unless the rule has one.
std::string LocationOf(std::string_view to, std::string_view query) {
  const size_t fragment = std::min(to.find('#'), to.size());
  std::string location(to.substr(0, fragment));
  if (location.find('?') == std::string::npos) location.append(query);
  // "//" would begin a host.
  if (location.starts_with("//")) location.erase(0, location.find_first_not_of('/') - 1);
  return location.append(to.substr(fragment));
}

}  // namespace

std::optional<std::string> DecodePath(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? HexValue(path[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(path[i + 2]) : -1;
    if (low < 0) {
      out.push_back(path[i]);
      continue;
    }
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '/' || byte == '\0') return std::nullopt;
    out.push_back(byte);
    i += 2;
  }
  return out;
}

std::string EncodePath(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) != 0 ||
                        std::string_view("/-._~!$&'()*+,;=:@").find(c) != std::string_view::npos);
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

bool MatchesStars(std::string_view pattern, std::string_view path) {
  // Greedy with one way back: to the last star.
  size_t p = 0, at = 0, star = std::string_view::npos, star_at = 0;
  while (at < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_at = at;
    } else if (p < pattern.size() && pattern[p] == path[at]) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

absl::StatusOr<std::shared_ptr<const Site>> Site::Make(const v1::StaticAssets& config,
                                                       const v1::AssetManifest& manifest,
                                                       const Options& options) {
  ASSIGN_OR_RETURN(AssetTable table, AssetTable::Make(manifest));
  std::shared_ptr<Site> site(new Site(std::move(table), config, options));
  RETURN_IF_ERROR(site->AddRules(manifest));
  return site;
}

absl::Status Site::AddRules(const v1::AssetManifest& manifest) {
  for (const v1::HeaderRule& rule : manifest.headers()) {
    ASSIGN_OR_RETURN(bundle::PathPattern pattern, bundle::PathPattern::Parse(rule.pattern()));
    headers_.push_back({std::move(pattern), rule});
  }
  for (const v1::RedirectRule& rule : manifest.redirects()) {
    ASSIGN_OR_RETURN(bundle::PathPattern from, bundle::PathPattern::Parse(rule.from()));
    if (from.is_static()) {
      exact_redirects_.emplace(rule.from(), redirects_.size());
    } else {
      other_redirects_.push_back(redirects_.size());
    }
    redirects_.push_back({std::move(from), rule.to(), static_cast<int>(rule.status())});
  }
  return absl::OkStatus();
}

bool Site::IsWorkersPath(std::string_view path) const {
  if (config_.run_worker_first()) return true;
  bool fits = false;
  for (const std::string& pattern : config_.worker_first_paths()) {
    if (!pattern.starts_with('!')) {
      fits |= MatchesStars(pattern, path);
    } else if (MatchesStars(std::string_view(pattern).substr(1), path)) {
      return false;
    }
  }
  return fits;
}

std::optional<AssetAnswer> Site::Route(const AssetRequest& request, WallTime now) const {
  if (!options_.has_worker) return Answer(request, now);
  if (!IsRead(request.method) || IsWorkersPath(PathOf(request.target))) return std::nullopt;
  if (auto answer = Lookup(request, now)) return answer;
  // A page a person navigates to is the site's, when the version's date says so.
  if (!options_.navigation_prefers_assets) return std::nullopt;
  const auto mode = request.headers.Find("sec-fetch-mode");
  return mode && *mode == "navigate" ? NotFound(request, now) : std::nullopt;
}

AssetAnswer Site::Answer(const AssetRequest& request, WallTime now) const {
  std::optional<AssetAnswer> answer = Lookup(request, now);
  if (!IsRead(request.method)) {
    if (!answer) return TextAnswer(404, "Not found.\n");
    AssetAnswer refused = TextAnswer(405, "Files are read with GET and HEAD.\n");
    refused.head.headers.Set("allow", "GET, HEAD");
    return refused;
  }
  if (!answer) answer = NotFound(request, now);
  return answer ? *std::move(answer) : TextAnswer(404, "Not found.\n");
}

const Site::Redirect* Site::FindRedirect(std::string_view path,
                                         bundle::PathPattern::Captures& captures) const {
  if (redirects_.empty()) return nullptr;
  if (const auto exact = exact_redirects_.find(std::string(path));
      exact != exact_redirects_.end()) {
    return &redirects_[exact->second];
  }
  for (const size_t index : other_redirects_) {
    auto found = redirects_[index].from.Match("", path);
    if (!found) continue;
    captures = *std::move(found);
    return &redirects_[index];
  }
  return nullptr;
}

std::optional<AssetAnswer> Site::Lookup(const AssetRequest& request, WallTime now) const {
  const std::string_view path = PathOf(request.target);
  bundle::PathPattern::Captures captures;
  const Redirect* redirect = FindRedirect(path, captures);
  if (redirect == nullptr) return LookupFile(request, path, false, now);
  const std::string to = bundle::Substitute(redirect->to, captures);
  if (redirect->status == 200) return LookupFile(request, PathOf(to), true, now);
  std::string location = LocationOf(to, QueryOf(request.target));
  // To itself: for ever.
  if (location == request.target) return LookupFile(request, path, false, now);
  return RedirectAnswer(redirect->status, location);
}

std::optional<AssetAnswer> Site::LookupFile(const AssetRequest& request, std::string_view path,
                                            bool rewritten, WallTime now) const {
  const std::optional<std::string> decoded = DecodePath(path);
  if (!decoded) return std::nullopt;
  FoundAsset found = FindAsset(table_, config_.html_handling(), *decoded);
  // What a rule names is served where it was asked for.
  if (rewritten && !found.redirect.empty()) {
    found = FindAsset(table_, config_.html_handling(), found.redirect);
  }
  if (!found.redirect.empty()) {
    return RedirectAnswer(307, EncodePath(found.redirect).append(QueryOf(request.target)));
  }
  if (found.asset == nullptr) return std::nullopt;
  return FileAnswer(request, *found.asset, 200, now);
}

std::optional<AssetAnswer> Site::NotFound(const AssetRequest& request, WallTime now) const {
  if (config_.not_found_handling() == StaticAssets::SINGLE_PAGE_APPLICATION) {
    const AssetEntry* page = table_.Find("/index.html");
    if (page == nullptr) return std::nullopt;
    return FileAnswer(request, *page, 200, now);
  }
  if (config_.not_found_handling() != StaticAssets::NOT_FOUND_PAGE) return std::nullopt;
  std::string folder = DecodePath(PathOf(request.target)).value_or("/");
  for (;;) {
    const size_t slash = folder.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    folder.resize(slash);
    if (const AssetEntry* page = table_.Find(folder + "/404.html")) {
      return FileAnswer(request, *page, 404, now);
    }
  }
}

AssetAnswer Site::FileAnswer(const AssetRequest& request, const AssetEntry& asset, int status,
                             WallTime now) const {
  AssetAnswer answer{.head = {.status = status},
                     .asset = &asset,
                     .range = {.offset = 0, .length = asset.size_bytes}};
  http::Headers& headers = answer.head.headers;
  headers.Reserve(10, 512);
  headers.Append("content-type", asset.media_type);
  headers.Append("etag", fmt::format("\"{}\"", ToHex(asset.sha256.substr(0, kEtagBytes))));
  headers.Append("cache-control", kCacheControl);
  ApplyHeaderRules(request, headers);
  if (status != 200) return answer;
  if (cache::IsNotModified(request.headers, headers, now)) {
    answer.head.status = 304;
    answer.asset = nullptr;
    headers.Remove("content-type");
    return answer;
  }
  headers.Append("accept-ranges", "bytes");
  if (request.method != "GET") return answer;  // RFC 9110 section 14.2
  const cache::RangeDecision part =
      cache::DecideRange(request.headers, headers, asset.size_bytes, now);
  if (part.kind == cache::RangeDecision::Kind::kPart) {
    answer.head.status = 206;
    answer.range = part.range;
    headers.Set("content-range", cache::ContentRange(part.range, asset.size_bytes));
  } else if (part.kind == cache::RangeDecision::Kind::kNotSatisfiable) {
    answer.head.status = 416;
    answer.asset = nullptr;
    headers.Remove("content-type");
    headers.Set("content-range", fmt::format("bytes */{}", asset.size_bytes));
  }
  return answer;
}

void Site::ApplyHeaderRules(const AssetRequest& request, http::Headers& headers) const {
  std::set<std::string_view> set;  // by an earlier rule: another value joins it
  for (const HeaderRule& rule : headers_) {
    const auto captures = rule.pattern.Match(request.host, PathOf(request.target));
    if (!captures) continue;
    for (const std::string& name : rule.fields.unset()) {
      headers.Remove(name);
      set.erase(name);
    }
    for (const v1::HeaderRule::Field& field : rule.fields.set()) {
      std::string value = bundle::Substitute(field.value(), *captures);
      if (field.name() == "set-cookie") {
        headers.Append(field.name(), value);
      } else if (set.insert(field.name()).second) {
        headers.Set(field.name(), value);
      } else {
        headers.Set(field.name(), std::string(*headers.Find(field.name())) + ", " + value);
      }
    }
  }
}

}  // namespace terrella::edge
