#include "sim/scenario/parse.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "base/config.h"
#include "base/signed_duration.h"
#include "base/status.h"
#include "bundle/rollout_plan.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/city_list.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/language.h"
#include "sim/scenario/person.h"
#include "sim/scenario/selection.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kObjectsOfAllMax = 1'000'000;

class Reader {
 public:
  Reader(ConfigFile& file, const net::Places& places, std::string_view zone,
         const ScenarioLimits& limits)
      : file_(file), places_(places), zone_(zone), limits_(limits) {}

  absl::StatusOr<Scenario> Read() {
    Keys root(file_.root(), Section::kRoot);
    Scenario out;
    root.Integer("version");
    out.name = root.String("name").value_or("");
    out.description = root.String("description").value_or("");
    out.seed = static_cast<uint64_t>(root.Integer("seed").value_or(1));
    out.duration = root.Time("duration").value_or(out.duration);
    for (Keys& table : root.Tables("worker")) ReadWorker(table, out);
    for (Keys& table : root.Tables("origin")) ReadOrigin(table, out);
    for (Keys& table : root.Tables("request")) ReadRequest(table, out);
    for (Keys& table : root.Tables("page")) ReadPage(table, out);
    CheckWeights(root, out);
    if (std::optional<Keys> day = root.Table("day")) ReadDay(*day, out.day);
    if (std::optional<Keys> network = root.Table("network")) ReadNetwork(*network, out.network);
    ReadPeople(root, out);
    for (Keys& table : root.Tables("timeline")) ReadEvent(table, out);
    std::stable_sort(out.timeline.begin(), out.timeline.end(),
                     [](const TimelineEvent& a, const TimelineEvent& b) { return a.at < b.at; });
    CheckFaults(root, out);
    CheckPages(root, out);
    CheckKv(root, out);
    ReadAssertions(root, out);
    root.Close();
    RETURN_IF_ERROR(file_.status());
    return out;
  }

 private:
  // [clients] and [[population]].
  void ReadPeople(Keys& root, Scenario& out) {
    People common;
    common.name = "everybody";
    common.steering = out.clients.steering;
    common.wish = out.network.wish;
    common.mix = out.network.mix;
    std::optional<Keys> clients = root.Table("clients");
    std::vector<Keys> populations = root.Tables("population");
    CityList cities(places_, limits_.cities_max);
    if (clients) {
      ReadClients(*clients, out.clients);
      if (auto file = clients->String("trace")) out.trace = Trace{.file = *std::move(file)};
      ReadHabits(*clients, out, common);
      if (out.trace) {
        CheckTraceAlone(*clients, populations);
      } else if (clients->Has("cities") && !populations.empty()) {
        clients->Fail("cities", "expected 'cities' either here or in every [[population]]");
      } else if (populations.empty()) {
        ReadCities(*clients, cities, common.cities);
      }
      clients->Close();
    }
    for (Keys& table : populations) {
      People people = common;
      people.cities.clear();
      ReadPopulation(table, cities, out, people);
      out.populations.push_back(std::move(people));
    }
    const bool plain =
        common.rate.empty() && !common.diurnal && !common.sessions && !common.resolver;
    if (populations.empty() && !plain) out.populations = {common};
    out.clients.steering = common.steering;
    out.clients.protocols = common.protocols;
    out.clients.cities = common.cities;
    for (const People& people : out.populations) {
      if (populations.empty()) break;
      double sum = 0;
      for (const ClientCity& city : people.cities) sum += city.weight;
      for (const ClientCity& city : people.cities) {
        out.clients.cities.push_back({city.city, people.weight * city.weight / sum});
      }
      for (const Steering steering : people.steering) {
        auto& all = out.clients.steering;
        if (std::find(all.begin(), all.end(), steering) == all.end()) all.push_back(steering);
      }
    }
  }

  // A trace says who asks for what when, so nothing else may.
  static void CheckTraceAlone(Keys& clients, const std::vector<Keys>& populations) {
    clients.table().Accept("cities");
    for (const char* key : {"rate_per_s", "rate", "diurnal", "sessions", "resolver", "cities"}) {
      if (!clients.Has(key)) continue;
      clients.Fail(key, fmt::format("expected no '{}' beside 'trace'", key));
    }
    if (!populations.empty()) clients.Fail("trace", "expected no [[population]] beside 'trace'");
  }

  void ReadClients(Keys& table, Clients& out) {
    out.rate_per_s = table.Number("rate_per_s").value_or(out.rate_per_s);
    out.timeout = table.Time("timeout").value_or(out.timeout);
    if (std::optional<std::string> connection = table.OneOf("connection")) {
      out.keep_alive = *connection == "keep-alive";
    }
    out.sticky = table.Boolean("sticky").value_or(false);
  }

  // What [clients] and a population may say in the same words.
  void ReadHabits(Keys& table, const Scenario& scenario, People& out) {
    ReadSteering(table, out.steering);
    if (table.Has("protocol")) ReadProtocols(table, out.protocols);
    if (std::vector<Keys> points = table.Tables("rate"); !points.empty()) {
      ReadRate(table, points, scenario, out.rate);
    }
    out.diurnal = table.Boolean("diurnal").value_or(out.diurnal);
    if (std::optional<Keys> sessions = table.Table("sessions")) {
      out.sessions = {.pages_mean = sessions->Number("pages").value_or(1),
                      .think_mean = sessions->Time("think").value_or(std::chrono::seconds(1))};
      sessions->Close();
    }
    if (std::optional<std::string> resolver = table.String("resolver")) {
      const absl::StatusOr<net::Place> place = places_.Find(*resolver);
      if (place.ok()) {
        out.resolver = place->city;
      } else {
        table.Fail("resolver", Message(place.status()));
      }
    }
  }

  void ReadPopulation(Keys& table, CityList& cities, const Scenario& scenario, People& out) {
    out.name = table.String("name").value_or("");
    for (const People& other : scenario.populations) {
      if (other.name == out.name) {
        table.Fail("name", fmt::format("two populations are called '{}'", out.name));
      }
    }
    out.weight = table.Number("weight").value_or(1);
    ReadCities(table, cities, out.cities);
    ReadHabits(table, scenario, out);
    ReadWishes(table, Section::kPopulation, out.wish, out.mix);
    for (const ConfigValue& value : table.List("requests", 1000)) {
      const std::string host = FullHost(value.AsString().value_or(""));
      const size_t before = out.requests.size();
      for (size_t i = 0; i < scenario.requests.size(); ++i) {
        if (scenario.requests[i].host == host) out.requests.push_back(i);
      }
      if (out.requests.size() == before) {
        value.Fail("expected the host of a [[request]], e.g. \"hello\"");
      }
    }
    if (!out.requests.empty() &&
        std::none_of(out.requests.begin(), out.requests.end(),
                     [&](size_t i) { return scenario.requests[i].weight > 0; })) {
      table.Fail("requests", "expected a [[request]] with a weight above 0");
    }
    table.Close();
  }

  void ReadRate(Keys& table, std::vector<Keys>& points, const Scenario& scenario,
                std::vector<RatePoint>& out) {
    out.clear();
    for (Keys& point : points) {
      out.push_back({.at = point.TimeUntil("at", scenario.duration).value_or(Duration(0)),
                     .times = point.Number("times").value_or(1)});
      point.Close();
    }
    const bool rising = std::is_sorted(out.begin(), out.end(),
                                       [](const auto& a, const auto& b) { return a.at < b.at; });
    const bool some =
        std::any_of(out.begin(), out.end(), [](const auto& p) { return p.times > 0; });
    if (!rising || !some) {
      table.Fail("rate", "expected times in their order, and at least one rate above 0");
    }
    if (!some) out.clear();
  }

  void ReadDay(Keys& table, Day& out) {
    out.length = table.Time("length").value_or(out.length);
    out.starts_hour_utc = Hour(table, Section::kDay, "starts").value_or(0);
    table.Close();
  }

  void ReadNetwork(Keys& table, Network& out) {
    ReadWishes(table, Section::kNetwork, out.wish, out.mix);
    out.anycast = table.OneOf("anycast").value_or("");
    for (const ConfigValue& value : table.List("pops", 1000)) {
      const std::string text = value.AsString().value_or("");
      if (text.empty())
        value.Fail("expected a preset (\"world-12\"), or codes ([\"FRA\", \"GRU\"])");
      out.pops += (out.pops.empty() ? "" : ",") + text;
    }
    if (!out.pops.empty()) {
      const auto sites = places_.pops().Select(out.pops);
      if (!sites.ok()) table.Fail("pops", Message(sites.status()));
    }
    table.Close();
  }

  // access, loss and hour.
  void ReadWishes(Keys& keys, Section section, net::PathWish& wish,
                  std::optional<net::AccessMix>& mix) {
    ConfigTable& table = keys.table();
    for (const std::string_view key : net::kPathWishKeys) {
      KeyOf(section, key);
      if (!table.Has(key) || !table.IsString(key)) continue;  // see below
      const std::optional<std::string> value = table.String(key, net::kPathWishBytesMax);
      if (!value) continue;
      if (absl::Status status = net::ReadPathWish(key, *value, &wish); !status.ok()) {
        table.Fail(key, Message(status));
      }
      if (key == "access") mix.reset();
    }
    if (table.Has("access") && !table.IsString("access")) ReadMix(table, mix);
    if (table.Has("loss") && !table.IsString("loss")) table.String("loss");
    if (table.Has("hour") && !table.IsString("hour")) {
      wish.hour_utc = table.Number("hour", 0, 23.999);
    }
  }

  std::optional<double> Hour(Keys& keys, Section section, std::string_view key) {
    KeyOf(section, key);
    ConfigTable& table = keys.table();
    if (!table.Has(key)) return std::nullopt;
    if (!table.IsString(key)) return table.Number(key, 0, 23.999);
    const absl::StatusOr<double> hour = net::ParseHour(*table.String(key, 64));
    if (hour.ok()) return *hour;
    table.Fail(key, Message(hour.status()));
    return std::nullopt;
  }

  // access = { fibre = 2, "4g" = 1 }
  void ReadMix(ConfigTable& parent, std::optional<net::AccessMix>& out) {
    std::optional<ConfigTable> table = parent.Table("access");
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
      parent.Fail("access", "expected at least one weight above 0, e.g. { fibre = 2, 4g = 1 }");
      return;
    }
    out = mix;
  }

  void ReadSteering(Keys& table, std::vector<Steering>& out) {
    std::vector<ConfigValue> values = table.List("steering", 2);
    if (values.empty()) return;
    out.clear();
    for (const ConfigValue& value : values) {
      std::string name = value.AsString().value_or("");
      if (name == "dns") {
        out.push_back(Steering::kDns);
      } else if (name == "anycast") {
        out.push_back(Steering::kAnycast);
      } else {
        value.Fail("expected \"dns\" or \"anycast\"");
        out.push_back(Steering::kDns);
      }
    }
  }

  // protocol = "h2", or { h2 = 4, "http/1.1" = 1 }
  static void ReadProtocols(Keys& table, ProtocolMix& out) {
    out = {.http1 = 0, .h2 = 0};
    const std::string_view h1 = ProtocolName(Protocol::kHttp1), h2 = ProtocolName(Protocol::kHttp2);
    const std::optional<std::map<std::string, double>> weights = table.Weights("protocol");
    if (weights) {
      for (const auto& [name, weight] : *weights) (name == h2 ? out.h2 : out.http1) = weight;
    }
    if (out.http1 + out.h2 <= 0) {
      if (weights) {
        table.Fail("protocol",
                   fmt::format("expected a weight above 0, e.g. {{ {} = 4, \"{}\" = 1 }}", h2, h1));
      }
      out = {};
    }
  }

  void ReadCities(Keys& table, CityList& list, std::vector<ClientCity>& out) {
    std::vector<ConfigValue> values = table.List("cities", limits_.cities_max);
    if (values.empty()) {
      table.Fail("cities", "no 'cities'; expected \"world:100\" or a list of cities");
    }
    for (const ConfigValue& value : values) {
      std::optional<std::string> name = value.AsString();
      double weight = 0;  // none given: the city's Internet users
      if (std::optional<ConfigTable> entry = value.AsTable()) {
        Keys keys(*std::move(entry), Section::kCity);
        name = keys.String("city").value_or("");
        weight = keys.Number("weight").value_or(0);
        keys.Close();
      }
      if (!name) {
        value.Fail("expected a city's name, or {city = \"Lagos\", weight = 2}");
        continue;
      }
      if (absl::Status status = list.Add(*name, weight, out); !status.ok()) {
        value.Fail(Message(status));
      }
    }
  }

  void ReadWorker(Keys& table, Scenario& out) {
    WorkerProject project;
    project.path = table.String("path").value_or("");
    project.name = table.String("name").value_or("");
    table.Close();
    out.workers.push_back(std::move(project));
  }

  std::string FullHost(const std::string& host) const {
    return host.find('.') == std::string::npos ? fmt::format("{}.{}", host, zone_) : host;
  }

  void ReadRequest(Keys& table, Scenario& out) {
    RequestKind request;
    request.method = table.String("method").value_or("GET");
    request.host = table.String("host").value_or("");
    request.path = table.String("path").value_or("/");
    request.weight = table.Number("weight").value_or(1);
    request.kv = ReadKv(table);
    if (request.kv) request.path = kKvMeasuredPath;
    request.service = ReadService(table);
    for (const ConfigValue& value : table.List("origins", kOriginsAskedMax)) {
      ReadAskedOrigin(value, out, request);
    }
    auto bad = [](char c) { return c <= ' ' || c >= 0x7f || c < 0; };
    if (std::any_of(request.host.begin(), request.host.end(), bad)) {
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
    request.host = FullHost(request.host);
    ReadObjects(table, request);
    uint64_t objects = request.objects;
    for (const RequestKind& other : out.requests) objects += other.objects;
    if (objects > kObjectsOfAllMax) {
      table.Fail("objects", fmt::format("expected at most {} 'objects' of all requests together",
                                        kObjectsOfAllMax));
    }
    table.Close();
    out.requests.push_back(std::move(request));
  }

  static void ReadObjects(Keys& table, RequestKind& request) {
    request.objects = static_cast<uint32_t>(table.Integer("objects").value_or(0));
    request.zipf = table.Number("zipf").value_or(request.zipf);
    const bool marked = request.path.find(kObjectMark) != std::string::npos;
    if (marked && request.objects == 0) {
      table.Fail("path", "expected 'objects' beside {object} in 'path', e.g. objects = 1000");
    }
    if (!marked && request.objects > 0) {
      table.Fail("objects", "expected {object} in 'path', e.g. path = \"/item/{object}.css\"");
    }
    if (table.Has("zipf") && request.objects == 0) {
      table.Fail("zipf", "expected 'objects' beside 'zipf'");
    }
  }

  // A field says whole seconds.
  static std::optional<std::chrono::seconds> WholeSeconds(Keys& table, const char* key) {
    const std::optional<Duration> time = table.Time(key);
    if (!time) return std::nullopt;
    const auto whole = std::chrono::floor<std::chrono::seconds>(*time);
    if (whole != *time) table.Fail(key, fmt::format("expected whole seconds for '{}'", key));
    return whole;
  }

  static std::optional<OriginCaching> ReadCaching(Keys& table) {
    const auto fresh = WholeSeconds(table, "cache");
    const OriginCaching out{.fresh = fresh.value_or(std::chrono::seconds(0)),
                            .stale_while_revalidate = WholeSeconds(table, "stale_while_revalidate"),
                            .stale_if_error = WholeSeconds(table, "stale_if_error"),
                            .etag = table.Boolean("etag").value_or(false)};
    if (fresh) return out;
    for (const char* key : {"stale_while_revalidate", "stale_if_error", "etag"}) {
      if (table.Has("cache") || !table.Has(key)) continue;
      table.Fail(key, fmt::format("expected 'cache' beside '{}', e.g. cache = \"60s\"", key));
    }
    return std::nullopt;
  }

  void ReadOrigin(Keys& table, Scenario& out) {
    Origin origin;
    origin.host = absl::AsciiStrToLower(table.String("host").value_or(""));  // names have no case
    const auto of_a_host = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    if (!std::all_of(origin.host.begin(), origin.host.end(), of_a_host)) {
      table.Fail("host", "expected a bare host name, e.g. \"api.example\"");
    }
    for (const Origin& other : out.origins) {
      if (other.host == origin.host) {
        table.Fail("host", fmt::format("two origins are called '{}'", origin.host));
      }
    }
    origin.city = table.String("city").value_or("");
    const absl::StatusOr<net::Place> place = places_.Find(origin.city);
    if (place.ok()) {
      origin.at = place->city;
    } else if (table.Has("city")) {
      table.Fail("city", Message(place.status()));
    }
    origin.think_ms = ToMs(table.Time("think").value_or(Duration(0)));
    origin.spread = table.Number("spread").value_or(origin.spread);
    origin.error_share = table.Number("errors").value_or(0);
    origin.body_bytes = static_cast<uint32_t>(table.Integer("bytes").value_or(origin.body_bytes));
    origin.caching = ReadCaching(table);
    table.Close();
    out.origins.push_back(std::move(origin));
  }

  static void ReadAskedOrigin(const ConfigValue& value, const Scenario& scenario,
                              RequestKind& request) {
    const std::string host = absl::AsciiStrToLower(value.AsString().value_or(""));
    const auto found = std::find_if(scenario.origins.begin(), scenario.origins.end(),
                                    [&](const Origin& origin) { return origin.host == host; });
    if (found == scenario.origins.end()) {
      return value.Fail("expected the host of an [[origin]], e.g. \"api.example\"");
    }
    request.origins.push_back(static_cast<size_t>(found - scenario.origins.begin()));
  }

  void ReadPage(Keys& table, Scenario& out) {
    Page page;
    const std::string host = FullHost(table.String("host").value_or(""));
    const std::string path = table.String("path").value_or("/");
    if (const auto document = RequestOf(table, "host", out, host, path)) page.document = *document;
    if (PageOf(out, page.document) != nullptr) {
      table.Fail("host", fmt::format("two pages have the document {}{}", host, path));
    }
    std::vector<std::string> hosts = {host};
    for (Keys& part : table.Tables("parts")) {
      const std::string own = part.String("host").value_or("");
      const std::string part_path = part.String("path").value_or("");
      const std::string full = own.empty() ? host : FullHost(own);
      const auto request = RequestOf(part, "path", out, full, part_path);
      const auto known = std::find(hosts.begin(), hosts.end(), full);
      page.parts.push_back({.request = request.value_or(0),
                            .count = static_cast<int>(part.Integer("count").value_or(1)),
                            .depth = static_cast<int>(part.Integer("depth").value_or(1)),
                            .cached_share = part.Number("cached").value_or(0),
                            .host = static_cast<size_t>(known - hosts.begin())});
      if (known == hosts.end()) hosts.push_back(full);
      part.Close();
    }
    table.Close();
    out.pages.push_back(std::move(page));
  }

  static std::optional<size_t> RequestOf(const Keys& table, const char* key,
                                         const Scenario& scenario, const std::string& host,
                                         const std::string& path) {
    for (size_t i = 0; i < scenario.requests.size(); ++i) {
      const RequestKind& kind = scenario.requests[i];
      if (kind.host == host && kind.path == path && !kind.kv) return i;
    }
    table.Fail(key, "expected the host and path of a [[request]] without 'kv'");
    return std::nullopt;
  }

  static void CheckWeights(const Keys& root, const Scenario& scenario) {
    const auto& requests = scenario.requests;
    if (!requests.empty() && std::none_of(requests.begin(), requests.end(),
                                          [](const auto& kind) { return kind.weight > 0; })) {
      root.Fail("request", "expected a [[request]] with a weight above 0");
    }
  }

  static std::optional<KvWorkload> ReadKv(Keys& table) {
    for (const char* key : {"method", "path", "origins"}) {
      if (table.Has("kv") && table.Has(key)) {
        table.Fail(key, "expected none beside 'kv', which says what is asked");
      }
    }
    std::optional<Keys> kv = table.Table("kv");
    if (!kv) return std::nullopt;
    KvWorkload out;
    out.keys = static_cast<uint32_t>(kv->Integer("keys").value_or(out.keys));
    out.zipf = kv->Number("zipf").value_or(out.zipf);
    out.write_share = kv->Number("write_share").value_or(out.write_share);
    out.cache_ttl = kv->Time("cache_ttl").value_or(out.cache_ttl);
    kv->Close();
    return out;
  }

  static void CheckKv(const Keys& root, const Scenario& scenario) {
    std::set<std::string> hosts;
    for (const RequestKind& kind : scenario.requests) {
      if (!kind.kv || hosts.insert(kind.host).second) continue;
      root.Fail("request",
                fmt::format("expected one [[request]] with 'kv' for {}: its keys are the "
                            "worker's",
                            kind.host));
    }
  }

  // A page has connections of its own.
  static void CheckPages(const Keys& root, const Scenario& scenario) {
    if (scenario.pages.empty()) return;
    if (scenario.clients.keep_alive) {
      root.Fail("page", "expected connection = \"new\" with [[page]], which keeps its own");
    }
    for (const Page& page : scenario.pages) {
      const auto many = [&](size_t request) { return scenario.requests[request].objects > 0; };
      if (!many(page.document) &&
          std::none_of(page.parts.begin(), page.parts.end(),
                       [&](const PagePart& part) { return many(part.request); })) {
        continue;
      }
      return root.Fail("page", "expected no 'objects' in a [[request]] of a [[page]]");
    }
  }

  std::optional<ServiceProfile> ReadService(Keys& table) {
    std::optional<Keys> service = table.Table("service");
    if (!service) return std::nullopt;
    ServiceProfile out;
    const auto ms = static_cast<float>(service->Number("ms").value_or(1));
    out.service_ms = {ms};
    out.cpu_ms = static_cast<float>(service->Number("cpu_ms").value_or(ms));
    out.cold_ms = static_cast<float>(service->Number("cold_ms").value_or(0));
    out.response_bytes = static_cast<uint32_t>(service->Integer("bytes").value_or(400));
    out.status = static_cast<uint16_t>(service->Integer("status").value_or(200));
    if (std::optional<Keys> failure = service->Table("on_error")) {
      out.on_error = {
          .ms = static_cast<float>(failure->Number("ms").value_or(ms)),
          .response_bytes = static_cast<uint32_t>(failure->Integer("bytes").value_or(400)),
          .status = static_cast<uint16_t>(failure->Integer("status").value_or(500))};
      out.on_refusal = out.on_error;
      failure->Close();
    }
    out.error_share = static_cast<float>(service->Number("error_share").value_or(0));
    service->Close();
    return out;
  }

  void ReadEvent(Keys& table, Scenario& out) {
    using enum TimelineEvent::Action;
    static constexpr std::pair<const char*, TimelineEvent::Action> kActions[] = {
        {"kill", kKill},
        {"start", kStart},
        {"drain", kDrain},
        {"undrain", kUndrain},
        {"deploy", kDeploy},
        {"purge", kPurge},
        {"resolver_outage", kResolverOutage},
        {"origin_outage", kOriginOutage},
        {"partition", kPartition},
        {"rejoin", kRejoin},
        {"slow_disk", kSlowDisk},
        {"skew", kSkew},
    };
    TimelineEvent event;
    event.at = table.TimeUntil("at", out.duration).value_or(Duration(0));
    int actions = 0;
    for (const auto& [key, action] : kActions) {
      if (std::optional<std::string> target = table.String(key)) {
        event.action = action;
        event.target = *std::move(target);
        ++actions;
        CheckTarget(table, key, out, event);
      }
    }
    actions += ReadPathFault(table, out, event);
    ReadAmount(table, event);
    event.script = table.String("name").value_or("");
    event.service = ReadService(table);
    if (std::optional<Keys> rollout = table.Table("rollout")) {
      event.rollout = std::make_shared<v1::RolloutPlan>(bundle::ReadRolloutPlan(rollout->table()));
    }
    for (const char* key : {"name", "service", "rollout"}) {
      if (event.action == kDeploy || !table.Has(key)) continue;
      table.Fail(key, "expected only beside 'deploy'");
      break;
    }
    event.lasts = table.Time("for").value_or(Duration::max());
    if (table.Has("for") && !IsNetworkFault(event.action)) {
      table.Fail("for", "expected only beside cut, loss, resolver_outage and origin_outage");
    }
    event.phase = table.String("phase").value_or("");
    if (event.phase.find_first_of(" @&<>=!.") != std::string::npos) {
      table.Fail("phase", "expected a word without spaces, such as \"dark\"");
    }
    table.Close();
    if (actions == 0 && !event.phase.empty()) {
      event.action = kPhase;
      event.target = event.phase;
      actions = 1;
    }
    if (actions != 1) {
      table.Fail("at",
                 "expected exactly one of kill, start, drain, undrain, partition, rejoin, "
                 "slow_disk, skew, deploy, purge, cut, loss, "
                 "resolver_outage and origin_outage beside 'at', or a phase alone");
    }
    out.timeline.push_back(std::move(event));
  }

  // By how much a disk is slow, or a clock wrong.
  static void ReadAmount(Keys& table, TimelineEvent& event) {
    using enum TimelineEvent::Action;
    const std::optional<Duration> by = table.Signed("by");
    if (HasAmount(event.action) != table.Has("by")) {
      return table.Fail(table.Has("by") ? "by" : ActionName(event.action),
                        "expected 'by' together with slow_disk or skew, e.g. skew = \"FRA\", by = "
                        "\"-5m\"");
    }
    event.by = std::chrono::floor<std::chrono::milliseconds>(by.value_or(Duration(0)));
    if (event.action == kSlowDisk && (event.by < Duration(0) || event.by > kSlowDiskMax)) {
      table.Fail("by", fmt::format("'by' is {}; expected 0s to {} of a slow disk",
                                   SignedDurationText(event.by), SignedDurationText(kSlowDiskMax)));
    }
  }

  // A connection says all that is wrong on its way in few bytes.
  static void CheckFaults(const Keys& root, const Scenario& scenario) {
    for (const TimelineEvent& event : scenario.timeline) {
      if (FaultsAt(scenario, event.at).size() <= net::kPathFaultsMax) continue;
      root.Fail("timeline", fmt::format("expected at most {} of cut and loss at one time",
                                        net::kPathFaultsMax));
      return;
    }
  }

  // cut, or loss with between; returns how many there are.
  int ReadPathFault(Keys& table, Scenario& scenario, TimelineEvent& event) {
    const std::optional<std::string> loss = table.String("loss");
    const std::vector<ConfigValue> cut = table.List("cut", 2), between = table.List("between", 2);
    if (table.Has("between") != table.Has("loss")) {
      table.Fail(loss ? "loss" : "between",
                 "expected 'loss' and 'between' together, e.g. loss = \"5%\", between = [\"EU\", "
                 "\"NA\"]");
    }
    if (!loss && cut.empty()) return 0;
    const char* key = loss ? "between" : "cut";
    const std::vector<ConfigValue>& parts = loss ? between : cut;
    event.action = loss ? TimelineEvent::Action::kLoss : TimelineEvent::Action::kCut;
    if (scenario.clients.keep_alive) {
      table.Fail(loss ? "loss" : "cut", "expected connection = \"new\" with a fault of paths");
    }
    if (parts.size() != 2) {
      table.Fail(key, "expected two parts of the world, e.g. [\"EU\", \"NA\"]");
      return 1 + (loss && !cut.empty());
    }
    std::string names[2];
    for (int i = 0; i < 2; ++i) {
      names[i] = parts[static_cast<size_t>(i)].AsString().value_or("");
      if (absl::Status status = net::CheckPart(places_, names[i]); !status.ok()) {
        parts[static_cast<size_t>(i)].Fail(Message(status));
      }
      WarnOfBoth(names[i], parts[static_cast<size_t>(i)].Where(), scenario.warnings);
    }
    event.fault = {.a = names[0], .b = names[1], .loss = {}};
    event.target = fmt::format("{}-{}", names[0], names[1]);
    if (loss) {
      const absl::StatusOr<net::LossRates> rates = net::ParseLossRates(*loss);
      if (rates.ok()) {
        event.fault.loss = *rates;
      } else {
        table.Fail("loss", Message(rates.status()));
      }
    }
    return 1 + (loss && !cut.empty());
  }

  // A code alone that is a continent's and a country's is read as the continent's, and said to be.
  void WarnOfBoth(std::string_view part, const std::string& where,
                  std::vector<std::string>& warnings) const {
    if (!net::IsAmbiguousPart(places_, part)) return;
    warnings.push_back(fmt::format("{}: {}", where, net::AmbiguousPartText(places_, part)));
  }

  void CheckTarget(Keys& table, const char* key, Scenario& scenario, TimelineEvent& event) {
    if (event.action == TimelineEvent::Action::kDeploy) return;
    if (event.action == TimelineEvent::Action::kOriginOutage) {
      absl::AsciiStrToLower(&event.target);
      const auto& origins = scenario.origins;
      if (std::none_of(origins.begin(), origins.end(),
                       [&](const Origin& origin) { return origin.host == event.target; })) {
        table.Fail(key, "expected the host of an [[origin]], e.g. \"api.example\"");
      }
      return;
    }
    if (event.action == TimelineEvent::Action::kPurge) {
      const auto& requests = scenario.requests;
      if (std::none_of(requests.begin(), requests.end(),
                       [&](const RequestKind& kind) { return IsOfScript(kind, event.target); })) {
        table.Fail(key, "expected the worker that a [[request]]'s host names, e.g. \"hello\"");
      }
      return;
    }
    if (event.action == TimelineEvent::Action::kResolverOutage) {
      WarnOfBoth(event.target, table.table().Where(key), scenario.warnings);
      if (net::FindPart(places_, event.target)) return;
      const absl::StatusOr<net::Place> place = places_.Find(event.target);
      if (!place.ok()) table.Fail(key, Message(place.status()));
      return;
    }
    const bool may_be_control = event.action == TimelineEvent::Action::kKill ||
                                event.action == TimelineEvent::Action::kStart;
    if (may_be_control && event.target == kControlPlane) return;
    absl::StatusOr<const net::PopSite*> site = places_.pops().Get(event.target);
    if (site.ok()) {
      event.target = (*site)->iata;
    } else {
      table.Fail(key, Message(site.status()));
    }
  }

  void ReadAssertions(Keys& root, Scenario& out) {
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
      if (absl::Status status = CheckAssertion(*assertion, out, places_); !status.ok()) {
        value.Fail(Message(status));
      }
      for (const std::string_view selector : assertion->Selectors()) {
        WarnOfBoth(selector, value.Where(), out.warnings);
      }
      out.assertions.push_back(*std::move(assertion));
    }
  }

  ConfigFile& file_;
  const net::Places& places_;
  std::string zone_;
  const ScenarioLimits& limits_;
};

}  // namespace

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
