#include "cli/commands/run_feed.h"

#include <cmath>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/report/typical.h"

namespace terrella::cli {
namespace {

constexpr Duration kTellEvery = std::chrono::milliseconds(500);
// As runs.proto takes.
constexpr size_t kEventsMax = 256, kAssertionsMax = 256, kPageBytesMax = 8 << 20;
constexpr size_t kTextBytesMax = 200;

std::string MakeId() {
  char bytes[16];
  FillRandom(bytes, sizeof bytes);
  return ToHex({bytes, sizeof bytes});
}

std::string Short(std::string_view text) {
  if (text.size() <= kTextBytesMax) return std::string(text);
  // Not within a character.
  size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

double OrZero(double ms) {
  return std::isnan(ms) ? 0 : ms;
}

void Fill(const sim::LiveFigures::Group& group, v1::RunFigures& out) {
  out.set_requests(group.requests);
  out.set_failed(group.failed);
  out.set_p50_ms(OrZero(sim::QuantileMs(group.felt_us, 0.5)));
  out.set_p95_ms(OrZero(sim::QuantileMs(group.felt_us, 0.95)));
}

void Fill(const sim::GroupRow& row, v1::RunFigures& out) {
  out.set_requests(row.requests);
  out.set_failed(row.errors);
  out.set_p50_ms(OrZero(row.p50_ms));
  out.set_p95_ms(OrZero(row.p95_ms));
}

bool IsOfPop(sim::TimelineEvent::Action action) {
  using enum sim::TimelineEvent::Action;
  return action == kKill || action == kStart || action == kDrain || action == kUndrain;
}

v1::Run PlannedRun(const sim::Scenario& scenario, const std::string& how) {
  v1::Run run;
  run.set_id(MakeId());
  run.set_name(Short(scenario.name));
  run.set_how(how);
  run.set_state(v1::Run::RUNNING);
  run.set_duration_s(ToMs(scenario.duration) / 1000);
  for (const sim::TimelineEvent& event : scenario.timeline) {
    if (static_cast<size_t>(run.timeline_size()) == kEventsMax) break;
    v1::RunEvent& out = *run.add_timeline();
    out.set_at_s(ToMs(event.at) / 1000);
    out.set_action(Short(EventText(event)));
    if (IsOfPop(event.action)) out.set_target(event.target);
  }
  for (const sim::Assertion& assertion : scenario.assertions) {
    if (static_cast<size_t>(run.assertions_size()) == kAssertionsMax) break;
    run.add_assertions()->set_text(Short(assertion.text));
  }
  return run;
}

void Judge(const sim::AssertionRow& row, v1::RunAssertion& out) {
  if (row.skipped) return;
  out.set_verdict(row.holds ? v1::RunAssertion::HOLDS : v1::RunAssertion::FAILS);
  out.set_is(std::isnan(row.actual) ? "nothing" : fmt::format("{:.4g}", row.actual));
}

}  // namespace

RunFeed::RunFeed(const Invocation& in, const ClusterRecord& record, const sim::Scenario& scenario,
                 const std::string& how)
    : run_(PlannedRun(scenario, how)),
      publisher_({.address = record.control_address(),
                  .tls = rpc::TlsFiles::Of(record.operator_identity, {}, {}),
                  .token = in.token}) {}

void RunFeed::TellTimeline(const std::vector<sim::EventRecord>& events) {
  for (v1::RunEvent& planned : *run_.mutable_timeline()) planned.set_done(false);
  for (const sim::EventRecord& event : events) {
    const std::string action = Short(event.action);
    for (v1::RunEvent& planned : *run_.mutable_timeline()) {
      if (planned.done() || planned.action() != action) continue;
      planned.set_done(true);
      planned.set_at_s(ToMs(event.at) / 1000);
      planned.set_trouble(event.ok ? "" : Short(event.detail));
      break;
    }
  }
}

void RunFeed::Tell(const sim::Driver& driver) {
  const MonotonicTime now = SystemClock().Now();
  if (now - told_at_ < kTellEvery) return;
  told_at_ = now;
  const sim::LiveFigures& figures = driver.figures();
  run_.set_elapsed_s(ToMs(driver.progress().elapsed) / 1000);
  Fill(figures.total(), *run_.mutable_total());
  run_.clear_regions();
  for (int i = 0; i <= static_cast<int>(net::Continent::kSouthAmerica); ++i) {
    const auto continent = static_cast<net::Continent>(i);
    if (figures.Of(continent).requests == 0) continue;
    v1::RunFigures& region = *run_.add_regions();
    region.set_name(std::string(sim::ContinentName(continent)));
    Fill(figures.Of(continent), region);
  }
  TellTimeline(driver.events());
  v1::PublishRunRequest word;
  *word.mutable_run() = run_;
  publisher_.Tell(std::move(word));
}

absl::Status RunFeed::End(const sim::Report& report, bool interrupted, std::string page) {
  run_.set_state(interrupted       ? v1::Run::INTERRUPTED
                 : report.passed() ? v1::Run::PASSED
                                   : v1::Run::FAILED);
  if (!interrupted) run_.set_elapsed_s(run_.duration_s());
  Fill(report.total, *run_.mutable_total());
  run_.clear_regions();
  for (const sim::GroupRow& row : report.continents) {
    v1::RunFigures& region = *run_.add_regions();
    region.set_name(row.name);
    Fill(row, region);
  }
  TellTimeline(report.events);
  for (int i = 0; i < run_.assertions_size(); ++i) {
    Judge(report.assertions[static_cast<size_t>(i)], *run_.mutable_assertions(i));
  }
  v1::PublishRunRequest word;
  *word.mutable_run() = run_;
  if (page.size() <= kPageBytesMax) word.set_report_html(std::move(page));
  publisher_.Tell(std::move(word));
  return publisher_.Finish();
}

}  // namespace terrella::cli
