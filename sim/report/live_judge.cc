#include "sim/report/live_judge.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <ctime>

#include "base/check.h"

namespace terrella::sim {
namespace {

// A pass of one part of a run is followed by so many of rest.
constexpr int kRestPerWork = 50;

// By this thread, so far: waiting for the processor is no work.
Duration Worked() {
  timespec now{};
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

bool HasBegun(const std::string& phase, const Scenario& scenario, Duration elapsed) {
  if (phase.empty()) return true;
  for (const Phase& known : PhasesOf(scenario)) {
    if (known.name == phase) return known.from < elapsed;
  }
  return false;
}

template <class T>
void AppendNew(const std::vector<T>& all, size_t* seen, std::vector<T>* out) {
  out->insert(out->end(), all.begin() + static_cast<ptrdiff_t>(*seen), all.end());
  *seen = all.size();
}

}  // namespace

std::vector<AssertionRow> JudgeSoFar(const Scenario& scenario, const Results& results,
                                     Duration elapsed, const Baseline* baseline) {
  std::vector<AssertionRow> out;
  for (const Assertion& assertion : scenario.assertions) {
    AssertionRow row{.text = assertion.text, .skipped = true};
    if (!results.samples().empty() && HasBegun(assertion.phase, scenario, elapsed)) {
      row = JudgeAssertion(assertion, scenario, results, baseline);
      row.skipped |= std::isnan(row.actual);
    }
    out.push_back(std::move(row));
  }
  return out;
}

LiveJudge::LiveJudge(const Scenario& scenario, std::shared_ptr<const net::Places> places,
                     std::optional<Baseline> baseline, Options options)
    : scenario_(scenario),
      baseline_(std::move(baseline)),
      options_(options),
      results_(std::move(places)),
      thread_([this] { Work(); }) {}

LiveJudge::~LiveJudge() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LiveJudge::Look(const Results& results, const std::vector<KvRecord>& kv, Duration elapsed) {
  {
    // The other thread may have lost the processor while it held this: then next time.
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    AppendNew(results.pops(), &seen_.pops, &news_.pops);
    AppendNew(results.versions(), &seen_.versions, &news_.versions);
    AppendNew(results.samples(), &seen_.samples, &news_.samples);
    AppendNew(results.pages(), &seen_.pages, &news_.pages);
    AppendNew(kv, &seen_.kv, &news_.kv);
    // Kept by time, so a new one is not the last; there are few.
    if (results.events().size() != seen_.events) news_.events = results.events();
    seen_.events = results.events().size();
    news_.elapsed = elapsed;
    news_.any = true;
  }
  changed_.notify_all();
}

std::shared_ptr<const LiveJudge::Standing> LiveJudge::standing() const {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock ? standing_ : nullptr;
}

void LiveJudge::TakeOver(News news) {
  for (const std::string& pop : news.pops) results_.PopIndex(pop);
  for (const std::string& version : news.versions) results_.VersionIndex(version);
  for (const Sample& sample : news.samples) results_.Add(sample);
  for (const Sample& page : news.pages) results_.AddPage(page);
  if (!news.kv.empty()) {
    kv_.insert(kv_.end(), news.kv.begin(), news.kv.end());
    results_.set_kv(std::make_shared<KvResults>(kv_));
  }
  if (!news.events.empty()) results_.SetEvents(std::move(news.events));
  elapsed_ = news.elapsed;
}

void LiveJudge::Work() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);  // refused: it is as others are
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || news_.any; });
    if (over_) return;
    News news = std::exchange(news_, {});
    lock.unlock();
    const Duration before = Worked();
    TakeOver(std::move(news));
    auto standing = std::make_shared<Standing>();
    standing->requests = results_.samples().size();
    standing->assertions =
        JudgeSoFar(scenario_, results_, elapsed_, baseline_ ? &*baseline_ : nullptr);
    const Duration worked = Worked() - before;
    lock.lock();
    standing_ = std::move(standing);
    changed_.wait_for(lock, std::max(options_.rest_min, kRestPerWork * worked),
                      [this] { return over_; });
  }
}

}  // namespace terrella::sim
