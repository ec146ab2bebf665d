#include "sim/scenario/language.h"

#include <algorithm>

#include "base/check.h"
#include "sim/scenario/origin.h"

namespace terrella::sim {
namespace {

using enum KeyType;
using S = Section;

constexpr double kDay = 86'400, kRateMax = 20'000, kWeightMin = 1e-6, kWeightMax = 1e12;

constexpr KeySpec kKeys[] = {
    {S::kRoot, "version", kInteger, "of the language", "1", 1, 1, {}, {}, true},
    {S::kRoot, "name", kString, "of the scenario", "\"world-tour\"", 1, 63, {}, {}, true},
    {S::kRoot, "description", kString, "what is asked, in a sentence", "\"Who waits?\"", 0, 4096},
    {S::kRoot, "seed", kInteger, "of all that is drawn; the same seed, the same arrivals", "7", 0,
     9e18},
    {S::kRoot, "duration", kDuration, "for how long people begin requests", "\"20s\"", 0.1,
     25 * 3600},
    {S::kRoot, "assertions", kStrings, "what must hold, e.g. \"p95_ms.Lagos < 120\"",
     "\"errors < 1%\"", 0, 256},
    {S::kRoot, "clients", kTable, "who asks, and how often", "", 0, 0, S::kClients, {}, true},
    {S::kRoot, "population", kTables, "people who differ: each has what [clients] has, and more",
     "", 0, 100, S::kPopulation},
    {S::kRoot, "day", kTable, "how long a day is and when it begins", "", 0, 0, S::kDay},
    {S::kRoot, "network", kTable, "PoPs, and what lies between them and people", "", 0, 0,
     S::kNetwork},
    {S::kRoot, "worker", kTables, "what is deployed before the start", "", 0, 100, S::kWorker},
    {S::kRoot, "origin", kTables, "servers that workers ask while they answer", "", 0, kOriginsMax,
     S::kOrigin},
    {S::kRoot, "request", kTables, "what people ask for", "", 0, 1000, S::kRequest, {}, true},
    {S::kRoot, "timeline", kTables, "what happens when", "", 0, 1000, S::kTimeline},

    {S::kClients, "rate_per_s", kNumber,
     "requests a second of all together, whether or not earlier "
     "ones were answered",
     "100", 0.1, kRateMax},
    {S::kClients, "timeout", kDuration, "how long a person waits", "\"3s\"", 0.01, 60},
    {S::kClients,
     "connection",
     kChoice,
     "a fresh connection for every request, or kept ones",
     "\"new\"",
     0,
     0,
     {},
     "new keep-alive"},
    {S::kClients, "sticky", kBoolean,
     "every person sends a version key of their own, and so stays with one version while its share "
     "grows",
     "true"},
    {S::kClients,
     "steering",
     kChoices,
     "how people find a node, in equal shares",
     "[\"dns\"]",
     0,
     2,
     {},
     "dns anycast"},
    {S::kClients, "cities", kCities,
     "\"world:100\": those with the most Internet users; names of "
     "cities, countries (\"country:NG\") and continents (\"continent:EU\")",
     "[\"Lagos\"]", 0, 5000},
    {S::kClients, "trace", kString,
     "a CSV file, from this file, that says who asks for what when (ms,place,path)",
     "\"monday.csv\"", 1, 4096},
    {S::kClients, "rate", kTables,
     "the rate over time, as factors of rate_per_s with straight "
     "lines between them",
     "", 0, 1000, S::kRatePoint},
    {S::kClients, "diurnal", kBoolean, "people ask by their local hour: most at 21, least at 4",
     "true"},
    {S::kClients, "sessions", kTable, "people who ask several times, with pauses", "", 0, 0,
     S::kSessions},
    {S::kClients, "resolver", kString,
     "a city where all of them have a public resolver that does "
     "not say where they are; without: their provider's, which does",
     "\"London\"", 1, 128},

    {S::kPopulation,
     "name",
     kString,
     "of these people, for the report",
     "\"telephones\"",
     1,
     63,
     {},
     {},
     true},
    {S::kPopulation, "weight", kNumber, "their share of clients.rate_per_s", "2", kWeightMin,
     kWeightMax},
    {S::kPopulation,
     "cities",
     kCities,
     "where they are; a city has one population",
     "[\"Lagos\"]",
     0,
     5000,
     {},
     {},
     true},
    {S::kPopulation,
     "steering",
     kChoices,
     "instead of that of [clients]",
     "[\"dns\"]",
     0,
     2,
     {},
     "dns anycast"},
    {S::kPopulation, "rate", kTables, "instead of that of [clients]", "", 0, 1000, S::kRatePoint},
    {S::kPopulation, "diurnal", kBoolean, "instead of that of [clients]", "true"},
    {S::kPopulation, "sessions", kTable, "instead of those of [clients]", "", 0, 0, S::kSessions},
    {S::kPopulation, "resolver", kString, "instead of that of [clients]", "\"London\"", 1, 128},
    {S::kPopulation, "access", kAccess, "instead of that of [network]", "\"4g\""},
    {S::kPopulation, "loss", kString, "instead of that of [network]", "\"1%/3\"", 1, 256},
    {S::kPopulation, "hour", kHour, "instead of that of [network]", "\"20:30\""},
    {S::kPopulation, "requests", kStrings, "the hosts they ask for; without: all", "[\"hello\"]", 0,
     253},

    {S::kCity, "city", kString, "its name", "\"Lagos\"", 1, 128, {}, {}, true},
    {S::kCity, "weight", kNumber, "its share; without: its Internet users", "2", kWeightMin,
     kWeightMax},

    {S::kRatePoint, "at", kDuration, "since the start", "\"5s\"", 0, 25 * 3600, {}, {}, true},
    {S::kRatePoint, "times", kNumber, "so many times rate_per_s", "4", 0, 1000, {}, {}, true},

    {S::kSessions,
     "pages",
     kNumber,
     "requests of one session, in the mean",
     "5",
     1,
     100,
     {},
     {},
     true},
    {S::kSessions,
     "think",
     kDuration,
     "from one page wanted to the next, in the mean",
     "\"2s\"",
     0.001,
     3600,
     {},
     {},
     true},

    {S::kDay, "length", kDuration, "of 24 hours of diurnal people", "\"2m\"", 1, kDay},
    {S::kDay, "starts", kHour, "the hour in UTC at the start", "\"6:00\""},

    {S::kNetwork, "pops", kPops, "a preset's name, a count, or codes", "[\"FRA\", \"GRU\"]", 1,
     1000},
    {S::kNetwork, "access", kAccess, "fibre, cable, dsl, 4g, ...; \"mix\": by country; or weights",
     "\"mix\""},
    {S::kNetwork, "loss", kString, "of people's packets: share, and how many in a row", "\"1%/3\"",
     1, 256},
    {S::kNetwork, "hour", kHour, "of the queues of the evening, in UTC", "\"20:30\""},
    {S::kNetwork,
     "anycast",
     kChoice,
     "to the nearest site, or where BGP leads",
     "\"nearest\"",
     0,
     0,
     {},
     "nearest cdn root startup regional"},

    {S::kWorker,
     "path",
     kString,
     "a file or folder, from this file",
     "\"hello.js\"",
     1,
     4096,
     {},
     {},
     true},
    {S::kWorker, "name", kString, "instead of the project's", "\"hello\"", 1, 63},

    {S::kOrigin,
     "host",
     kString,
     "as workers write it in URLs",
     "\"api.example\"",
     1,
     253,
     {},
     {},
     true},
    {S::kOrigin, "city", kString, "where it stands", "\"Frankfurt\"", 1, 128, {}, {}, true},
    {S::kOrigin, "think", kDuration, "from a question to its answer, in the median", "\"40ms\"", 0,
     60},
    {S::kOrigin, "spread", kNumber,
     "two of three think between think / spread and think * "
     "spread",
     "1.5", 1, 10},
    {S::kOrigin, "errors", kNumber, "share of its answers that are a 503", "0.01", 0, 1},
    {S::kOrigin, "bytes", kInteger, "of an answer's body", "1000", 0, 1e7},

    {S::kRequest, "method", kString, "in capitals", "\"GET\"", 1, 16},
    {S::kRequest,
     "host",
     kString,
     "a worker's name, or in full",
     "\"hello\"",
     1,
     253,
     {},
     {},
     true},
    {S::kRequest, "path", kString, "with its query", "\"/\"", 1, 8192},
    {S::kRequest, "weight", kNumber, "its share", "2", kWeightMin, 1e6},
    {S::kRequest, "origins", kStrings, "hosts of origins that its worker asks, one after another",
     "[\"api.example\"]", 0, 253},
    {S::kRequest, "service", kTable,
     "what a node needs for it, where it is not measured "
     "(sim run --declared)",
     "", 0, 0, S::kService},

    {S::kService,
     "ms",
     kNumber,
     "from the request's last byte to the answer's",
     "0.4",
     0,
     60'000,
     {},
     {},
     true},
    {S::kService, "cpu_ms", kNumber, "of those on the processor; without: all", "0.05", 0, 60'000},
    {S::kService, "cold_ms", kNumber, "the first request takes so much longer", "1.5", 0, 60'000},
    {S::kService, "bytes", kInteger, "head and body", "400", 1, 1e9},
    {S::kService, "status", kInteger, "", "200", 100, 599},
    {S::kService, "error_share", kNumber, "of the answers have status 500 instead", "0.3", 0, 1},
    {S::kService, "on_error", kTable, "what is answered instead when an origin it asks fails", "",
     0, 0, S::kFailure},

    {S::kFailure, "ms", kNumber, "beside what it waits for origins; without: as the service", "0.4",
     0, 60'000},
    {S::kFailure, "bytes", kInteger, "head and body", "300", 1, 1e9},
    {S::kFailure, "status", kInteger, "", "502", 100, 599, {}, {}, true},

    {S::kTimeline, "at", kDuration, "since the start", "\"5s\"", 0, 25 * 3600, {}, {}, true},
    {S::kTimeline, "kill", kString,
     "a PoP's node goes without a word; or \"control\", the control plane", "\"FRA\"", 1, 63},
    {S::kTimeline, "start", kString, "... and comes back", "\"FRA\"", 1, 63},
    {S::kTimeline, "drain", kString, "no new people are led there", "\"FRA\"", 1, 63},
    {S::kTimeline, "undrain", kString, "... they are again", "\"FRA\"", 1, 63},
    {S::kTimeline, "deploy", kString, "a worker's path", "\"next.js\"", 1, 4096},
    {S::kTimeline, "name", kString, "of a deploy: instead of the project's", "\"hello\"", 1, 63},
    {S::kTimeline, "service", kTable, "of a deploy: what a node needs then, for every request", "",
     0, 0, S::kService},
    {S::kTimeline, "rollout", kTable,
     "of a deploy: in waves that go back by themselves, as in a project's [rollout]", "", 0, 0,
     S::kRollout},
    {S::kTimeline, "cut", kPair,
     "no path between two continents or countries: packets go by way "
     "of a third",
     "[\"EU\", \"NA\"]", 0, 2},
    {S::kTimeline, "loss", kString, "packets lost between two: share, and how many in a row",
     "\"5%/3\"", 1, 256},
    {S::kTimeline, "between", kPair, "of loss: two continents or countries", "[\"EU\", \"NA\"]", 0,
     2},
    {S::kTimeline, "resolver_outage", kString,
     "the resolvers of a city, country or continent do "
     "not answer",
     "\"NG\"", 1, 128},
    {S::kTimeline, "origin_outage", kString, "an origin refuses connections", "\"api.example\"", 1,
     253},
    {S::kTimeline, "for", kDuration,
     "how long cut, loss or an outage last; without: to the "
     "end",
     "\"5s\"", 0.001, 25 * 3600},
    {S::kTimeline, "phase", kString,
     "a name for the time from here to the next phase; beside "
     "an action or alone",
     "\"dark\"", 1, 63},

    {S::kRollout, "bake", kDuration, "of every wave that names none: how long it is watched",
     "\"5s\"", 0, 7 * kDay},
    {S::kRollout, "waves", kTables, "without: canary 5 %, region 25 %, all 50 %, all 100 %", "", 0,
     16, S::kWave},
    {S::kRollout, "gates", kTable, "how much worse the new version may be", "", 0, 0, S::kGates},

    {S::kWave, "place", kString, "canary, region, all, or PoPs and continents", "\"FRA,EU\"", 1,
     256},
    {S::kWave, "percent", kNumber, "of the requests there", "5", 0.01, 100, {}, {}, true},
    {S::kWave, "bake", kDuration, "instead of the rollout's", "\"5s\"", 0, 7 * kDay},

    {S::kGates, "error_rate_excess_percent", kNumber, "more answers with 5xx than the old version",
     "1", 0, 100},
    {S::kGates, "p99_ratio", kNumber, "times the old version's p99", "1.5", 1, 1000},
    {S::kGates, "p99_floor_ms", kNumber, "a p99 below is never too slow", "5", 0, 600'000},
    {S::kGates, "requests_min", kInteger, "of each version, before a wave can pass", "100", 1, 1e6},
    {S::kGates, "false_alarm", kNumber,
     "chance that a version that is no worse trips a gate of a wave", "0.001", 1e-9, 0.5},
    {S::kGates,
     "when_quiet",
     kChoice,
     "a wave with too few requests waits, or passes after its bake",
     "\"hold\"",
     0,
     0,
     {},
     "hold pass"},
};

}  // namespace

std::string_view SectionName(Section section) {
  constexpr std::string_view kNames[] = {
      "the scenario", "[clients]",    "[[population]]", "cities",     "rate",        "sessions",
      "[day]",        "[network]",    "[[worker]]",     "[[origin]]", "[[request]]", "service",
      "on_error",     "[[timeline]]", "rollout",        "waves",      "gates"};
  static_assert(std::size(kNames) == kSections);
  return kNames[static_cast<size_t>(section)];
}

std::span<const KeySpec> ScenarioKeys() {
  return kKeys;
}

const KeySpec& KeyOf(Section section, std::string_view name) {
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const KeySpec& key) {
    return key.in == section && key.name == name;
  });
  CHECK(found != std::end(kKeys));
  return *found;
}

}  // namespace terrella::sim
