// Purges: which stored responses people have asked to forget, decided when somebody asks for one.
//
// A purge by prefix or tag would have to look at every entry; instead it is remembered, and an
// entry that is older than it is compared with it on its next use. An entry knows the newest purge
// that was known when its request left the node (its stamp), so a response that was under way while
// its purge came in is caught as well. The number of purges a script keeps is bounded: an entry
// older than the oldest one remembered counts as purged. So forgetting too much is possible,
// serving what was purged is not.
//
//   stamp of entry < floor                     purged
//   stamp of entry < stamp of a rule it fits   purged
//
// Stamps grow for ever: they come from the control plane (or, for a purge on one node alone, from
// its clock) and count microseconds.
//
// Thread: any (immutable once built).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::cache {

struct PurgeRule {
  enum class Kind {
    kUrl,     // exactly, without fragment
    kPrefix,  // "https://host/path...", or without scheme: "host/path..."
    kHost,    // "host" or "host:port", whatever the scheme
    kTag,     // lower case
  };
  uint64_t stamp = 0;
  Kind kind = Kind::kUrl;
  std::string value;
  bool operator==(const PurgeRule&) const = default;
};

// What was purged of one script's caches.
struct ScriptPurges {
  uint64_t floor = 0;            // everything older is purged
  std::vector<PurgeRule> rules;  // stamps above `floor`

  // The newest stamp.
  uint64_t newest() const;
  bool operator==(const ScriptPurges&) const = default;
};

class PurgeTable {
 public:
  PurgeTable() = default;
  explicit PurgeTable(std::map<std::string, ScriptPurges, std::less<>> scripts)
      : scripts_(std::move(scripts)) {}

  // What an entry whose request leaves now is stamped with.
  uint64_t StampFor(std::string_view script) const;
  bool IsPurged(std::string_view script, std::string_view url, const std::vector<std::string>& tags,
                uint64_t stamp) const;
  const std::map<std::string, ScriptPurges, std::less<>>& scripts() const { return scripts_; }

 private:
  std::map<std::string, ScriptPurges, std::less<>> scripts_;
};

}  // namespace terrella::cache
