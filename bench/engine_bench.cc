// Runs a scenario in virtual time and says what it cost, as one line of JSON, for scripts/bench
// engine:
//
//   engine_bench events|uncached|sampled CITIES POPS REQUESTS THREADS
//
// A run is repeated until it has cost half a second; from that goes what as many runs without
// requests cost (reading distances, ranking nodes), so that small runs can be compared with large.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "base/check.h"
#include "sim/engine/engine.h"
#include "sim/engine/sampled_run.h"
#include "sim/net/data_dir.h"
#include "sim/scenario/parse.h"

namespace terrella::sim {
namespace {

constexpr double kRatePerS = 20'000;
// By events a worker asks an origin for one of a hundred things, and nodes keep them for a minute.
// Runs by samples have no origins; "uncached" is by events without them.
constexpr std::string_view kWithoutCaches = "[[request]]\nhost = \"hello\"\n";
constexpr std::string_view kWithCaches =
    "[[origin]]\nhost = \"api.example\"\ncity = \"Frankfurt\"\nthink = \"20ms\"\nspread = 1.5\n"
    "cache = \"60s\"\nstale_while_revalidate = \"10s\"\netag = true\n"
    "[[request]]\nhost = \"hello\"\npath = \"/{object}.css\"\nobjects = 100\nzipf = 0.9\n"
    "origins = [\"api.example\"]\n";

struct Setting {
  bool sampled = false, cached = false;
  size_t cities = 0, pops = 0, requests = 0;
  int threads = 1;
};

double CpuS() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Cost {
  double wall_s = 0, cpu_s = 0;
  uint64_t requests = 0;
};

class Bench {
 public:
  explicit Bench(const Setting& setting) : setting_(setting) {
    const auto dir = net::FindDataDir();
    CHECK(dir.ok());
    world_ = {*net::Places::Load(*dir), *net::LatencyModel::Load(*dir)};
    const auto sites = *world_.places->pops().Preset(std::to_string(setting.pops));
    options_.pops.assign(sites.begin(), sites.end());
    options_.threads = setting.threads;
    // What the hello worker was measured to need.
    options_.services = {{{.service_ms = {0.10F, 0.12F, 0.13F, 0.15F, 0.22F},
                           .cpu_ms = 0.03F,
                           .cold_ms = 1,
                           .response_bytes = 300}}};
  }

  Cost Run(size_t requests) const {
    const double duration_s = std::max(0.1, static_cast<double>(requests) / kRatePerS);
    const double rate = requests == 0 ? 0.1 : static_cast<double>(requests) / duration_s;
    const auto scenario = ParseScenario(
        fmt::format("version = 1\nname = \"bench\"\nduration = \"{:.0f}ms\"\n[clients]\nrate_per_s "
                    "= {}\ncities = \"world:{}\"\nsteering = [\"dns\", \"anycast\"]\n"
                    "{}[[timeline]]\nat = \"{:.0f}ms\"\n"
                    "kill = \"FRA\"\n",
                    duration_s * 1000, rate, setting_.cities,
                    setting_.cached ? kWithCaches : kWithoutCaches, duration_s * 500),
        "bench.toml", *world_.places, "edge.test");
    CHECK(scenario.ok());
    const auto began = std::chrono::steady_clock::now();
    const double cpu_s = CpuS();
    const auto results = setting_.sampled ? SampleVirtually(*scenario, world_, options_)
                                          : RunVirtually(*scenario, world_, options_);
    CHECK(results.ok());
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    return {wall.count(), CpuS() - cpu_s,
            static_cast<uint64_t>(results->Value(Metric::kRequests, ""))};
  }

  // Of all runs together, without what is not the requests'.
  Cost Repeat() const {
    Cost sum;
    for (int runs = 0; runs < 2000 && (runs == 0 || sum.cpu_s < 0.5); ++runs) {
      const Cost full = Run(setting_.requests), empty = Run(0);
      sum.requests += full.requests - empty.requests;
      sum.cpu_s += full.cpu_s - empty.cpu_s;
      sum.wall_s += full.wall_s - empty.wall_s;
    }
    return sum;
  }

 private:
  const Setting setting_;
  EngineWorld world_;
  EngineOptions options_;
};

size_t NumberOf(const char* text) {
  size_t out = 0;
  const std::string_view digits(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  CHECK(error == std::errc() && end == digits.data() + digits.size());
  return out;
}

}  // namespace
}  // namespace terrella::sim

int main(int argc, char** argv) {
  using namespace terrella::sim;
  const std::string mode = argc == 6 ? argv[1] : "";
  if (mode != "events" && mode != "uncached" && mode != "sampled") {
    std::fprintf(stderr,
                 "usage: engine_bench events|uncached|sampled CITIES POPS REQUESTS THREADS\n");
    return 2;
  }
  const Bench bench({.sampled = mode == "sampled",
                     .cached = mode == "events",
                     .cities = NumberOf(argv[2]),
                     .pops = NumberOf(argv[3]),
                     .requests = NumberOf(argv[4]),
                     .threads = static_cast<int>(NumberOf(argv[5]))});
  const Cost cost = bench.Repeat();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"requests\": %llu, \"wall_s\": %.6f, \"cpu_s\": %.6f, \"rss_mib\": %.1f}\n",
              static_cast<unsigned long long>(cost.requests), cost.wall_s, cost.cpu_s,
              static_cast<double>(used.ru_maxrss) / 1024);
  return 0;
}
