#include "sim/scenario/page.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kPartStream = 0x7061727473;

}  // namespace

PageLoad::PageLoad(const Page& page, Protocol protocol, uint64_t seed, uint64_t number)
    : protocol_(protocol), hosts_(1) {
  CounterRandom random(seed, kPartStream, number);
  for (const PagePart& part : page.parts) {
    if (part.host >= hosts_.size()) hosts_.resize(part.host + 1);
    for (int i = 0; i < part.count; ++i) {
      if (part.cached_share > 0 && random.Uniform() < part.cached_share) continue;
      hosts_[part.host].wanted.push_back({part.depth, wanted_++, part.request});
    }
  }
  for (Host& host : hosts_) {
    std::stable_sort(host.wanted.begin(), host.wanted.end(),
                     [](const Wanted& a, const Wanted& b) { return a.depth < b.depth; });
  }
  // The document's connection.
  hosts_[0].connections = 1;
  hosts_[0].idle = {0};
}

bool PageLoad::HasRoom(const Host& host) const {
  if (protocol_ == Protocol::kHttp2) return host.streams < kPageStreams;
  return !host.idle.empty() || host.connections < kPageConnections;
}

size_t PageLoad::Take(Host& host, bool* opens) {
  *opens = protocol_ == Protocol::kHttp2 ? host.connections == 0 : host.idle.empty();
  if (*opens) {
    ++host.connections;
    host.connection = connections_++;
  }
  if (protocol_ == Protocol::kHttp2) {
    ++host.streams;
    return host.connection;
  }
  if (*opens) return host.connection;
  const size_t connection = host.idle.front();
  host.idle.erase(host.idle.begin());
  return connection;
}

std::optional<PageAsk> PageLoad::Next() {
  // What names the next depth is there when nothing is waited for.
  if (waiting_ == 0 && wanted_ > 0) {
    depth_ = kPageDepthMax + 1;
    for (const Host& host : hosts_) {
      if (const Wanted* first = host.first()) depth_ = std::min(depth_, first->depth);
    }
  }
  size_t chosen = hosts_.size();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const Wanted* first = hosts_[i].first();
    if (first == nullptr || first->depth != depth_ || !HasRoom(hosts_[i])) continue;
    if (chosen == hosts_.size() || first->order < hosts_[chosen].first()->order) chosen = i;
  }
  if (chosen == hosts_.size()) return std::nullopt;
  Host& host = hosts_[chosen];
  PageAsk out{.request = host.first()->request, .host = chosen};
  ++host.next;
  --wanted_;
  ++waiting_;
  out.connection = Take(host, &out.opens);
  return out;
}

void PageLoad::Answered(const PageAsk& ask) {
  CHECK(waiting_ > 0);
  --waiting_;
  Host& host = hosts_[ask.host];
  if (protocol_ == Protocol::kHttp2) {
    --host.streams;
  } else {
    host.idle.push_back(ask.connection);
  }
}

}  // namespace terrella::sim
