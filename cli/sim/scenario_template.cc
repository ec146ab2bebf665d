#include "cli/sim/scenario_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace terrella::cli {
namespace {

constexpr std::string_view kScenario = R"toml(# A question to ask of the network. Try it:
#
#   terrella sim explain @@.toml              in words
#   terrella sim run --virtual @@.toml        without a cluster, in a moment
#   terrella up && terrella sim run @@.toml   on real processes, in real time
#
# docs/scenarios.md has the whole language; 'terrella sim check' says what is wrong with a file.
version = 1
name = "@@"
description = "Frankfurt goes dark for ten seconds while four cities ask."
seed = 1                               # the same seed: the same people at the same moments
duration = "20s"

# What must hold: metric[.who][@phase], compared with a number or with an earlier run ("baseline").
# The exit code is 1 when something does not.
assertions = [
  "errors < 20%",
  "errors.JP == 0",                    # a country; also a city, a continent, pop:FRA, dns, anycast
  "p95_ms.Lagos < 150",
  "errors@dark > 0",                   # only while it is dark; phases are named below
  "failover_ms.anycast < 3000",        # until the last failed request because of it
  "p95_ms < baseline * 1.1",           # judged with --baseline FILE, the JSON of an earlier run
]

[clients]
rate_per_s = 100                       # whether or not earlier requests were answered
steering = ["dns", "anycast"]          # half are led by DNS, half by the anycast address
timeout = "3s"
# Names, or { city, weight }; without a weight a city's Internet users count. "world:100" is the
# hundred cities with the most of them, "country:NG" and "continent:EU" all of one.
cities = ["Berlin", "Munich", "Lagos", { city = "Tokyo", weight = 2e6 }]
# rate = [{ at = "5s", times = 1 }, { at = "8s", times = 4 }]   # a flash crowd
# sessions = { pages = 5, think = "2s" }                        # people who stay
# protocol = { h2 = 4, "http/1.1" = 1 }                         # what each of them speaks

# [[population]] has people of their own kind: see docs/scenarios.md.

[network]
access = "wired"                       # or "mix": what their countries have; "4g"; { fibre = 2, dsl = 1 }
# pops = ["FRA", "LOS", "NRT"]         # without: the cluster's; in virtual time world-30

[[worker]]
path = "@@.js"                         # a file or a project's folder, from this file
name = "hello"

[[request]]
host = "hello"                         # the worker's name, or a host in full
path = "/"
# What a node needs for it, where nothing may be measured ('sim run --virtual --declared').
service = { ms = 0.4, cpu_ms = 0.03, cold_ms = 1.5, bytes = 300 }

[[timeline]]
at = "5s"
kill = "FRA"                           # also start, drain, slow_disk, skew, deploy, cut, loss, ...
phase = "dark"

[[timeline]]
at = "15s"
start = "FRA"
phase = "after"
)toml";

constexpr std::string_view kWorker = R"js(export default {
  async fetch(request) {
    return new Response(`Hello ${request.cf.city}, from ${request.cf.colo}\n`);
  },
};
)js";

}  // namespace

std::string ScenarioTemplate(std::string_view name) {
  // As the language takes names: nothing that would have to be escaped in TOML.
  std::string safe(name.substr(0, 63));
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '-');
  std::string out(kScenario);
  for (size_t at = out.find("@@"); at != std::string::npos; at = out.find("@@", at + safe.size())) {
    out.replace(at, 2, safe);
  }
  return out;
}

std::string_view ScenarioTemplateWorker() {
  return kWorker;
}

}  // namespace terrella::cli
