// CityResolver: the resolvers of a city's Internet provider: they ask the name server with the
// city's prefix (EDNS Client Subnet), share one answer among everybody who waits, and keep it for
// its TTL. Of a public resolver that does not pass prefixes on, every city meets a machine of its
// own, and the name server sees where that stands.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "sim/net/places.h"
#include "sim/resolver/stub_resolver.h"

namespace terrella::sim {

class CityResolver {
 public:
  struct Answer {
    IpAddress address;
    bool cached = false;
  };
  using Callback = std::function<void(absl::StatusOr<Answer>)>;

  CityResolver(EventLoop& loop, StubResolver& stub) : loop_(loop), stub_(stub) {}

  // Calls back at once when the answer is cached, else later. NotFound when the name has no
  // address. `seen` is the city that the name server takes the people of `city` to be in.
  void Resolve(net::CityId city, net::CityId seen, const std::string& name, Callback callback);
  uint64_t queries() const { return queries_; }

 private:
  struct Entry {
    IpAddress address;
    MonotonicTime expires{};
    bool asking = false;
    std::vector<Callback> waiting;
  };
  void OnAnswer(const std::pair<net::CityId, std::string>& key, absl::StatusOr<DnsAnswer> answer);

  EventLoop& loop_;
  StubResolver& stub_;
  std::map<std::pair<net::CityId, std::string>, Entry> entries_;
  uint64_t queries_ = 0;
};

}  // namespace terrella::sim
