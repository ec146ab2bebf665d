#include "cli/commands/rollout_text.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands/version_shares.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration kPatience = std::chrono::hours(24 * 30);
constexpr auto kRetryEvery = std::chrono::milliseconds(300);

std::string_view PhaseText(v1::RolloutProgress::Phase phase) {
  switch (phase) {
    case v1::RolloutProgress::CONVERGING:
      return "converging";
    case v1::RolloutProgress::BAKING:
      return "baking";
    case v1::RolloutProgress::HOLDING:
      return "holding";
    case v1::RolloutProgress::PAUSED:
      return "paused";
    case v1::RolloutProgress::ENDED:
      return "ended";
    default:
      return "unknown";
  }
}

std::string_view VerdictText(v1::GateReading::Verdict verdict) {
  switch (verdict) {
    case v1::GateReading::PASSES:
      return "passes";
    case v1::GateReading::WAITS:
      return "waits";
    case v1::GateReading::TRIPPED:
      return "tripped";
    default:
      return "unknown";
  }
}

Json FiguresJson(const v1::WaveFigures& figures) {
  auto version = [](const v1::VersionFigures& one) {
    return Json{{"requests", one.requests()},
                {"errors", one.errors()},
                {"error_rate", one.error_rate()},
                {"p99_ms", one.p99_ms()},
                {"cpu_kills", one.cpu_kills()}};
  };
  Json gates = Json::array();
  for (const v1::GateReading& gate : figures.gates()) {
    gates.push_back({{"gate", gate.gate()},
                     {"verdict", VerdictText(gate.verdict())},
                     {"new", gate.new_value()},
                     {"old", gate.old_value()},
                     {"limit", gate.limit()},
                     {"p_value", gate.p_value()},
                     {"alpha", gate.alpha()},
                     {"text", gate.text()}});
  }
  return {{"window_ms", figures.window_ms()},
          {"nodes", figures.nodes()},
          {"new", version(figures.new_version())},
          {"old", version(figures.old_version())},
          {"gates", std::move(gates)}};
}

// Of the wave, when an event has them.
const v1::WaveFigures* FiguresOf(const v1::Rollout& rollout, int wave) {
  for (int i = 1; i < rollout.events_size(); ++i) {
    const v1::RolloutEvent& event = rollout.events(i);
    const bool ends_it = static_cast<int>(event.wave()) == wave + 1 ||
                         (static_cast<int>(event.wave()) == wave && i + 1 == rollout.events_size());
    if (ends_it && event.has_figures()) return &event.figures();
  }
  return nullptr;
}

std::string WaveState(const v1::RolloutProgress& progress, int wave) {
  const v1::Rollout& rollout = progress.rollout();
  const auto reached = static_cast<int>(rollout.wave());
  if (wave > reached) return "";
  const v1::WaveFigures* figures = FiguresOf(rollout, wave);
  const std::string with = figures == nullptr ? "" : ": " + FiguresText(*figures);
  if (wave < reached) return "passed" + with;
  if (progress.phase() != v1::RolloutProgress::ENDED) {
    const std::string line = ProgressLine(progress);
    return line.substr(line.find(", ") + 2);
  }
  return std::string(StateText(rollout.state())) + with;
}

}  // namespace

std::string_view StateText(v1::Rollout::State state) {
  switch (state) {
    case v1::Rollout::RUNNING:
      return "running";
    case v1::Rollout::PAUSED:
      return "paused";
    case v1::Rollout::DONE:
      return "done";
    case v1::Rollout::ROLLED_BACK:
      return "rolled back";
    case v1::Rollout::ABORTED:
      return "aborted";
    case v1::Rollout::SUPERSEDED:
      return "superseded";
    default:
      return "unknown";
  }
}

std::string WaveText(const v1::Wave& wave) {
  std::vector<std::string> names(wave.scope().pops().begin(), wave.scope().pops().end());
  names.insert(names.end(), wave.scope().continents().begin(), wave.scope().continents().end());
  return fmt::format("{} {}", names.empty() ? "all" : fmt::format("{}", fmt::join(names, "+")),
                     PercentText(wave.basis_points()));
}

std::string FiguresText(const v1::WaveFigures& figures) {
  const v1::VersionFigures& a = figures.new_version();
  const v1::VersionFigures& b = figures.old_version();
  std::string text = fmt::format("{} requests beside {}", a.requests(), b.requests());
  if (a.requests() == 0 || b.requests() == 0) return text;
  text += fmt::format("; errors {:.2f} % beside {:.2f} %, p99 {:.1f} ms beside {:.1f} ms",
                      100 * a.error_rate(), 100 * b.error_rate(), a.p99_ms(), b.p99_ms());
  if (a.cpu_kills() + b.cpu_kills() > 0) {
    text += fmt::format(", {} CPU kills beside {}", a.cpu_kills(), b.cpu_kills());
  }
  return text;
}

std::string ProgressLine(const v1::RolloutProgress& progress) {
  const v1::Rollout& rollout = progress.rollout();
  std::string text =
      fmt::format("wave {} of {}: {}, {}", rollout.wave() + 1, rollout.plan().waves_size(),
                  WaveText(rollout.plan().waves(static_cast<int>(rollout.wave()))),
                  PhaseText(progress.phase()));
  if (progress.phase() == v1::RolloutProgress::BAKING) {
    text += fmt::format(", {:.1f} s left", static_cast<double>(progress.bake_left_ms()) / 1000);
  }
  const v1::Convergence& nodes = progress.convergence();
  text += fmt::format(", {}/{} nodes", nodes.acked(), nodes.total());
  if (!progress.why().empty()) text += "; " + progress.why();
  if (progress.figures().gates_size() > 0) text += "; " + FiguresText(progress.figures());
  return text;
}

std::string RolloutTable(const v1::RolloutProgress& progress) {
  const v1::Rollout& rollout = progress.rollout();
  std::string text =
      fmt::format("{}  {}  {} over {}{}\n", rollout.id(), StateText(rollout.state()),
                  rollout.new_version().substr(0, 12), rollout.old_version().substr(0, 12),
                  rollout.message().empty() ? "" : fmt::format("  \"{}\"", rollout.message()));
  for (int i = 0; i < rollout.plan().waves_size(); ++i) {
    std::string line = fmt::format("  {}  {:<14}{}", i + 1, WaveText(rollout.plan().waves(i)),
                                   WaveState(progress, i));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  if (rollout.ended_unix_ms() != 0 && !rollout.events().empty()) {
    const v1::RolloutEvent& end = *rollout.events().rbegin();
    text +=
        fmt::format("  {} after {:.1f} s{}{}\n", StateText(rollout.state()),
                    static_cast<double>(rollout.ended_unix_ms() - rollout.started_unix_ms()) / 1000,
                    end.text().empty() ? "" : ": ", end.text());
  }
  return text;
}

Json RolloutJson(const v1::Rollout& rollout) {
  Json waves = Json::array(), events = Json::array();
  for (const v1::Wave& wave : rollout.plan().waves()) {
    waves.push_back(
        {{"place", wave.place()},
         {"pops", std::vector<std::string>(wave.scope().pops().begin(), wave.scope().pops().end())},
         {"continents", std::vector<std::string>(wave.scope().continents().begin(),
                                                 wave.scope().continents().end())},
         {"percent", wave.basis_points() / 100.0},
         {"bake_ms", wave.bake_ms()}});
  }
  for (const v1::RolloutEvent& event : rollout.events()) {
    Json one = {{"unix_ms", event.unix_ms()},
                {"kind", event.kind()},
                {"wave", event.wave() + 1},
                {"deployment", event.deployment_id()},
                {"text", event.text()}};
    if (event.has_figures()) one["figures"] = FiguresJson(event.figures());
    events.push_back(std::move(one));
  }
  return {{"id", rollout.id()},
          {"script", rollout.script()},
          {"state", StateText(rollout.state())},
          {"new_version", rollout.new_version()},
          {"old_version", rollout.old_version()},
          {"wave", rollout.wave() + 1},
          {"waves", std::move(waves)},
          {"message", rollout.message()},
          {"revision", rollout.revision()},
          {"started_unix_ms", rollout.started_unix_ms()},
          {"wave_unix_ms", rollout.wave_unix_ms()},
          {"ended_unix_ms", rollout.ended_unix_ms()},
          {"events", std::move(events)}};
}

Json ProgressJson(const v1::RolloutProgress& progress) {
  Json json = RolloutJson(progress.rollout());
  json["phase"] = PhaseText(progress.phase());
  json["why"] = progress.why();
  json["bake_left_ms"] = progress.bake_left_ms();
  if (progress.phase() == v1::RolloutProgress::ENDED) return json;
  json["figures"] = FiguresJson(progress.figures());
  const v1::Convergence& nodes = progress.convergence();
  Json rejected = Json::array();
  for (const v1::NodeRejection& one : nodes.rejected()) {
    rejected.push_back({{"node", one.node()}, {"code", one.code()}, {"detail", one.detail()}});
  }
  json["nodes"] = {
      {"acked", nodes.acked()},
      {"total", nodes.total()},
      {"lagging", std::vector<std::string>(nodes.lagging().begin(), nodes.lagging().end())},
      {"rejected", std::move(rejected)}};
  return json;
}

namespace {

// Says what is new since the last call.
class Teller {
 public:
  Teller(Invocation& in, bool json_lines) : in_(in), json_lines_(json_lines) {}
  void Tell(const v1::RolloutProgress& progress) {
    if (json_lines_) return in_.out.Data("{}", ProgressJson(progress).dump());
    const v1::Rollout& rollout = progress.rollout();
    // A wave that is over gets its line for good.
    for (; told_ < static_cast<int>(rollout.wave()); ++told_) {
      in_.out.Talk("  {}  {:<14}{}", told_ + 1, WaveText(rollout.plan().waves(told_)),
                   WaveState(progress, told_));
    }
    if (progress.phase() != v1::RolloutProgress::ENDED) {
      in_.out.Progress(ProgressLine(progress));
      // Elsewhere than on a terminal progress is not seen, but why it waits must be.
      if (!in_.out.talk_is_terminal() && !progress.why().empty() && progress.why() != why_ &&
          progress.phase() == v1::RolloutProgress::HOLDING) {
        in_.out.Talk("  {}  {:<14}holding: {}", told_ + 1, WaveText(rollout.plan().waves(told_)),
                     progress.why());
      }
      why_ = progress.why();
    }
  }

 private:
  Invocation& in_;
  const bool json_lines_;
  int told_ = 0;
  std::string why_;
};

}  // namespace

ExitCode FollowRollout(Invocation& in, ControlClient& client, const std::string& script,
                       const std::string& rollout_id, bool json_lines, v1::RolloutProgress* last) {
  Interrupt interrupt;
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + in.args.Time("--timeout", kPatience);
  v1::WatchRolloutRequest request;
  request.set_script(script);
  request.set_rollout_id(rollout_id);
  Teller teller(in, json_lines);
  absl::Status status;
  while (true) {
    const auto done = client.WatchRollout(request, deadline - clock.Now(), &interrupt,
                                          [&](const v1::RolloutProgress& progress) {
                                            *last = progress;
                                            request.set_rollout_id(progress.rollout().id());
                                            teller.Tell(progress);
                                          });
    status = done.status();
    const bool ended = last->phase() == v1::RolloutProgress::ENDED;
    if (ended) break;
    // The control plane may come back; nothing is decided without it.
    const bool gone = status.ok() || status.code() == absl::StatusCode::kUnavailable;
    if (!gone || last->rollout().id().empty() || clock.Now() > deadline) break;
    in.out.Progress("waiting for the control plane");
    if (interrupt.Wait(static_cast<int>(kRetryEvery.count()))) {
      status = absl::CancelledError("interrupted");
      break;
    }
  }
  in.out.ClearProgress();
  if (last->phase() != v1::RolloutProgress::ENDED) {
    if (status.code() != absl::StatusCode::kDeadlineExceeded &&
        status.code() != absl::StatusCode::kCancelled) {
      return in.out.Fail(status);
    }
    return in.out.Fail(
        ExitCodeFor(status), "{}: rollout {} goes on without this command",
        status.code() == absl::StatusCode::kCancelled ? "interrupted" : "wait timed out",
        last->rollout().id());
  }
  const v1::Rollout& rollout = last->rollout();
  const double seconds =
      static_cast<double>(rollout.ended_unix_ms() - rollout.started_unix_ms()) / 1000;
  if (rollout.state() == v1::Rollout::DONE) {
    in.out.Talk("{}", in.out.TalkStyled(
                          Style::kGreen,
                          fmt::format("{} is done in {:.1f} s: {} has all requests", rollout.id(),
                                      seconds, rollout.new_version().substr(0, 12))));
    return ExitCode::kOk;
  }
  return in.out.Fail(
      rollout.state() == v1::Rollout::ROLLED_BACK ? ExitCode::kRolledBack : ExitCode::kFailed,
      "{} was {} in wave {} of {} ({}) after {:.1f} s: {}", rollout.id(),
      StateText(rollout.state()), rollout.wave() + 1, rollout.plan().waves_size(),
      WaveText(rollout.plan().waves(static_cast<int>(rollout.wave()))), seconds, last->why());
}

}  // namespace terrella::cli
