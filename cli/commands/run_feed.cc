#include "cli/commands/run_feed.h"

#include <cmath>

#include "base/status.h"
#include "sim/report/typical.h"

namespace terrella::cli {
namespace {

constexpr size_t kPageBytesMax = 8 << 20;  // as runs.proto takes

double OrZero(double ms) {
  return std::isfinite(ms) ? ms : 0;
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

void Judge(const sim::AssertionRow& row, v1::RunAssertion& out) {
  out.clear_verdict();
  out.clear_is();
  if (row.skipped) return;
  out.set_verdict(row.holds ? v1::RunAssertion::HOLDS : v1::RunAssertion::FAILS);
  out.set_is(std::isnan(row.actual) ? "nothing" : fmt::format("{:.4g}", row.actual));
}

}  // namespace

RunFeed::RunFeed(const Invocation& in, const ClusterRecord& record, const sim::Scenario& scenario,
                 const std::string& how, RunsOn on)
    : run_(PlannedRun(scenario, how, on)),
      publisher_({.address = record.control_address(),
                  .tls = rpc::TlsFiles::Of(record.operator_identity, {}, {}),
                  .token = in.token}) {}

RunFeed::~RunFeed() {
  if (!told_ || ended_) return;
  run_.set_state(v1::Run::INTERRUPTED);
  Send();
  publisher_.Finish().IgnoreError();  // why the run ends is what the command complains of
}

void RunFeed::Tell(const sim::Driver& driver) {
  const MonotonicTime now = SystemClock().Now();
  if (now - told_at_ < kTellEvery) return;
  told_at_ = now;
  const sim::LiveFigures& figures = driver.figures();
  run_.set_elapsed_s(ToMs(driver.progress().elapsed) / 1000);
  Fill(figures.total(), *run_.mutable_total());
  run_.clear_regions();
  for (size_t i = 0; i < net::kContinentCount; ++i) {
    const auto continent = static_cast<net::Continent>(i);
    if (figures.Of(continent).requests == 0) continue;
    v1::RunFigures& region = *run_.add_regions();
    region.set_name(std::string(net::ContinentName(continent)));
    Fill(figures.Of(continent), region);
  }
  TellTimeline(driver.results().events(), run_);
  if (judge_ != nullptr) {
    judge_->Look(driver.results(), driver.kv_records(), driver.progress().elapsed);
    if (const auto standing = judge_->standing()) TellAssertions(standing->assertions);
  }
  told_ = true;
  Send();
}

void RunFeed::Tell(const sim::EngineProgress& progress) {
  const Duration reached = progress.reached;
  run_.set_elapsed_s(ToMs(reached) / 1000);
  run_.mutable_total()->set_requests(progress.requests);
  TellTimelineUntil(reached, run_);
  told_ = true;
  Send();
}

void RunFeed::TellAssertions(const std::vector<sim::AssertionRow>& rows) {
  for (int i = 0; i < run_.assertions_size(); ++i) {
    Judge(rows[static_cast<size_t>(i)], *run_.mutable_assertions(i));
  }
}

void RunFeed::Send(std::string page) {
  v1::PublishRunRequest word;
  *word.mutable_run() = run_;
  if (page.size() <= kPageBytesMax) word.set_report_html(std::move(page));
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
  TellTimeline(report.events, run_);
  TellAssertions(report.assertions);
  ended_ = true;
  Send(std::move(page));
  return publisher_.Finish();
}

}  // namespace terrella::cli
