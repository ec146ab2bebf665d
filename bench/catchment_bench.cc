// Times what sim/bgp promises, on a graph of the whole Internet: prints one JSON object.
//
// catchment_bench DATA_DIR SCRATCH_DIR [AS_REL]: routes and loading on the graph of AS_REL, else on
// a synthetic one of 75,000 ASes; failures and variants on the synthetic Internet, which has
// footprints. Times of one thread are CPU time, so that other work on the machine counts little;
// those of several threads are wall time, with the CPU time beside.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "sim/bgp/as_rel_text.h"
#include "sim/bgp/presets.h"
#include "sim/bgp/synthetic.h"
#include "sim/bgp/what_if.h"

namespace terrella::bgp {
namespace {

constexpr uint32_t kSyntheticAses = 75'000;
constexpr int kThreads = 2;
constexpr size_t kVariants = 1'000;
constexpr int kOrigins = 200;

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// The peer: the same three phases as a plain search. ASes by number, one list of neighbours each
// with the relation beside it, queues of ASes by path length.
class PlainSearch {
 public:
  explicit PlainSearch(const AsGraph& graph) : begins_(graph.size() + 1, 0) {
    std::vector<uint32_t> rank(graph.size());
    for (uint32_t i = 0; i < graph.size(); ++i) rank[graph.ByAsn()[i]] = i;
    for (uint32_t i = 0; i < graph.size(); ++i) {
      const AsId as = graph.ByAsn()[i];
      begins_[i] = static_cast<uint32_t>(links_.size());
      for (const AsId x : graph.Providers(as)) links_.push_back({rank[x], kProvider});
      for (const AsId x : graph.Peers(as)) links_.push_back({rank[x], kPeer});
      for (const AsId x : graph.Customers(as)) links_.push_back({rank[x], kCustomer});
    }
    begins_.back() = static_cast<uint32_t>(links_.size());
  }

  // Class and length by rank of number; 0xff for none.
  void Run(uint32_t origin) {
    route_class_.assign(begins_.size() - 1, 0xff);
    length_.assign(begins_.size() - 1, 0xff);
    for (auto& queue : queues_) queue.clear();
    route_class_[origin] = length_[origin] = 0;
    queues_[0].push_back(origin);
    std::vector<uint32_t> up;
    Spread(kProvider, 1, &up);
    for (const uint32_t as : up) {
      for (uint32_t i = begins_[as]; i < begins_[as + 1]; ++i) {
        const auto [other, relation] = links_[i];
        const auto length = static_cast<uint8_t>(length_[as] + 1);
        if (relation != kPeer || route_class_[other] < 2 || length >= length_[other]) continue;
        route_class_[other] = 2;
        length_[other] = length;
      }
    }
    for (auto& queue : queues_) queue.clear();
    for (uint32_t as = 0; as < length_.size(); ++as) {
      if (length_[as] != 0xff) queues_[length_[as]].push_back(as);
    }
    Spread(kCustomer, 3, nullptr);
  }
  const std::vector<uint8_t>& route_class() const { return route_class_; }
  const std::vector<uint8_t>& length() const { return length_; }

 private:
  enum Relation : uint8_t { kProvider, kPeer, kCustomer };
  struct Link {
    uint32_t other;
    Relation relation;
  };
  void Spread(Relation along, uint8_t learned, std::vector<uint32_t>* reached) {
    for (size_t length = 0; length + 1 < queues_.size(); ++length) {
      for (size_t n = 0; n < queues_[length].size(); ++n) {
        const uint32_t as = queues_[length][n];
        if (reached != nullptr) reached->push_back(as);
        for (uint32_t i = begins_[as]; i < begins_[as + 1]; ++i) {
          const auto [other, relation] = links_[i];
          if (relation != along || length_[other] != 0xff) continue;
          route_class_[other] = learned;
          length_[other] = static_cast<uint8_t>(length + 1);
          queues_[length + 1].push_back(other);
        }
      }
    }
  }

  std::vector<uint32_t> begins_;
  std::vector<Link> links_;
  std::vector<uint8_t> route_class_, length_;
  std::array<std::vector<uint32_t>, 255> queues_;
};

struct RouteFigures {
  double routes_ms = 0, routes_max_ms = 0, plain_ms = 0;
  size_t differing = 0;  // (origin, AS) whose class or length is not the plain search's
};

RouteFigures TimeRoutes(const AsGraph& graph) {
  RoutePropagator propagator(graph);
  PlainSearch plain(graph);
  RouteTable table;
  CounterRandom random(1);
  std::vector<double> ours, peers;
  RouteFigures out;
  for (int i = 0; i < kOrigins; ++i) {
    const auto rank = static_cast<uint32_t>(random.Below(graph.size()));
    const Seed seed{.as = graph.ByAsn()[rank]};
    const double begun = Seconds(CLOCK_THREAD_CPUTIME_ID);
    propagator.Run({&seed, 1}, table);
    const double between = Seconds(CLOCK_THREAD_CPUTIME_ID);
    plain.Run(rank);
    peers.push_back((Seconds(CLOCK_THREAD_CPUTIME_ID) - between) * 1e3);
    ours.push_back((between - begun) * 1e3);
    for (uint32_t as = 0; as < graph.size(); ++as) {
      const AsId id = graph.ByAsn()[as];
      out.differing += static_cast<uint8_t>(table.ClassOf(id)) != plain.route_class()[as] ||
                       table.LengthOf(id) != plain.length()[as];
    }
  }
  out.routes_max_ms = *std::max_element(ours.begin(), ours.end());
  out.routes_ms = Median(ours);
  out.plain_ms = Median(peers);
  return out;
}

double TimeLoad(const AsGraph& graph, const std::filesystem::path& scratch) {
  const std::filesystem::path file = scratch / "as-graph.bin";
  CHECK(graph.Save(file).ok());
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) {
    const double begun = Seconds(CLOCK_THREAD_CPUTIME_ID);
    CHECK(AsGraph::Load(file).ok());
    times.push_back((Seconds(CLOCK_THREAD_CPUTIME_ID) - begun) * 1e3);
  }
  return Median(times);
}

// A site dark, a neighbour gone, or a few sessions prepended: what an advisor tries.
AnycastNetwork Variant(const AnycastNetwork& network, size_t number) {
  CounterRandom random(2, number);
  const Session& drawn = network.sessions[random.Below(network.sessions.size())];
  if (number % 3 == 0) return Without(network, {.site = drawn.site});
  if (number % 3 == 1) return Without(network, {.as = drawn.as});
  AnycastNetwork out = network;
  for (int i = 0; i < 10; ++i) {
    out.sessions[random.Below(out.sessions.size())].prepend =
        static_cast<uint8_t>(1 + random.Below(3));
  }
  return out;
}

struct Timed {
  double wall_s = 0, cpu_s = 0;
};
template <class Act>
Timed Time(Act act) {
  const double wall = Seconds(CLOCK_MONOTONIC), cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  act();
  return {Seconds(CLOCK_MONOTONIC) - wall, Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu};
}

int Main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: catchment_bench DATA_DIR SCRATCH_DIR [AS_REL]\n");
    return 2;
  }
  auto places = net::Places::Load(argv[1]);
  auto latency = net::LatencyModel::Load(argv[1]);
  CHECK(places.ok() && latency.ok());
  auto made = Hubs::Make(*places, *latency);
  CHECK(made.ok());
  const std::shared_ptr<const Hubs> hubs = *made;
  const auto internet = MakeSyntheticInternet(hubs, {.ases = kSyntheticAses});
  std::shared_ptr<const AsGraph> real;
  if (argc == 4) {
    auto read = ReadAsRel(argv[3]);
    if (!read.ok()) {
      std::fprintf(stderr, "%s\n", std::string(read.status().message()).c_str());
      return 1;
    }
    real = *read;
  }
  const AsGraph& graph = real != nullptr ? *real : internet->graph();
  const RouteFigures routes = TimeRoutes(graph);
  const double load_ms = TimeLoad(graph, argv[2]);

  std::vector<HubId> sites;
  for (HubId hub = 0; hub < hubs->site_count(); ++hub) sites.push_back(hub);
  const AnycastNetwork network = MakeNetwork(*internet, sites, *FindPreset("cdn"));
  CatchmentEngine engine(*internet);
  Catchment base;
  engine.Run(network, base);
  const double begun = Seconds(CLOCK_THREAD_CPUTIME_ID);
  engine.Run(network, base);
  const double catchment_ms = (Seconds(CLOCK_THREAD_CPUTIME_ID) - begun) * 1e3;
  const Timed failures = Time([&] {
    ForEachVariant(*internet, sites.size(), kThreads, [&](auto& own, auto& after, size_t i) {
      own.Rerun(base, Without(network, {.site = static_cast<SiteId>(i)}), after);
      CHECK(Compare(*internet, base, after).moves.size() < 100'000);
    });
  });
  const Timed variants = Time([&] {
    ForEachVariant(*internet, kVariants, kThreads, [&](auto& own, auto& after, size_t i) {
      own.Rerun(base, Variant(network, i), after);
      CHECK(Compare(*internet, base, after).moves.size() < 100'000);
    });
  });
  fmt::print(
      "{{\"ases\":{},\"links\":{},\"routes_ms\":{},\"routes_max_ms\":{},\"plain_ms\":{},"
      "\"differing\":{},\"origins\":{},\"load_ms\":{},\"stops\":{},\"sessions\":{},"
      "\"sites\":{},\"catchment_ms\":{},\"failures_s\":{},\"failures_cpu_s\":{},\"variants_s\":{},"
      "\"variants_cpu_s\":{}}}\n",
      graph.size(), graph.provider_links() + graph.peer_links(), routes.routes_ms,
      routes.routes_max_ms, routes.plain_ms, routes.differing, kOrigins, load_ms,
      internet->stops().size(), network.sessions.size(), sites.size(), catchment_ms,
      failures.wall_s, failures.cpu_s, variants.wall_s, variants.cpu_s);
  return 0;
}

}  // namespace
}  // namespace terrella::bgp

int main(int argc, char** argv) {
  return terrella::bgp::Main(argc, argv);
}
