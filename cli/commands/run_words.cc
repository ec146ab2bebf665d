#include "cli/commands/run_words.h"

#include "base/digest.h"
#include "base/random.h"
#include "base/utf8.h"

namespace terrella::cli {
namespace {

// As runs.proto takes. So many texts of such a length fit into a run.
constexpr size_t kEventsMax = 256, kAssertionsMax = 256;
constexpr size_t kTextBytesMax = 120, kTargetBytesMax = 16;

std::string MakeId() {
  return ToHex(RandomBytes(16));
}

// What a process complained of may be any bytes.
std::string Short(std::string_view text) {
  return Utf8Text(text, kTextBytesMax) + (text.size() > kTextBytesMax ? "…" : "");
}

bool IsOfPop(sim::TimelineEvent::Action action) {
  using enum sim::TimelineEvent::Action;
  return action == kKill || action == kStart || action == kDrain || action == kUndrain ||
         action == kPartition || action == kRejoin || action == kSlowDisk || action == kSkew;
}

}  // namespace

v1::Run PlannedRun(const sim::Scenario& scenario, const std::string& how, RunsOn on) {
  v1::Run run;
  run.set_id(MakeId());
  run.set_name(Short(scenario.name));
  run.set_how(Short(how));
  run.set_state(v1::Run::RUNNING);
  run.set_duration_s(ToMs(scenario.duration) / 1000);
  for (const sim::TimelineEvent& event : scenario.timeline) {
    if (static_cast<size_t>(run.timeline_size()) == kEventsMax) break;
    v1::RunEvent& out = *run.add_timeline();
    out.set_at_s(ToMs(event.at) / 1000);
    out.set_action(Short(EventText(event)));
    if (on == RunsOn::kCluster && IsOfPop(event.action))
      out.set_target(Utf8Text(event.target, kTargetBytesMax));
  }
  for (const sim::Assertion& assertion : scenario.assertions) {
    if (static_cast<size_t>(run.assertions_size()) == kAssertionsMax) break;
    run.add_assertions()->set_text(Short(assertion.text));
  }
  return run;
}

void TellTimeline(const std::vector<sim::EventRecord>& events, v1::Run& run) {
  for (v1::RunEvent& planned : *run.mutable_timeline()) planned.set_done(false);
  for (const sim::EventRecord& event : events) {
    const std::string action = Short(event.action);
    for (v1::RunEvent& planned : *run.mutable_timeline()) {
      if (planned.done() || planned.action() != action) continue;
      planned.set_done(true);
      planned.set_at_s(ToMs(event.at) / 1000);
      planned.set_trouble(event.ok ? "" : Short(event.detail));
      break;
    }
  }
}

void TellTimelineUntil(Duration reached, v1::Run& run) {
  for (v1::RunEvent& planned : *run.mutable_timeline()) {
    planned.set_done(planned.at_s() < ToMs(reached) / 1000);
  }
}

}  // namespace terrella::cli
