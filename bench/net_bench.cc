// net_bench: the speed of the network model on one core, as one JSON object; scripts/bench net
// reads it. Times are CPU times, the best of several rounds.
// net_bench --resident DIR: what a process holds that has asked the whole model and a table by city
// in DIR, which it writes there when there is none; it waits for a line before it says so.
// net_bench --jitter: the mean deviation in ms of 30 pings, of each of 4,000 paths, a line each;
// scripts/dev validate reads it.
// net_bench --relays: of all pairs of the fitted cities, the shares that a relay in a third of them
// brings closer by more than 10 and 20 %, as JSON.
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/net/city_prefixes.h"
#include "sim/net/data_dir.h"
#include "sim/net/latency_model.h"
#include "sim/net/prefix_table.h"
#include "sim/net/relay.h"

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

// Addresses by lot.
std::vector<IpAddress> SomeAddresses(bool v4) {
  std::vector<IpAddress> addresses;
  for (uint64_t i = 0; i < 1 << 20; ++i) {
    CounterRandom random(5, i);
    std::array<uint8_t, 16> bytes{};
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
    bytes[0] = static_cast<uint8_t>(0x20 | (bytes[0] & 0x0f));  // what is allocated of IPv6
    addresses.push_back(v4 ? IpAddress::V4(static_cast<uint32_t>(random.Below(uint64_t{1} << 32)))
                           : IpAddress::V6(bytes));
  }
  return addresses;
}

double PrefixLookupsPerSecond(const PrefixTable& table, bool v4) {
  const std::vector<IpAddress> addresses = SomeAddresses(v4);
  double seconds = Best(5, [&] {
    double sum = 0;
    for (const IpAddress& address : addresses) sum += table.Lookup(address).prefix_bits;
    sink_number = sum;
  });
  return static_cast<double>(addresses.size()) / seconds;
}

// A table by city of the size that `terrella data pull` makes (2.5 million ranges of IPv4, 3.1 of
// IPv6), its ranges and places by lot.
std::string CityTable(const Places& places) {
  CityPrefixParts parts{
      .places = {}, .v4 = {{0, 0}}, .v6 = {{uint64_t{1} << 45, 0}}, .built_unix_s = 1};
  for (CityId id = 0; id < places.cities().size(); ++id) {
    parts.places.emplace_back(places.cities()[id].country, static_cast<uint16_t>(id));
  }
  CounterRandom random(13, 0);
  const auto add = [&](std::vector<CityRange>& ranges, uint64_t step_max, uint64_t end) {
    for (uint64_t first = ranges[0].first + 1; first < end; first += 1 + random.Below(step_max)) {
      ranges.push_back({first, static_cast<uint16_t>(1 + random.Below(parts.places.size()))});
    }
  };
  add(parts.v4, 12, uint64_t{1} << 24);
  add(parts.v6, uint64_t{1} << 24, uint64_t{1} << 46);
  return PackCityPrefixes(parts, places);
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
    countries[city.country].push_back({after_ms, static_cast<double>(city.users)});
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
  const auto by_city = *PrefixTable::Parse(CityTable(*world.places), world.places);
  fmt::print(
      "{{\"rtt_lookups_per_s\":{:.0f},\"endpoint_us\":{:.3f},\"lpm_v4_per_s\":{:.0f},"
      "\"lpm_v6_per_s\":{:.0f},\"city_v4_per_s\":{:.0f},\"city_v6_per_s\":{:.0f},\"load_ms\":{:.2f}"
      ",\"answer_ms\":{:.2f}}}\n",
      RttLookupsPerSecond(world), EndpointMicroseconds(world),
      PrefixLookupsPerSecond(*world.prefixes, true), PrefixLookupsPerSecond(*world.prefixes, false),
      PrefixLookupsPerSecond(*by_city, true), PrefixLookupsPerSecond(*by_city, false), 1e3 * load_s,
      1e3 * answer_s);
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

// Values of /proc/self/smaps_rollup, in KiB.
uint64_t Rollup(std::string_view key) {
  const std::string text = *ReadFile("/proc/self/smaps_rollup");
  const size_t at = text.find(fmt::format("\n{}:", key));
  CHECK(at != std::string::npos);
  return std::strtoull(text.c_str() + at + key.size() + 2, nullptr, 10);
}

void PrintResident(const std::filesystem::path& folder) {
  World world = LoadWorld();
  const std::filesystem::path file = folder / kCityPrefixesFile;
  if (!std::filesystem::exists(file)) {
    CHECK(WriteFileAtomic(file, CityTable(*world.places)).ok());
    return;  // made by this process, which holds more than one that only reads it
  }
  world.prefixes = *PrefixTable::LoadFile(file, world.places);
  double sum = 0;
  for (const bool v4 : {true, false}) {
    for (const IpAddress& address : SomeAddresses(v4)) {
      sum += world.prefixes->Lookup(address).prefix_bits;
    }
  }
  sink_number = sum;
  malloc_trim(0);  // the addresses asked for
  fmt::print("ready\n");
  std::fflush(stdout);
  (void)std::getchar();
  fmt::print("{{\"resident_kib\":{},\"proportional_kib\":{},\"private_kib\":{}}}\n", Rollup("Rss"),
             Rollup("Pss"), Rollup("Private_Dirty"));
}

}  // namespace
}  // namespace terrella::net

namespace terrella::net {
namespace {

// The places the model was fitted to, as servers.
std::vector<Endpoint> FittedPlaces(const LatencyModel& model) {
  const auto dir = FindDataDir();
  CHECK(dir.ok());
  const auto text = ReadFile(*dir / "latency_places.csv");
  CHECK(text.ok());
  std::vector<Endpoint> out;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    char country[3] = {};
    Coordinates place;
    if (sscanf(line.c_str(), "%lf,%lf,%2[A-Z]", &place.latitude_deg, &place.longitude_deg,
               country) == 3) {
      out.push_back(model.SiteAt(country, place));
    }
  }
  return out;
}

void PrintRelays() {
  const World world = LoadWorld();
  const std::vector<Endpoint> places = FittedPlaces(*world.latency);
  double pairs = 0, faster = 0, over_10 = 0, over_20 = 0;
  for (size_t a = 0; a < places.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const double gain = BestDetour(*world.latency, places[a], places[b], places).gain();
      ++pairs;
      faster += gain > 0;
      over_10 += gain > 0.1;
      over_20 += gain > 0.2;
    }
  }
  CHECK(pairs > 0);
  fmt::print(
      "{{\"places\": {}, \"pairs\": {}, \"faster\": {:.4f}, \"over_10_percent\": {:.4f}, "
      "\"over_20_percent\": {:.4f}}}\n",
      places.size(), pairs, faster / pairs, over_10 / pairs, over_20 / pairs);
}

}  // namespace
}  // namespace terrella::net

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--jitter") {
    terrella::net::PrintDeviations();
  } else if (argc == 2 && std::string_view(argv[1]) == "--relays") {
    terrella::net::PrintRelays();
  } else if (argc == 3 && std::string_view(argv[1]) == "--resident") {
    terrella::net::PrintResident(argv[2]);
  } else if (argc == 1) {
    terrella::net::Run();
  } else {
    fmt::print(stderr, "net_bench: expected --jitter, --relays, --resident DIR or nothing\n");
    return 2;
  }
  return 0;
}
