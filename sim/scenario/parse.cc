#include "sim/scenario/parse.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>

#include "base/config.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella::sim {
namespace {

using std::chrono::milliseconds;

constexpr Duration kTimeoutMin = milliseconds(10);
constexpr Duration kTimeoutMax = std::chrono::minutes(1);

// The cities with the most Internet users, ties by their order in the file.
std::vector<ClientCity> WithMostUsers(const net::Places& places, size_t count) {
  std::vector<net::CityId> ids(places.cities().size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(), [&](net::CityId a, net::CityId b) {
    return places.cities()[a].users > places.cities()[b].users;
  });
  std::vector<ClientCity> out;
  for (net::CityId id : std::span(ids).first(std::min(count, ids.size()))) {
    out.push_back({id, static_cast<double>(places.cities()[id].users)});
  }
  return out;
}

class Reader {
 public:
  Reader(ConfigFile& file, const net::Places& places, std::string_view zone,
         const ScenarioLimits& limits)
      : file_(file), places_(places), zone_(zone), limits_(limits) {}

  absl::StatusOr<Scenario> Read() {
    ConfigTable root = file_.root();
    Scenario out;
    if (!root.Has("version")) root.Fail("version", "no 'version'; expected version = 1");
    root.Integer("version", 1, 1);
    out.name = root.String("name", 63).value_or("");
    if (out.name.empty()) root.Fail("name", "no 'name'; expected e.g. name = \"world-tour\"");
    out.description = root.String("description").value_or("");
    out.seed = static_cast<uint64_t>(root.Integer("seed", 0).value_or(1));
    out.duration =
        root.DurationOf("duration", milliseconds(100), limits_.duration_max).value_or(out.duration);
    ReadClients(root, out.clients);
    ReadNetwork(root, out.network);
    for (ConfigTable& table : root.Tables("worker", 100)) ReadWorker(table, out);
    for (ConfigTable& table : root.Tables("request", 1000)) ReadRequest(table, out);
    if (out.requests.empty())
      root.Fail("request", "no [[request]]; expected at least one with host and path");
    for (ConfigTable& table : root.Tables("timeline", limits_.events_max)) ReadEvent(table, out);
    std::stable_sort(out.timeline.begin(), out.timeline.end(),
                     [](const TimelineEvent& a, const TimelineEvent& b) { return a.at < b.at; });
    ReadAssertions(root, out);
    root.RefuseUnknownKeys();
    RETURN_IF_ERROR(file_.status());
    return out;
  }

 private:
  void ReadClients(ConfigTable& root, Clients& out) {
    std::optional<ConfigTable> table = root.Table("clients");
    if (!table) {
      root.Fail("clients", "no [clients]; expected a table with rate_per_s and cities");
      return;
    }
    out.rate_per_s =
        table->Number("rate_per_s", 0.1, limits_.rate_per_s_max).value_or(out.rate_per_s);
    out.timeout = table->DurationOf("timeout", kTimeoutMin, kTimeoutMax).value_or(out.timeout);
    if (std::optional<std::string> connection = table->String("connection")) {
      if (*connection != "new" && *connection != "keep-alive") {
        table->Fail(
            "connection",
            fmt::format("'{}' is not a kind of connection; expected \"new\" or \"keep-alive\"",
                        *connection));
      }
      out.keep_alive = *connection == "keep-alive";
    }
    ReadSteering(*table, out);
    ReadCities(*table, out);
    table->RefuseUnknownKeys();
  }

  void ReadNetwork(ConfigTable& root, Network& out) {
    std::optional<ConfigTable> table = root.Table("network");
    if (!table) return;
    for (const std::string_view key : net::kPathWishKeys) {
      if (!table->Has(key) || !table->IsString(key)) continue;  // see below
      const std::optional<std::string> value = table->String(key, net::kPathWishBytesMax);
      if (!value) continue;
      if (absl::Status status = net::ReadPathWish(key, *value, &out.wish); !status.ok()) {
        table->Fail(key, Message(status));
      }
    }
    out.anycast = table->String("anycast", 16).value_or("");
    constexpr std::string_view kAnycast[] = {"", "nearest", "cdn", "root", "startup", "regional"};
    if (std::find(std::begin(kAnycast), std::end(kAnycast), out.anycast) == std::end(kAnycast)) {
      table->Fail(
          "anycast",
          fmt::format("expected nearest, cdn, root, startup or regional, got '{}'", out.anycast));
    }
    if (table->Has("access") && !table->IsString("access")) ReadMix(*table, out);
    if (table->Has("loss") && !table->IsString("loss")) table->String("loss");
    if (table->Has("hour") && !table->IsString("hour")) {
      out.wish.hour_utc = table->Number("hour", 0, 23.999);
    }
    table->RefuseUnknownKeys();
  }

  // access = { fibre = 2, "4g" = 1 }
  void ReadMix(ConfigTable& network, Network& out) {
    std::optional<ConfigTable> table = network.Table("access");
    if (!table) return;
    net::AccessMix mix{};
    double sum = 0;
    for (const net::Access& access : net::kAccessTypes) {
      double& weight = mix[static_cast<size_t>(access.type)];
      weight = table->Number(access.name, 0, 1e6).value_or(0);
      sum += weight;
    }
    table->RefuseUnknownKeys();
    if (sum <= 0) {
      network.Fail("access", "expected at least one weight above 0, e.g. { fibre = 2, 4g = 1 }");
      return;
    }
    out.mix = mix;
  }

  void ReadSteering(ConfigTable& table, Clients& out) {
    std::vector<ConfigValue> values = table.List("steering", 2);
    if (values.empty()) return;
    out.steering.clear();
    for (const ConfigValue& value : values) {
      std::string name = value.AsString().value_or("");
      if (name == "dns") {
        out.steering.push_back(Steering::kDns);
      } else if (name == "anycast") {
        out.steering.push_back(Steering::kAnycast);
      } else {
        value.Fail("expected \"dns\" or \"anycast\"");
      }
    }
  }

  void ReadCities(ConfigTable& table, Clients& out) {
    std::vector<ConfigValue> values = table.List("cities", limits_.cities_max);
    if (values.empty())
      table.Fail("cities", "no 'cities'; expected \"world:100\" or a list of cities");
    std::set<net::CityId> seen;
    for (const ConfigValue& value : values) {
      std::optional<std::string> name = value.AsString();
      std::optional<ConfigTable> entry = value.AsTable();
      double weight = 0;  // none given: the city's Internet users
      if (entry) {
        name = entry->String("city");
        weight = entry->Number("weight", 1e-6, 1e12).value_or(0);
        entry->RefuseUnknownKeys();
      }
      if (!name) {
        value.Fail("expected a city's name, or {city = \"Lagos\", weight = 2}");
        continue;
      }
      if (name->starts_with("world:")) {
        AddWorld(value, name->substr(6), out, seen);
        continue;
      }
      absl::StatusOr<net::Place> place = places_.Find(*name);
      if (!place.ok()) {
        value.Fail(Message(place.status()));
        continue;
      }
      if (!seen.insert(place->city).second)
        value.Fail(fmt::format("'{}' stands here twice", *name));
      if (weight == 0) weight = static_cast<double>(places_.cities()[place->city].users);
      out.cities.push_back({place->city, weight});
    }
  }

  void AddWorld(const ConfigValue& value, std::string_view digits, Clients& out,
                std::set<net::CityId>& seen) {
    size_t count = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size() || count == 0 ||
        count > limits_.cities_max) {
      value.Fail(fmt::format("expected \"world:N\" with N from 1 to {}", limits_.cities_max));
      return;
    }
    for (const ClientCity& city : WithMostUsers(places_, count)) {
      if (seen.insert(city.city).second) out.cities.push_back(city);
    }
  }

  void ReadWorker(ConfigTable& table, Scenario& out) {
    WorkerProject project;
    project.path = table.String("path").value_or("");
    project.name = table.String("name", 63).value_or("");
    if (project.path.empty())
      table.Fail("path", "a worker without 'path'; expected a file or folder to deploy");
    table.RefuseUnknownKeys();
    out.workers.push_back(std::move(project));
  }

  void ReadRequest(ConfigTable& table, Scenario& out) {
    RequestKind request;
    request.method = table.String("method", 16).value_or("GET");
    request.host = table.String("host", 253).value_or("");
    request.path = table.String("path", 8192).value_or("/");
    request.weight = table.Number("weight", 1e-6, 1e6).value_or(1);
    auto bad = [](char c) { return c <= ' ' || c >= 0x7f || c < 0; };
    if (request.host.empty() || std::any_of(request.host.begin(), request.host.end(), bad)) {
      table.Fail("host", "expected a request's 'host', e.g. host = \"hello.edge.test\"");
    }
    if (!request.path.starts_with('/') ||
        std::any_of(request.path.begin(), request.path.end(), bad)) {
      table.Fail("path", "expected a 'path' of ASCII that starts with '/'");
    }
    if (!std::all_of(request.method.begin(), request.method.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; })) {
      table.Fail("method", "expected a method in capitals, e.g. GET");
    }
    if (request.host.find('.') == std::string::npos)
      request.host = fmt::format("{}.{}", request.host, zone_);
    table.RefuseUnknownKeys();
    out.requests.push_back(std::move(request));
  }

  void ReadEvent(ConfigTable& table, Scenario& out) {
    static constexpr std::pair<const char*, TimelineEvent::Action> kActions[] = {
        {"kill", TimelineEvent::Action::kKill},     {"start", TimelineEvent::Action::kStart},
        {"drain", TimelineEvent::Action::kDrain},   {"undrain", TimelineEvent::Action::kUndrain},
        {"deploy", TimelineEvent::Action::kDeploy},
    };
    TimelineEvent event;
    std::optional<Duration> at = table.DurationOf("at", Duration(0), out.duration);
    if (!table.Has("at")) table.Fail("at", "an event without 'at'; expected e.g. at = \"10s\"");
    event.at = at.value_or(Duration(0));
    int actions = 0;
    for (const auto& [key, action] : kActions) {
      if (std::optional<std::string> target = table.String(key)) {
        event.action = action;
        event.target = *std::move(target);
        ++actions;
        CheckTarget(table, key, event);
      }
    }
    if (event.action == TimelineEvent::Action::kDeploy)
      event.script = table.String("name", 63).value_or("");
    table.RefuseUnknownKeys();
    if (actions != 1) {
      table.Fail("at",
                 "expected exactly one of kill, start, drain, undrain and deploy beside 'at'");
    }
    out.timeline.push_back(std::move(event));
  }

  void CheckTarget(const ConfigTable& table, const char* key, TimelineEvent& event) {
    if (event.action == TimelineEvent::Action::kDeploy) {
      if (event.target.empty()) table.Fail(key, "expected the path of a worker to deploy");
      return;
    }
    absl::StatusOr<const net::PopSite*> site = places_.pops().Get(event.target);
    if (site.ok()) {
      event.target = (*site)->iata;
    } else {
      table.Fail(key, Message(site.status()));
    }
  }

  void ReadAssertions(ConfigTable& root, Scenario& out) {
    for (const ConfigValue& value : root.List("assertions", limits_.assertions_max)) {
      std::optional<std::string> text = value.AsString();
      if (!text) {
        value.Fail("expected an assertion as text, e.g. \"errors < 0.1%\"");
        continue;
      }
      absl::StatusOr<Assertion> assertion = ParseAssertion(*text);
      if (!assertion.ok()) {
        value.Fail(Message(assertion.status()));
        continue;
      }
      if (absl::Status status = CheckSelector(assertion->selector); !status.ok())
        value.Fail(Message(status));
      out.assertions.push_back(*std::move(assertion));
    }
  }

  absl::Status CheckSelector(std::string_view selector) {
    if (selector.empty() || selector == "dns" || selector == "anycast" ||
        net::ParseContinent(selector) || places_.FindCountry(selector) != nullptr) {
      return absl::OkStatus();
    }
    return places_.Find(selector).status();
  }

  ConfigFile& file_;
  const net::Places& places_;
  std::string zone_;
  const ScenarioLimits& limits_;
};

}  // namespace

std::string_view SteeringName(Steering steering) {
  return steering == Steering::kDns ? "dns" : "anycast";
}

std::string_view ActionName(TimelineEvent::Action action) {
  switch (action) {
    case TimelineEvent::Action::kKill:
      return "kill";
    case TimelineEvent::Action::kStart:
      return "start";
    case TimelineEvent::Action::kDrain:
      return "drain";
    case TimelineEvent::Action::kUndrain:
      return "undrain";
    case TimelineEvent::Action::kDeploy:
      return "deploy";
  }
  return "";
}

absl::StatusOr<Scenario> ParseScenario(std::string_view text, std::string_view file_name,
                                       const net::Places& places, std::string_view zone,
                                       const ScenarioLimits& limits) {
  if (text.size() > limits.file_bytes_max) {
    return ResourceExhausted("{} is larger than {} bytes", file_name, limits.file_bytes_max);
  }
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, file_name));
  return Reader(file, places, zone, limits).Read();
}

}  // namespace terrella::sim
