#include "sim/scenario/population.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <queue>

#include "base/check.h"

namespace terrella::sim {
namespace {

// Names of the random streams, so that drawing more of one never shifts another.
enum Stream : uint64_t { kGaps = 1, kWho = 2, kWhat = 3 };
constexpr double kTroughHour = 4, kPeakHour = 21, kTrough = 0.25;
constexpr size_t kGuides = 4096;

template <class T>
std::vector<double> WeightsOf(const std::vector<T>& items) {
  std::vector<double> out;
  for (const T& item : items) out.push_back(item.weight);
  return out;
}

}  // namespace

WeightedChoice::WeightedChoice(std::vector<double> weights) : sums_(std::move(weights)) {
  CHECK(!sums_.empty());
  for (size_t i = 1; i < sums_.size(); ++i) sums_[i] += sums_[i - 1];
  CHECK(sums_.back() > 0);
  uint32_t index = 0;
  for (size_t guide = 0; guide < kGuides; ++guide) {
    const double at = static_cast<double>(guide) / kGuides * sums_.back();
    while (index + 1 < sums_.size() && sums_[index] <= at) ++index;
    first_.push_back(index);
  }
}

size_t WeightedChoice::Draw(CounterRandom& random) const {
  const double share = random.Uniform();
  const double at = share * sums_.back();
  size_t index = first_[static_cast<size_t>(share * kGuides)];
  while (index < sums_.size() && sums_[index] <= at) ++index;
  return std::min(index, sums_.size() - 1);
}

double DiurnalFactor(double local_hour) {
  const double hour = std::fmod(std::fmod(local_hour, 24) + 24, 24);
  // Half waves between the trough and the peak: 17 hours up, 7 down.
  const double up = std::fmod(hour - kTroughHour + 24, 24);
  constexpr double kUpHours = kPeakHour - kTroughHour;
  const double phase = up <= kUpHours ? up / kUpHours : 1 + (up - kUpHours) / (24 - kUpHours);
  return kTrough + (1 - kTrough) * (1 - std::cos(std::numbers::pi * phase)) / 2;
}

namespace {

double CurveAt(const std::vector<RatePoint>& curve, Duration at) {
  if (curve.empty()) return 1;
  const auto next = std::upper_bound(curve.begin(), curve.end(), at,
                                     [](Duration t, const RatePoint& p) { return t < p.at; });
  if (next == curve.begin()) return curve.front().times;
  const RatePoint& before = *std::prev(next);
  if (next == curve.end()) return before.times;
  const double part = ToMs(at - before.at) / ToMs(next->at - before.at);
  return before.times + part * (next->times - before.times);
}

double HourUtc(const Day& day, Duration at) {
  return day.starts_hour_utc + 24 * ToMs(at) / ToMs(day.length);
}

// Of the pages of a session that begins at `at`, the share that is wanted within the run. Later
// pages follow at the rate q / think * exp(-(1 - q) * lag / think), where it goes on with chance q.
double PagesWithin(const Scenario& scenario, const People& people, Duration at) {
  if (!people.sessions) return 1;
  const double pages = people.sessions->pages_mean;
  const double left = ToMs(scenario.duration - at) / ToMs(people.sessions->think_mean);
  return (1 + (pages - 1) * (1 - std::exp(-left / pages))) / pages;
}

// A population's rate in the mean of the run, beside its usual one.
double MeanFactor(const Scenario& scenario, const net::Places& places, const People& people) {
  constexpr int kSteps = 200;
  double weights = 0, sum = 0;
  for (const ClientCity& city : people.cities) {
    weights += city.weight;
    for (int step = 0; step < kSteps; ++step) {
      const Duration at = scenario.duration * (2 * step + 1) / (2 * kSteps);
      const double longitude_deg = places.cities()[city.city].at.longitude_deg;
      sum += city.weight * RateFactor(scenario.day, people, longitude_deg, at) *
             PagesWithin(scenario, people, at) / kSteps;
    }
    if (!people.diurnal) break;  // all cities are alike
  }
  return sum / weights;
}

}  // namespace

std::vector<double> KindWeights(const Scenario& scenario, const People& people) {
  std::vector<double> out = WeightsOf(scenario.requests);
  const auto& asked = people.requests;
  for (size_t kind = 0; kind < out.size() && !asked.empty(); ++kind) {
    if (std::find(asked.begin(), asked.end(), kind) == asked.end()) out[kind] = 0;
  }
  return out;
}

double RateFactor(const Day& day, const People& people, double longitude_deg, Duration at) {
  const double curve = CurveAt(people.rate, at);
  return people.diurnal ? curve * DiurnalFactor(HourUtc(day, at) + longitude_deg / 15) : curve;
}

double PeakFactor(const People& people) {
  double peak = people.rate.empty() ? 1 : 0;
  for (const RatePoint& point : people.rate) peak = std::max(peak, point.times);
  return peak;
}

std::vector<double> ExpectedByKind(const Scenario& scenario, const net::Places& places) {
  if (scenario.trace) {
    std::vector<double> out(scenario.requests.size());
    for (const TraceRow& row : scenario.trace->rows)
      out[row.request] += row.due < scenario.duration;
    return out;
  }
  const double requests = scenario.clients.rate_per_s * ToMs(scenario.duration) / 1000;
  std::vector<double> out(scenario.requests.size());
  double populations = 0;
  const auto add = [&](const std::vector<double>& kinds, double weight) {
    const double sum = std::accumulate(kinds.begin(), kinds.end(), 0.0);
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
      out[kind] += requests * weight * kinds[kind] / sum;
    }
  };
  if (scenario.populations.empty()) add(WeightsOf(scenario.requests), 1);
  for (const People& people : scenario.populations) populations += people.weight;
  for (const People& people : scenario.populations) {
    add(KindWeights(scenario, people),
        people.weight / populations * MeanFactor(scenario, places, people));
  }
  return out;
}

double ExpectedRequests(const Scenario& scenario, const net::Places& places) {
  const std::vector<double> kinds = ExpectedByKind(scenario, places);
  return std::accumulate(kinds.begin(), kinds.end(), 0.0);
}

// Arrivals of a scenario with populations.
class Population::Varied {
 public:
  Varied(const Scenario& scenario, const net::Places& places)
      : scenario_(scenario),
        places_(places),
        gaps_(scenario.seed, kGaps),
        populations_(PeakWeights(scenario)) {
    double weights = 0, peaks = 0;
    for (const People& people : scenario.populations) {
      weights += people.weight;
      peaks += StartsWeight(people);
      cities_.emplace_back(WeightsOf(people.cities));
      requests_.emplace_back(KindWeights(scenario, people));
    }
    gap_ms_mean_ = 1000 * weights / (scenario.clients.rate_per_s * peaks);
    NextStart();
  }

  Arrival Next() {
    Page page;
    if (!waiting_.empty() && waiting_.top().due <= start_.due) {
      page = waiting_.top();
      waiting_.pop();
    } else {
      page = start_;
      NextStart();
    }
    const People& people = scenario_.populations[page.population];
    CounterRandom random(scenario_.seed, kWhat, page.session << 16 | page.number);
    Arrival out{.number = number_++,
                .due = page.due,
                .city = page.city,
                .request = requests_[page.population].Draw(random),
                .steering = page.steering,
                .client = page.client,
                .population = page.population};
    if (people.sessions && page.number < kPagesMax) {
      // A session goes on with the same chance after each page.
      if (random.Uniform() >= 1 / people.sessions->pages_mean) {
        page.due += FromMs(random.Exponential(ToMs(people.sessions->think_mean)));
        ++page.number;
        waiting_.push(page);
      }
    }
    return out;
  }

 private:
  static constexpr uint64_t kPagesMax = 10'000;
  struct Page {
    Duration due{};
    uint64_t session = 0, number = 0;
    net::CityId city = 0;
    uint32_t client = 0;
    uint16_t population = 0;
    Steering steering = Steering::kDns;
    // The first due is the greatest, as a heap has it.
    bool operator<(const Page& other) const {
      return due != other.due ? due > other.due : session > other.session;
    }
  };

  // Of the starts of sessions, at the curve's peak.
  static double StartsWeight(const People& people) {
    const double pages = people.sessions ? people.sessions->pages_mean : 1;
    return people.weight * PeakFactor(people) / pages;
  }
  static std::vector<double> PeakWeights(const Scenario& scenario) {
    std::vector<double> out;
    for (const People& people : scenario.populations) out.push_back(StartsWeight(people));
    return out;
  }

  void NextStart() {
    while (true) {
      start_.due += FromMs(gaps_.Exponential(gap_ms_mean_));
      CounterRandom random(scenario_.seed, kWho, candidate_++);
      start_.population = static_cast<uint16_t>(populations_.Draw(random));
      const People& people = scenario_.populations[start_.population];
      start_.city = people.cities[cities_[start_.population].Draw(random)].city;
      start_.steering = people.steering[random.Below(people.steering.size())];
      start_.client = static_cast<uint32_t>(random.Below(kClientsPerCity));
      const double chance = random.Uniform() * PeakFactor(people);
      const double longitude_deg = places_.cities()[start_.city].at.longitude_deg;
      if (chance >= RateFactor(scenario_.day, people, longitude_deg, start_.due)) {
        if (start_.due <= scenario_.duration) continue;
      }
      start_.session = candidate_;
      return;
    }
  }

  const Scenario& scenario_;
  const net::Places& places_;
  CounterRandom gaps_;
  const WeightedChoice populations_;
  std::vector<WeightedChoice> cities_, requests_;  // by population
  double gap_ms_mean_ = 0;
  uint64_t candidate_ = 0, number_ = 0;
  Page start_;  // the next session's first page
  std::priority_queue<Page> waiting_;
};

Population::Population(const Scenario& scenario, const net::Places& places)
    : scenario_(scenario),
      gaps_(scenario.seed, kGaps),
      cities_(WeightsOf(scenario.clients.cities)),
      requests_(WeightsOf(scenario.requests)) {
  if (!scenario.populations.empty()) varied_ = std::make_unique<Varied>(scenario, places);
}
Population::~Population() = default;
Population::Population(Population&&) noexcept = default;

// A line of the trace; what it does not say, of whom and by which steering, is drawn.
Arrival Population::Replay() {
  const std::vector<TraceRow>& rows = scenario_.trace->rows;
  if (number_ == rows.size()) return {.number = number_, .due = Duration::max()};
  CounterRandom random(scenario_.seed, kWho, number_);
  const TraceRow& row = rows[number_];
  Arrival out{.number = number_++, .due = row.due, .city = row.city, .request = row.request};
  out.steering = scenario_.clients.steering[random.Below(scenario_.clients.steering.size())];
  out.client = static_cast<uint32_t>(random.Below(kClientsPerCity));
  return out;
}

Arrival Population::Next() {
  if (scenario_.trace) return Replay();
  if (varied_ != nullptr) return varied_->Next();
  due_ += FromMs(gaps_.Exponential(1000.0 / scenario_.clients.rate_per_s));
  CounterRandom random(scenario_.seed, kWho, number_);
  Arrival out{.number = number_++, .due = due_};
  out.city = scenario_.clients.cities[cities_.Draw(random)].city;
  out.request = requests_.Draw(random);
  out.steering = scenario_.clients.steering[random.Below(scenario_.clients.steering.size())];
  out.client = static_cast<uint32_t>(random.Below(kClientsPerCity));
  return out;
}

}  // namespace terrella::sim
