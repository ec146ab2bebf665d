// dns top: what the DNS routers are asked and answer, live.
#include <algorithm>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/app/screen.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_routers.h"
#include "cli/top/dashboard.h"
#include "cli/top/traffic_rates.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kHistoryMax = 512;  // wider than any screen
constexpr Duration kCallTimeout = std::chrono::seconds(1);
constexpr int kPlainLines = 40;

// The routers, asked again and again.
class Watch {
 public:
  Watch(std::vector<DialedServer> servers, uint32_t rows) : rows_(rows) {
    for (DialedServer& server : servers) routers_.push_back({std::move(server), {}, {}});
  }

  // Asks all of them; what happened since the last time.
  TrafficRates Ask() {
    TrafficRates sum;
    v1::GetTrafficRequest request;
    request.set_rows_max(rows_);
    for (Router& router : routers_) {
      auto now = GetTraffic(router.server, request, kCallTimeout);
      router.status = now.status();
      if (!now.ok()) {
        router.last.reset();
        continue;
      }
      if (router.last) Add(sum, RatesBetween(*router.last, *now));
      router.last = *std::move(now);
    }
    return sum;
  }

  // Ok when any answers; else why the first one does not.
  absl::Status status() const {
    for (const Router& router : routers_) {
      if (router.status.ok()) return absl::OkStatus();
    }
    return routers_.front().status;
  }
  // "" when all answer.
  std::string Trouble() const {
    const auto silent =
        std::count_if(routers_.begin(), routers_.end(), [](auto& r) { return !r.status.ok(); });
    if (silent == 0) return "";
    return fmt::format("{} of {} routers do not answer", silent, routers_.size());
  }

 private:
  struct Router {
    DialedServer server;
    std::optional<v1::GetTrafficResponse> last;
    absl::Status status;
  };
  const uint32_t rows_;
  std::vector<Router> routers_;
};

std::string TimeOfDay() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string text = FormatTime(ms);  // "2026-11-23 19:40:06"
  return text.substr(text.find(' ') + 1);
}

Json ItemsJson(const std::map<std::string, TrafficRates::Item>& items) {
  Json out = Json::array();
  for (const auto& [what, item] : Ranked(items)) {
    out.push_back({{"what", what}, {"per_s", item.per_s}, {"per_s_error", item.per_s_error}});
  }
  return out;
}

Json RatesJson(const TrafficRates::Rates& rates) {
  Json out = Json::object();
  for (const auto& [what, per_s] : Ranked(rates)) out[what] = per_s;
  return out;
}

Json ToJson(const TrafficRates& rates) {
  Json nodes = Json::array();
  for (const auto& [id, node] : Ranked(rates.nodes)) {
    nodes.push_back({{"node", id},
                     {"state", StateName(node.state)},
                     {"load", node.load},
                     {"answers_per_s", node.answers_per_s}});
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {{"time_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()},
          {"routers", rates.routers},
          {"zone", rates.zone},
          {"view_serial", rates.view_serial},
          {"queries_per_s", rates.queries_per_s},
          {"answers_per_s", rates.answers_per_s},
          {"truncated_per_s", rates.truncated_per_s},
          {"limited_per_s", rates.slipped_per_s},
          {"with_subnet_per_s", rates.with_subnet_per_s},
          {"transports", RatesJson(rates.transports)},
          {"rcodes", RatesJson(rates.rcodes)},
          {"types", RatesJson(rates.types)},
          {"drops", RatesJson(rates.drops)},
          {"nodes", std::move(nodes)},
          {"sampled_per_s", rates.sampled_per_s},
          {"sampled_in_cells_per_s", rates.sampled_in_cells_per_s},
          {"names", ItemsJson(rates.names)},
          {"networks", ItemsJson(rates.networks)},
          {"cells", ItemsJson(rates.cells)}};
}

// Two looks, one interval apart.
ExitCode RunOnce(Invocation& in, Watch& watch, int interval_ms, Interrupt& interrupt) {
  watch.Ask();
  if (!watch.status().ok()) return in.out.Fail(watch.status());
  if (interrupt.Wait(interval_ms)) return ExitCode::kInterrupted;
  const TrafficRates rates = watch.Ask();
  if (!watch.status().ok()) return in.out.Fail(watch.status());
  if (in.out.json()) {
    in.out.Data("{}", ToJson(rates).dump(2));
    return ExitCode::kOk;
  }
  const DashboardOptions options{
      .columns = static_cast<size_t>(in.out.options().columns),
      .lines = kPlainLines,
      .color = in.out.options().color && in.out.options().data_is_terminal,
      .time = TimeOfDay(),
      .trouble = watch.Trouble()};
  for (const std::string& line : DrawDashboard(rates, {rates.queries_per_s}, options)) {
    in.out.Data("{}", line);
  }
  return ExitCode::kOk;
}

// An object a line, for ever.
ExitCode RunJson(Invocation& in, Watch& watch, int interval_ms, Interrupt& interrupt) {
  watch.Ask();
  if (!watch.status().ok()) return in.out.Fail(watch.status());
  while (!interrupt.Wait(interval_ms)) in.out.Data("{}", ToJson(watch.Ask()).dump());
  return ExitCode::kOk;
}

ExitCode RunLive(Invocation& in, Watch& watch, int interval_ms, Interrupt& interrupt) {
  watch.Ask();
  if (!watch.status().ok()) return in.out.Fail(watch.status());
  Screen screen(in.out.options().data, interrupt);
  TrafficRates rates;
  std::deque<double> history;
  const SystemClock clock;
  MonotonicTime due = clock.Now() + std::chrono::milliseconds(std::min(interval_ms, 250));
  while (true) {
    if (clock.Now() >= due) {
      rates = watch.Ask();
      history.push_back(rates.queries_per_s);
      if (history.size() > kHistoryMax) history.pop_front();
      due = clock.Now() + std::chrono::milliseconds(interval_ms);
    }
    const Screen::Size size = screen.size();
    screen.Draw(DrawDashboard(rates, history,
                              {.columns = size.columns,
                               .lines = size.lines,
                               .color = in.out.options().color,
                               .time = TimeOfDay(),
                               .trouble = watch.Trouble()}));
    const double left_ms = std::max(ToMs(due - clock.Now()), 0.0);
    char key = 0;
    const Screen::Event event = screen.Wait(static_cast<int>(left_ms) + 1, &key);
    if (event == Screen::Event::kInterrupted) return ExitCode::kOk;
    if (event == Screen::Event::kKey && (key == 'q' || key == 'Q')) return ExitCode::kOk;
  }
}

ExitCode Run(Invocation& in) {
  auto addresses = RouterAdmins(in);
  if (!addresses.ok()) return FailWithoutRouters(in, addresses.status());
  const Duration interval = in.args.Time("--interval", std::chrono::seconds(1));
  const int interval_ms = static_cast<int>(ToMs(interval));
  if (interval_ms < 100 || interval_ms > 600'000) {
    return in.out.Fail(ExitCode::kUsage, "dns top: --interval: expected 100ms to 10m");
  }
  Interrupt interrupt;  // before gRPC's threads
  Watch watch(*std::move(addresses), static_cast<uint32_t>(in.args.Number("--rows", 64)));
  const bool once = in.args.Has("--once");
  if (in.out.json() && !once) return RunJson(in, watch, interval_ms, interrupt);
  if (once || !in.out.options().data_is_terminal) {
    return RunOnce(in, watch, interval_ms, interrupt);
  }
  return RunLive(in, watch, interval_ms, interrupt);
}

}  // namespace

Command DnsTopCommand() {
  return {.name = "dns top",
          .group = "Requests",
          .summary = "what the DNS routers are asked and how they answer, live",
          .details =
              "Rates a second of all routers of the cluster together: codes, types, what was lost, "
              "and\n"
              "the names, client networks, ECS cells and nodes with the most. Lists are samples of "
              "the\n"
              "last ten to twenty seconds; '~' marks what may be a tenth less. q or Ctrl-C ends "
              "it. Not\n"
              "on a terminal it prints once; with --json an object a line, until interrupted.",
          .flags = {RouterFlag(/*repeatable=*/true),
                    RouterPlaintextFlag(),
                    {.name = "--interval",
                     .letter = 'i',
                     .value = "TIME",
                     .help = "between two looks (default 1s)",
                     .kind = ValueKind::kDuration},
                    {.name = "--once", .help = "one interval, then end"},
                    {.name = "--rows",
                     .value = "N",
                     .help = "how many names, networks and cells to ask for (default 64)",
                     .kind = ValueKind::kNumber,
                     .min = 1,
                     .max = 128}},
          .examples = {{"terrella dns top", "a page that is renewed every second"},
                       {"terrella dns top --once --json", "the rates of one second, for a script"}},
          .run = Run};
}

}  // namespace terrella::cli
