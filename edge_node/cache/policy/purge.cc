#include "edge_node/cache/policy/purge.h"

#include <algorithm>

namespace terrella::cache {
namespace {

std::string_view WithoutScheme(std::string_view url) {
  const size_t scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

bool Fits(const PurgeRule& rule, std::string_view url, const std::vector<std::string>& tags) {
  switch (rule.kind) {
    case PurgeRule::Kind::kUrl:
      return url == rule.value;
    case PurgeRule::Kind::kPrefix:
      return rule.value.find("://") == std::string::npos
                 ? WithoutScheme(url).starts_with(rule.value)
                 : url.starts_with(rule.value);
    case PurgeRule::Kind::kHost: {
      const std::string_view rest = WithoutScheme(url);
      return rest.substr(0, rest.find_first_of("/?")) == rule.value;
    }
    case PurgeRule::Kind::kTag:
      return std::find(tags.begin(), tags.end(), rule.value) != tags.end();
  }
  return true;
}

}  // namespace

uint64_t ScriptPurges::newest() const {
  uint64_t newest = floor;
  for (const PurgeRule& rule : rules) newest = std::max(newest, rule.stamp);
  return newest;
}

uint64_t PurgeTable::StampFor(std::string_view script) const {
  const auto found = scripts_.find(script);
  return found == scripts_.end() ? 0 : found->second.newest();
}

bool PurgeTable::IsPurged(std::string_view script, std::string_view url,
                          const std::vector<std::string>& tags, uint64_t stamp) const {
  const auto found = scripts_.find(script);
  if (found == scripts_.end()) return false;
  const ScriptPurges& purges = found->second;
  if (stamp < purges.floor) return true;
  return std::any_of(purges.rules.begin(), purges.rules.end(), [&](const PurgeRule& rule) {
    return stamp < rule.stamp && Fits(rule, url, tags);
  });
}

}  // namespace terrella::cache
