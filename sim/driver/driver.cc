#include "sim/driver/driver.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/status.h"
#include "http/client/client.h"
#include "sim/driver/city_resolver.h"
#include "sim/driver/kept_http2.h"
#include "sim/driver/kv_log.h"
#include "sim/driver/page_visit.h"
#include "sim/driver/visit.h"
#include "sim/scenario/person.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

// Runs a timeline's actions one after another on a thread of its own, because they wait for
// processes. Thread: Start and the destructor on the loop's; `on_done` is posted to the loop.
class ActionRunner {
 public:
  using DoneCallback =
      std::function<void(const TimelineEvent&, MonotonicTime began, const absl::Status&)>;

  ActionRunner(EventLoop& loop, Actions& actions, DoneCallback on_done)
      : loop_(loop), actions_(actions), on_done_(std::move(on_done)), thread_([this] { Work(); }) {}
  ~ActionRunner() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void Add(const TimelineEvent& event) {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(event);
    }
    wake_.notify_one();
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      TimelineEvent event = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      MonotonicTime began = loop_.Now();
      absl::Status status = actions_.Perform(event);
      loop_.Post([done = on_done_, event, began, status] { done(event, began, status); });
      lock.lock();
    }
  }

  EventLoop& loop_;
  Actions& actions_;
  DoneCallback on_done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<TimelineEvent> queue_;  // guarded by mutex_
  bool stop_ = false;                // guarded by mutex_
  std::thread thread_;               // last: starts when all else is there
};

std::string NewRun() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

class Driver::Impl {
 public:
  Impl(EventLoop& loop, const Scenario& scenario, World world, const DriverOptions& options,
       Actions& actions, std::unique_ptr<StubResolver> stub)
      : loop_(loop),
        scenario_(scenario),
        world_(std::move(world)),
        options_(options),
        actions_(actions),
        stub_(std::move(stub)),
        client_(loop),
        resolver_(loop, *stub_),
        results_(world_.places),
        catalogue_(scenario_),
        context_{.loop = loop,
                 .scenario = scenario_,
                 .world = world_,
                 .options = options_,
                 .client = client_,
                 .resolver = resolver_,
                 .results = results_,
                 .start = {},
                 .catalogue = catalogue_,
                 .phase_rule = PhaseRule(ExpectedRequests(scenario_, *world_.places))},
        population_(scenario_, *world_.places),
        arrival_timer_(loop, [this] { OnArrival(); }),
        event_timer_(loop, [this] { OnEvent(); }) {
    context_.kv = &kv_;
    context_.kept = &kept_;
  }

  void Start(std::function<void(Results)> done) {
    done_ = std::move(done);
    context_.start = loop_.Now();
    runner_ = std::make_unique<ActionRunner>(
        loop_, actions_,
        [this, alive = std::weak_ptr<bool>(alive_)](const TimelineEvent& event, MonotonicTime began,
                                                    const absl::Status& status) {
          if (!alive.expired()) OnPerformed(event, began, status);
        });
    next_ = population_.Next();
    ScheduleArrival();
    ScheduleEvent();
  }

  void Stop() {
    stopped_ = true;
    arrival_timer_.Stop();
    event_timer_.Stop();
    arrivals_over_ = true;
    MaybeFinish();
  }

  const LiveFigures& figures() const { return figures_; }
  const Results& results() const { return results_; }
  const std::vector<KvRecord>& kv_records() const { return kv_.records(); }
  Progress progress() const {
    return {
        .elapsed = context_.start == MonotonicTime{} ? Duration(0) : loop_.Now() - context_.start,
        .started = started_,
        .answered = answered_,
        .failed = failed_};
  }

 private:
  void ScheduleArrival() {
    if (next_.due >= scenario_.duration) {
      arrivals_over_ = true;
      MaybeFinish();
      return;
    }
    arrival_timer_.StartAt(context_.start + next_.due);
  }

  void OnArrival() {
    // All that are due: a late loop catches up instead of thinning the load.
    while (next_.due < scenario_.duration && context_.start + next_.due <= loop_.Now()) {
      Begin(next_);
      next_ = population_.Next();
    }
    ScheduleArrival();
  }

  void Begin(const Arrival& arrival) {
    ++started_;
    const Page* page = PageOf(scenario_, arrival.request);
    if (visits_.size() + pages_.size() >= options_.in_flight_max) {
      // The generator's own limit is an error of the run, never a request that did not happen.
      const Sample refused{
          .due = arrival.due,
          .city = arrival.city,
          .steering = arrival.steering,
          .failure = Failure::kTimeout,
          .protocol = ProtocolOf(scenario_, arrival.city, arrival.client, arrival.population)};
      Record(refused);
      if (page != nullptr) results_.AddPage(refused);
      return;
    }
    if (page != nullptr) return BeginPage(*page, arrival);
    uint64_t number = arrival.number;
    auto visit = std::make_unique<Visit>(
        context_, arrival, [this, number](const Sample& sample, const Phases& phases) {
          Record(number, sample, phases);
          visits_.erase(number);
          MaybeFinish();
        });
    Visit& started = *visit;
    visits_.emplace(number, std::move(visit));
    started.Start();
  }

  void BeginPage(const Page& page, const Arrival& arrival) {
    const uint64_t number = arrival.number;
    auto visit = std::make_unique<PageVisit>(
        context_, page, arrival,
        [this, number](const Sample& document, const Phases& phases) {
          Record(number, document, phases);
        },
        [this, number](const Sample& whole) {
          results_.AddPage(whole);
          pages_.erase(number);
          MaybeFinish();
        });
    PageVisit& started = *visit;
    pages_.emplace(number, std::move(visit));
    started.Start();
  }

  void Record(uint64_t number, const Sample& sample, const Phases& phases) {
    Record(sample);
    if (sample.failure == Failure::kNone && context_.phase_rule.Keeps(number)) {
      results_.KeepPhases({.sample = sample, .phases = phases});
    }
  }

  void Record(const Sample& sample) {
    results_.Add(sample);
    figures_.Add(sample, world_.places->cities()[sample.city].continent);
    ++(sample.failure == Failure::kNone ? answered_ : failed_);
  }

  void ScheduleEvent() {
    if (next_event_ < scenario_.timeline.size()) {
      event_timer_.StartAt(context_.start + scenario_.timeline[next_event_].at);
    }
  }

  void OnEvent() {
    const TimelineEvent& event = scenario_.timeline[next_event_++];
    if (IsNetworkFault(event.action)) {
      // Visits see for themselves what is under way.
      results_.AddEvent({.at = event.at, .action = EventText(event), .target = event.target});
    } else {
      ++events_under_way_;
      runner_->Add(event);
    }
    ScheduleEvent();
    MaybeFinish();
  }

  void OnPerformed(const TimelineEvent& event, MonotonicTime began, const absl::Status& status) {
    --events_under_way_;
    results_.AddEvent({.at = began - context_.start,
                       .took = loop_.Now() - began,
                       .action = EventText(event),
                       .target = event.target,
                       .ok = status.ok(),
                       .detail = std::string(Message(status))});
    MaybeFinish();
  }

  void MaybeFinish() {
    bool events_over =
        events_under_way_ == 0 && (stopped_ || next_event_ == scenario_.timeline.size());
    if (!arrivals_over_ || !events_over || !visits_.empty() || !pages_.empty() || !done_) return;
    auto done = std::move(done_);
    done_ = nullptr;
    if (kv_.any()) results_.set_kv(kv_.Take());
    done(std::move(results_));
  }

  EventLoop& loop_;
  const Scenario scenario_;
  const World world_;
  const DriverOptions options_;
  Actions& actions_;
  std::unique_ptr<StubResolver> stub_;
  http::Client client_;
  KeptHttp2 kept_{loop_};
  CityResolver resolver_;
  Results results_;
  LiveFigures figures_;
  const Catalogue catalogue_;
  VisitContext context_;
  Population population_;
  KvLog kv_{scenario_, NewRun()};
  Timer arrival_timer_;
  Timer event_timer_;
  Arrival next_;
  size_t next_event_ = 0;
  size_t events_under_way_ = 0;
  bool arrivals_over_ = false;
  bool stopped_ = false;
  uint64_t started_ = 0, answered_ = 0, failed_ = 0;
  std::function<void(Results)> done_;
  std::map<uint64_t, std::unique_ptr<Visit>> visits_;
  std::map<uint64_t, std::unique_ptr<PageVisit>> pages_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<ActionRunner> runner_;
};

Driver::Driver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Driver::~Driver() = default;

absl::StatusOr<std::unique_ptr<Driver>> Driver::Create(EventLoop& loop, const Scenario& scenario,
                                                       World world, const DriverOptions& options,
                                                       Actions& actions) {
  ASSIGN_OR_RETURN(std::unique_ptr<StubResolver> stub,
                   StubResolver::Create(loop, {.server = options.dns}));
  return std::unique_ptr<Driver>(new Driver(
      std::make_unique<Impl>(loop, scenario, std::move(world), options, actions, std::move(stub))));
}

void Driver::Start(std::function<void(Results)> done) {
  impl_->Start(std::move(done));
}
void Driver::Stop() {
  impl_->Stop();
}
const LiveFigures& Driver::figures() const {
  return impl_->figures();
}
const Results& Driver::results() const {
  return impl_->results();
}
const std::vector<KvRecord>& Driver::kv_records() const {
  return impl_->kv_records();
}
Progress Driver::progress() const {
  return impl_->progress();
}

}  // namespace terrella::sim
