// RoutingTable: which script answers a request, by host and path.
//
// Patterns are "HOST/PATH": the host exact, "*.suffix" (one or more labels before it) or "*"; the
// path exact, or a prefix when it ends in '*'. The most specific host whose patterns match wins
// (exact, then the longest suffix, then "*"); within a host an exact path beats the longest prefix.
// Hosts compare without case, port and trailing dot; paths compare byte by byte, without the query.
//
// Thread: any (immutable once built).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace terrella::edge {

struct Route {
  std::string pattern;
  std::string script;
};

// Lower-case host of a Host field: without port, brackets and trailing dot.
std::string NormalizeHost(std::string_view host_field);

class RoutingTable {
 public:
  RoutingTable() = default;
  // Patterns that are no patterns never match; of two equal ones the first wins.
  explicit RoutingTable(const std::vector<Route>& routes);

  // The script, or null. `host` is normalised; `target` is origin-form, its query is ignored.
  const std::string* Find(std::string_view host, std::string_view target) const;
  size_t size() const { return size_; }

 private:
  struct PathRule {
    std::string path;  // without the '*'
    bool prefix = false;
    std::string script;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using HostMap = std::unordered_map<std::string, std::vector<PathRule>, Hash, std::equal_to<>>;

  static const std::string* Match(const HostMap& hosts, std::string_view host,
                                  std::string_view path);

  HostMap exact_;
  HostMap suffix_;  // keyed by what follows "*."
  HostMap any_;     // keyed by ""
  size_t size_ = 0;
};

}  // namespace terrella::edge
