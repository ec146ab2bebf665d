#include "edge_node/cache/policy/cache_control.h"

#include <algorithm>

#include "edge_node/cache/policy/field_list.h"
#include "edge_node/cache/policy/structured_dictionary.h"

namespace terrella::cache {
namespace {

// A time that limits freshness: nonsense is no time at all.
void SetLimit(std::optional<int64_t>& slot, std::optional<std::string_view> argument) {
  if (slot.has_value()) return;
  slot = argument ? ParseDeltaSeconds(*argument).value_or(0) : 0;
}

// A time that extends use: nonsense extends nothing.
void SetExtension(std::optional<int64_t>& slot, std::optional<std::string_view> argument) {
  if (!slot.has_value() && argument) slot = ParseDeltaSeconds(*argument);
}

// no-cache and private, alone or with the fields they are about.
void SetQualified(bool& whole, std::vector<std::string>& fields,
                  std::optional<std::string_view> argument) {
  if (!argument) {
    whole = true;
    return;
  }
  for (FieldList list(*argument); const auto item = list.Next();) {
    fields.push_back(ToLower(item->text));
  }
  // private="" names nothing to leave out: taken for the whole.
  if (fields.empty()) whole = true;
}

void Apply(CacheControl& out, std::string_view name, std::optional<std::string_view> argument) {
  out.present = true;
  if (name == "max-age") return SetLimit(out.max_age_s, argument);
  if (name == "s-maxage") return SetLimit(out.s_maxage_s, argument);
  if (name == "stale-while-revalidate") {
    return SetExtension(out.stale_while_revalidate_s, argument);
  }
  if (name == "stale-if-error") return SetExtension(out.stale_if_error_s, argument);
  if (name == "no-cache") return SetQualified(out.no_cache, out.no_cache_fields, argument);
  if (name == "private") return SetQualified(out.is_private, out.private_fields, argument);
  if (name == "no-store") out.no_store = true;
  if (name == "public") out.is_public = true;
  if (name == "must-revalidate") out.must_revalidate = true;
  if (name == "proxy-revalidate") out.proxy_revalidate = true;
  if (name == "must-understand") out.must_understand = true;
  if (name == "only-if-cached") out.only_if_cached = true;
}

// A field whose syntax is a structured dictionary (RFC 9213 section 2.1). Nothing when it is
// absent, empty or malformed.
std::optional<CacheControl> ParseTargeted(const http::Headers& headers, std::string_view name) {
  const auto value = headers.Combined(name);
  if (!value) return std::nullopt;
  const auto members = ParseStructuredDictionary(*value);
  if (!members || members->empty()) return std::nullopt;
  CacheControl out;
  for (const DictionaryMember& member : *members) {
    switch (member.kind) {
      case DictionaryMember::Kind::kTrue:
        Apply(out, member.key, std::nullopt);
        break;
      case DictionaryMember::Kind::kInteger:
      case DictionaryMember::Kind::kText:
        Apply(out, member.key, member.text);
        break;
      case DictionaryMember::Kind::kOther:  // ?0, a decimal, a list: no directive looks like that
        break;
    }
  }
  out.present = true;
  return out;
}

}  // namespace

std::optional<int64_t> ParseDeltaSeconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kDeltaSecondsMax);
  }
  return value;
}

CacheControl ParseCacheControl(std::string_view value) {
  CacheControl out;
  for (FieldList list(value); const auto item = list.Next();) {
    Apply(out, ToLower(item->text), item->argument);
  }
  return out;
}

CacheControl ParseCacheControl(const http::Headers& headers) {
  const auto value = headers.Combined("cache-control");
  return value ? ParseCacheControl(*value) : CacheControl();
}

ResponseControl ControlOfResponse(const http::Headers& headers) {
  for (std::string_view name : {kOwnControlField, std::string_view("cdn-cache-control")}) {
    if (auto targeted = ParseTargeted(headers, name)) return {*std::move(targeted), true};
  }
  return {ParseCacheControl(headers), false};
}

}  // namespace terrella::cache
