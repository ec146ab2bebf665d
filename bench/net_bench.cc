// net_bench: the speed of the network model on one core, as one JSON object; scripts/bench net
// reads it. Times are CPU times, the best of several rounds.
// net_bench --jitter: the mean deviation in ms of 30 pings, of each of 4,000 paths, a line each;
// scripts/dev validate reads it.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/net/latency_model.h"
#include "sim/net/prefix_table.h"

namespace terrella::net {
namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Seconds of the fastest of `rounds` runs of `work`.
template <class Work>
double Best(int rounds, Work work) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    double start = CpuSeconds();
    work();
    best = std::min(best, CpuSeconds() - start);
  }
  return best;
}

struct World {
  std::shared_ptr<const Places> places;
  std::shared_ptr<const LatencyModel> latency;
  std::shared_ptr<const PrefixTable> prefixes;
  std::vector<Endpoint> cities, sites;
};

World LoadWorld() {
  World world;
  const auto dir = FindDataDir();
  CHECK(dir.ok());
  world.places = *Places::Load(*dir);
  world.latency = *LatencyModel::Load(*dir);
  world.prefixes = *PrefixTable::Load(*dir, world.places);
  for (const City& city : world.places->cities()) {
    world.cities.push_back(world.latency->ClientAt(city.country, city.at));
  }
  for (const PopSite& site : world.places->pops().sites()) {
    world.sites.push_back(world.latency->SiteAt(site));
  }
  return world;
}

// A result nobody reads would be optimised away.
volatile double sink_number;

double RttLookupsPerSecond(const World& world) {
  double seconds = Best(5, [&] {
    double sum = 0;
    for (const Endpoint& city : world.cities) {
      for (const Endpoint& site : world.sites) sum += world.latency->RttMs(city, site);
    }
    sink_number = sum;
  });
  return static_cast<double>(world.cities.size() * world.sites.size()) / seconds;
}

double EndpointMicroseconds(const World& world) {
  double seconds = Best(5, [&] {
    double sum = 0;
    for (const City& city : world.places->cities()) {
      sum += world.latency->ClientAt(city.country, city.at).on_sphere[0];
    }
    sink_number = sum;
  });
  return 1e6 * seconds / static_cast<double>(world.cities.size());
}

double PrefixLookupsPerSecond(const World& world, bool v4) {
  std::vector<IpAddress> addresses;
  for (uint64_t i = 0; i < 1 << 20; ++i) {
    CounterRandom random(5, i);
    std::array<uint8_t, 16> bytes{};
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
    bytes[0] = static_cast<uint8_t>(0x20 | (bytes[0] & 0x0f));  // what is allocated of IPv6
    addresses.push_back(v4 ? IpAddress::V4(static_cast<uint32_t>(random.Below(uint64_t{1} << 32)))
                           : IpAddress::V6(bytes));
  }
  double seconds = Best(5, [&] {
    double sum = 0;
    for (const IpAddress& address : addresses) sum += world.prefixes->Lookup(address).prefix_bits;
    sink_number = sum;
  });
  return static_cast<double>(addresses.size()) / seconds;
}

// An edit of the network: one site goes dark, everything is computed anew from the cities on: the
// nearest site of each, who moved, and the p95 of each country weighted by people.
size_t Answer(const World& world, size_t dark, std::map<std::string, double>* p95) {
  struct Weighted {
    double rtt_ms;
    double people;
  };
  std::map<std::string, std::vector<Weighted>> countries;
  size_t moved = 0;
  for (size_t c = 0; c < world.cities.size(); ++c) {
    double before_ms = 1e9, after_ms = 1e9;
    for (size_t s = 0; s < world.sites.size(); ++s) {
      double rtt_ms = world.latency->RttMs(world.cities[c], world.sites[s]);
      before_ms = std::min(before_ms, rtt_ms);
      if (s != dark) after_ms = std::min(after_ms, rtt_ms);
    }
    moved += after_ms > before_ms;
    const City& city = world.places->cities()[c];
    countries[city.country].push_back({after_ms, static_cast<double>(city.population)});
  }
  for (auto& [code, cities] : countries) {
    std::sort(cities.begin(), cities.end(),
              [](const Weighted& a, const Weighted& b) { return a.rtt_ms < b.rtt_ms; });
    double people = 0, seen = 0;
    for (const Weighted& city : cities) people += city.people;
    for (const Weighted& city : cities) {
      seen += city.people;
      if (seen >= 0.95 * people) {
        (*p95)[code] = city.rtt_ms;
        break;
      }
    }
  }
  return moved;
}

void Run() {
  double load_s = Best(3, [] { LoadWorld(); });
  const World world = LoadWorld();
  std::map<std::string, double> p95;
  size_t moved = 0;
  double answer_s = Best(3, [&] { moved = Answer(world, 0, &p95); });
  CHECK(moved > 0 && p95.size() > 100);
  fmt::print(
      "{{\"rtt_lookups_per_s\":{:.0f},\"endpoint_us\":{:.3f},\"lpm_v4_per_s\":{:.0f},"
      "\"lpm_v6_per_s\":{:.0f},\"load_ms\":{:.2f},\"answer_ms\":{:.2f}}}\n",
      RttLookupsPerSecond(world), EndpointMicroseconds(world), PrefixLookupsPerSecond(world, true),
      PrefixLookupsPerSecond(world, false), 1e3 * load_s, 1e3 * answer_s);
}

// Between servers, as the measurements were: cities of the world by lot.
void PrintDeviations() {
  const World world = LoadWorld();
  for (uint64_t path = 0; path < 4000; ++path) {
    CounterRandom pick(7, path), random(9, path);
    const Endpoint& a = world.cities[pick.Below(world.cities.size())];
    const Endpoint& b = world.cities[pick.Below(world.cities.size())];
    double sum = 0, squares = 0;
    for (int ping = 0; ping < 30; ++ping) {
      double jitter_ms = world.latency->JitterMs(random, a, b);
      sum += jitter_ms;
      squares += jitter_ms * jitter_ms;
    }
    // What ping calls mdev is the standard deviation.
    fmt::print("{:.4f}\n", std::sqrt(std::max(0.0, squares / 30 - sum * sum / 900)));
  }
}

}  // namespace
}  // namespace terrella::net

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--jitter") {
    terrella::net::PrintDeviations();
  } else if (argc == 1) {
    terrella::net::Run();
  } else {
    fmt::print(stderr, "net_bench: expected --jitter or nothing\n");
    return 2;
  }
  return 0;
}
