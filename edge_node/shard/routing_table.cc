#include "edge_node/shard/routing_table.h"

#include <algorithm>

namespace terrella::edge {

std::string NormalizeHost(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    host = host.substr(1, close == std::string_view::npos ? host.npos : close - 1);
  } else if (const size_t colon = host.rfind(':');
             colon != std::string_view::npos && host.find(':') == colon) {
    host = host.substr(0, colon);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string out(host);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

RoutingTable::RoutingTable(const std::vector<Route>& routes) {
  for (const Route& route : routes) {
    const std::string_view pattern = route.pattern;
    const size_t slash = pattern.find('/');
    if (slash == std::string_view::npos || slash == 0) continue;
    std::string host = NormalizeHost(pattern.substr(0, slash));
    HostMap* map = &exact_;
    if (host == "*") {
      map = &any_;
      host.clear();
    } else if (host.starts_with("*.")) {
      map = &suffix_;
      host.erase(0, 2);
    }
    PathRule rule{.path = std::string(pattern.substr(slash)), .script = route.script};
    if (rule.path.ends_with('*')) {
      rule.prefix = true;
      rule.path.pop_back();
    }
    (*map)[host].push_back(std::move(rule));
    ++size_;
  }
  for (HostMap* map : {&exact_, &suffix_, &any_}) {
    for (auto& [host, rules] : *map) {
      std::stable_sort(rules.begin(), rules.end(), [](const PathRule& a, const PathRule& b) {
        if (a.prefix != b.prefix) return b.prefix;
        return a.path.size() > b.path.size();
      });
    }
  }
}

const std::string* RoutingTable::Match(const HostMap& hosts, std::string_view host,
                                       std::string_view path) {
  const auto found = hosts.find(host);
  if (found == hosts.end()) return nullptr;
  for (const PathRule& rule : found->second) {
    if (rule.prefix ? path.starts_with(rule.path) : path == rule.path) return &rule.script;
  }
  return nullptr;
}

const std::string* RoutingTable::Find(std::string_view host, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (const std::string* script = Match(exact_, host, path)) return script;
  if (!suffix_.empty()) {
    for (size_t dot = host.find('.'); dot != std::string_view::npos;
         dot = host.find('.', dot + 1)) {
      if (const std::string* script = Match(suffix_, host.substr(dot + 1), path)) return script;
    }
  }
  return Match(any_, "", path);
}

}  // namespace terrella::edge
