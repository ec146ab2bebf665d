#include "sim/engine/sampled_run.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "sim/engine/city_keys.h"
#include "sim/engine/jitter_table.h"
#include "sim/engine/virtual_network.h"
#include "sim/engine/virtual_path.h"
#include "sim/engine/virtual_resolver.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

constexpr size_t kShards = 64;  // of cities: enough for any number of threads
constexpr uint64_t kStream = 0x73616d706c65;
constexpr double kFarNs = 1e18;

// What all cities of a run draw from.
struct Draws {
  const JitterTable* jitter = nullptr;  // null: there is none
  std::vector<WeightedChoice> kinds;    // by population
  int handshake_round_trips = 1;
  bool eventful = false;  // nodes change during the run
  bool troubled = false;  // paths or resolvers do
  bool rested = false;    // few ask a node
  PhaseRule phase_rule;
};

// The requests of one city.
class SampledCity {
 public:
  // `per_ms`: its usual rate.
  SampledCity(const VirtualWorld& world, const Draws& draws, size_t index, double per_ms)
      : world_(world),
        draws_(draws),
        index_(index),
        city_(world.audience.PlaceAt(index).city),
        people_(PeopleOf(world, index)),
        steering_(people_ == nullptr ? world.scenario.clients.steering : people_->steering),
        kinds_(draws.kinds[world.audience.PopulationAt(index)]),
        varies_(people_ != nullptr && (people_->diurnal || !people_->rate.empty())),
        gap_ns_(1e6 / per_ms / (varies_ ? PeakFactor(*people_) : 1)),
        ways_(world.audience, index),
        keys_(city_),
        random_(world.scenario.seed, kStream, city_),
        resolver_(world, index),
        asked_(Mix64(city_)) {
    PassGap();
  }

  // Counts all that are due before `end`.
  void AskUntil(Duration end, Results& results) {
    for (; due_ < end; PassGap()) {
      Phases phases;
      const bool kept = draws_.phase_rule.Keeps(++asked_);
      const Sample sample = Ask(kept ? &phases : nullptr);
      results.Tally(sample);
      if (kept && sample.failure == Failure::kNone) results.KeepPhases({sample, phases});
    }
  }

 private:
  struct Person {
    uint64_t key = 0;
    Audience::Person at;
  };

  static const People* PeopleOf(const VirtualWorld& world, size_t index) {
    const auto& populations = world.scenario.populations;
    return populations.empty() ? nullptr : &populations[world.audience.PopulationAt(index)];
  }

  // Where the rate changes candidates come at its peak, as in population.h.
  void PassGap() {
    PassCandidateGap();
    if (varies_) LeaveOut();
  }

  void LeaveOut() {
    while (due_ < world_.scenario.duration && !Asks()) PassCandidateGap();
  }

  bool Asks() {
    const double chance = random_.Uniform() * PeakFactor(*people_);
    const double longitude_deg = world_.audience.PlaceAt(index_).at.longitude_deg;
    return chance < RateFactor(world_.scenario.day, *people_, longitude_deg, due_);
  }

  void PassCandidateGap() {
    // (0, 1]: its logarithm is finite.
    const double left = static_cast<double>((random_.Next() >> 11) + 1) * 0x1.0p-53;
    const double gap_ns = -gap_ns_ * std::log(left);
    // A hamlet's next request may be centuries away.
    const bool far = static_cast<double>(due_.count()) + gap_ns > kFarNs;
    due_ = far ? Duration::max() : due_ + Duration(static_cast<int64_t>(gap_ns));
  }

  const Person& PersonOf(uint32_t client) {
    if (persons_.empty()) {
      persons_.resize(world_.audience.people_differ() ? kClientsPerCity : 1);
      for (uint32_t i = 0; i < persons_.size(); ++i) {
        const uint64_t key = keys_.Of(i);
        Audience::Person own;
        persons_[i] = {key, world_.audience.PersonAt(index_, i, key, std::nullopt, own)};
      }
    }
    return persons_[persons_.size() == 1 ? 0 : client];
  }

  // `phases` null: nobody asks for them.
  Sample Ask(Phases* phases) {
    const uint64_t bits = random_.Next();
    Sample sample{.due = due_,
                  .city = city_,
                  .steering = steering_[(bits >> 32 & 0xffff) * steering_.size() >> 16]};
    const auto client = static_cast<uint32_t>((bits >> 48) * kClientsPerCity >> 16);
    const size_t kind = world_.scenario.requests.size() == 1 ? 0 : kinds_.Draw(random_);
    const Person* person = &PersonOf(client);
    Person other;  // of an AS that only the route knows
    Beliefs::Route route;
    Duration begin = due_;
    if (sample.steering == Steering::kAnycast) {
      world_.beliefs.ByAnycast(index_, client, bits, due_, &route);
      if (route.pop == kNoPop) return Failed(sample, Failure::kStatus);
      if (route.network && world_.audience.people_differ()) {
        Audience::Person own;
        other = {person->key,
                 world_.audience.PersonAt(index_, client, person->key, route.network, own)};
        person = &other;
      }
    } else {
      if (draws_.troubled && world_.troubles.IsResolverOut(index_, due_)) {
        return Failed(sample, Failure::kTimeout);
      }
      const auto took = resolver_.LookUp(world_.host_of_kind[kind], due_, person->at.resolver_ms,
                                         ways_, &route.pop);
      if (!took) return Failed(sample, Failure::kDns);
      begin += *took;
      if (begin - due_ > world_.scenario.clients.timeout) return Failed(sample, Failure::kTimeout);
    }
    if (draws_.eventful && !world_.history.At(route.pop, begin).alive) {
      return Failed(sample, Failure::kConnect);
    }
    // One call for both, so that the compiler puts it here.
    std::optional<net::LastMile> suffered;
    if (draws_.troubled) suffered = Suffer(begin, person->at.mile, route);
    return Serve(sample, begin, route, suffered ? *suffered : person->at.mile, kind, bits, phases);
  }

  // What is wrong on the way now: the route's path gets longer, its mile loses more.
  net::LastMile Suffer(Duration begin, const net::LastMile& mile, Beliefs::Route& route) {
    const double bare_ms = route.path_ms ? *route.path_ms : ways_.To(route.pop).rtt_ms;
    Path path{.mile = mile, .rtt_ms = bare_ms + mile.rtt_ms + mile.queue_ms};
    world_.troubles.Suffer(index_, route.pop, begin, path);
    route.path_ms = path.rtt_ms - mile.rtt_ms - mile.queue_ms;
    return path.mile;
  }

  Sample Serve(Sample sample, Duration begin, const Beliefs::Route& route,
               const net::LastMile& mile, size_t kind, uint64_t bits, Phases* phases) {
    const Distance& distance = ways_.To(route.pop);
    const double rtt_ms = route.path_ms.value_or(distance.rtt_ms) + mile.rtt_ms + mile.queue_ms;
    uint16_t version = 0;
    if (draws_.eventful) {
      const Duration arrives = begin + FromMs((draws_.handshake_round_trips + 0.5) * rtt_ms);
      const NodeMoment& node = world_.history.At(route.pop, arrives);
      if (!node.alive) return Failed(sample, Failure::kConnect);
      version = world_.releases.Pick(route.pop, static_cast<uint16_t>(kind), arrives, {});
    }
    const ServiceProfile& service = world_.options.ServiceOf(version, kind);
    const std::vector<float>& times = service.TimesMs(draws_.rested);
    const double service_ms = times.size() == 1 ? times[0] : times[random_.Below(times.size())];
    Phases spent{.dns_ms = static_cast<float>(ToMs(begin - due_)),
                 .connect_ms = static_cast<float>(draws_.handshake_round_trips * rtt_ms),
                 .request_ms = static_cast<float>(rtt_ms / 2),
                 .node_ms = static_cast<float>(service_ms)};
    Duration answered;
    if (mile.loss.share == 0 && service.response_bytes <= net::kInitialWindowBytes) {
      const double jitter_ms =
          draws_.jitter == nullptr ? 0 : draws_.jitter->PickMs(bits, distance.deviation_ms);
      answered =
          begin + FromMs((draws_.handshake_round_trips + 1) * rtt_ms + jitter_ms + service_ms);
    } else {
      answered = ByPath(begin, rtt_ms, distance.deviation_ms, mile, service, service_ms, spent);
    }
    if (draws_.eventful &&
        world_.history.DiesAfter(route.pop, begin) < answered - FromMs(rtt_ms) / 2) {
      return Failed(sample, Failure::kConnect);
    }
    sample.pop = static_cast<uint16_t>(route.pop + 1);
    sample.version = static_cast<uint16_t>(version + 1);
    sample.status = service.status;
    if (service.error_share > 0 && random_.Uniform() < service.error_share) sample.status = 500;
    sample.felt = answered - due_;
    if (phases != nullptr) *phases = Phases::Of(ToMs(sample.felt), spent);
    if (sample.felt > world_.scenario.clients.timeout) {
      sample.failure = Failure::kTimeout;
    } else if (sample.status >= 400) {
      sample.failure = Failure::kStatus;
    }
    return sample;
  }

  // Step by step, as in a run by events.
  Duration ByPath(Duration begin, double rtt_ms, double deviation_ms, const net::LastMile& mile,
                  const ServiceProfile& service, double service_ms, Phases& spent) {
    const PathSettings& settings = world_.audience.settings();
    Path path{.mile = mile, .rtt_ms = rtt_ms, .deviation_ms = deviation_ms, .flow = random_.Next()};
    DrawHandshake(settings, path);
    const Duration arrives = RequestArrives(settings, path, begin);
    spent.connect_ms = static_cast<float>(path.handshake_ms);
    spent.request_ms = static_cast<float>(ToMs(arrives - begin) - path.handshake_ms);
    return AnswerArrives(settings, path, arrives + FromMs(service_ms),
                         std::max(service.response_bytes, 1U));
  }

  static Sample Failed(Sample sample, Failure failure) {
    sample.failure = failure;
    return sample;
  }

  const VirtualWorld& world_;
  const Draws& draws_;
  const size_t index_;
  const net::CityId city_;
  const People* const people_;  // null: as Scenario::clients says
  const std::vector<Steering>& steering_;
  const WeightedChoice& kinds_;
  const bool varies_;    // the rate, over time
  const double gap_ns_;  // between candidates, mean
  Ways ways_;
  const CityKeys keys_;
  CounterRandom random_;
  VirtualResolver resolver_;
  std::vector<Person> persons_;
  uint64_t asked_;  // from where chance begins, so that cities keep phases of different requests
  Duration due_{};
};

std::vector<WeightedChoice> KindsOf(const Scenario& scenario) {
  std::vector<WeightedChoice> out;
  if (scenario.populations.empty()) out.emplace_back(KindWeights(scenario, People()));
  for (const People& people : scenario.populations) {
    out.emplace_back(KindWeights(scenario, people));
  }
  return out;
}

std::vector<SampledCity> CitiesOf(const Scenario& scenario, const VirtualWorld& world,
                                  const Draws& draws) {
  std::vector<double> weights(world.audience.cities());
  double sum = 0;
  const auto add = [&](const std::vector<ClientCity>& cities, double times) {
    for (const ClientCity& city : cities) {
      weights[world.audience.IndexOf(city.city)] += times * city.weight;
      sum += times * city.weight;
    }
  };
  if (scenario.populations.empty()) add(scenario.clients.cities, 1);
  for (const People& people : scenario.populations) {
    double own = 0;
    for (const ClientCity& city : people.cities) own += city.weight;
    add(people.cities, people.weight / own);
  }
  std::vector<SampledCity> out;
  out.reserve(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;  // only a resolver is there
    out.emplace_back(world, draws, i, scenario.clients.rate_per_s / 1000 * weights[i] / sum);
  }
  return out;
}

Results DrawAll(const Scenario& scenario, VirtualNetwork& network, const Draws& draws,
                const std::atomic<bool>* stop) {
  std::vector<SampledCity> cities = CitiesOf(scenario, network.world(), draws);
  std::vector<Results> shards(kShards, network.NoResults(History::kNever));
  const std::vector<Duration>& cuts = network.cuts();
  for (size_t cut = 0; cut < cuts.size() && cuts[cut] < scenario.duration; ++cut) {
    network.AdvanceTo(cut);
    const Duration end =
        cut + 1 < cuts.size() ? std::min(cuts[cut + 1], scenario.duration) : scenario.duration;
    network.pool().ForEach(kShards, [&](size_t shard) {
      for (size_t city = shard; city < cities.size(); city += kShards) {
        if (stop != nullptr && *stop) return;
        cities[city].AskUntil(end, shards[shard]);
      }
    });
  }
  Results out = network.NoResults(History::kNever);
  for (Results& shard : shards) out.MergeTallies(std::move(shard));
  return out;
}

}  // namespace

absl::StatusOr<Results> SampleVirtually(const Scenario& scenario, const EngineWorld& world,
                                        EngineOptions options, const std::atomic<bool>* stop) {
  RETURN_IF_ERROR(CheckOptions(scenario, options));
  for (const RequestKind& kind : scenario.requests) {
    if (!kind.kv) continue;
    return InvalidArgument(
        "a sampled run has no copies of KV; expected requests to {} without kv, or a run by events",
        kind.host);
  }
  for (const TimelineEvent& event : scenario.timeline) {
    if (!event.rollout) continue;
    return InvalidArgument(
        "a sampled run draws every request by itself, so no rollout can be judged by them; "
        "expected "
        "deploys without one, or a run by events");
  }
  if (scenario.clients.keep_alive) {
    return InvalidArgument(
        "a sampled run has no kept connections; expected connection = \"new\", or a run by events");
  }
  if (!scenario.origins.empty()) {
    return InvalidArgument(
        "a sampled run draws every request by itself, and connections to origins are shared; "
        "expected no [[origin]], or a run by events");
  }
  if (scenario.trace) {
    return InvalidArgument(
        "a sampled run draws who asks; expected no 'trace' in [clients], or a run by events");
  }
  if (!scenario.pages.empty()) {
    return InvalidArgument(
        "a sampled run draws every request by itself; expected no [[page]], or a run by events");
  }
  for (const People& people : scenario.populations) {
    if (!people.sessions) continue;
    return InvalidArgument(
        "a sampled run draws every request by itself, so {} can have no sessions; expected none, "
        "or "
        "a run by events",
        people.name);
  }
  const double expected = ExpectedRequests(scenario, *world.places);
  if (expected > kSampledRequestsMax) {
    return ResourceExhausted("about {:.0f} requests are asked for, {:.0f} is the most", expected,
                             kSampledRequestsMax);
  }
  SortPops(options);
  VirtualNetwork network(scenario, world, options);
  const int round_trips = net::HandshakeRoundTrips(network.world().audience.settings().transport);
  std::optional<JitterTable> jitter;
  if (options.jitter) jitter.emplace(options.cluster_seed, round_trips);
  const Draws draws{.jitter = jitter ? &*jitter : nullptr,
                    .kinds = KindsOf(scenario),
                    .handshake_round_trips = round_trips,
                    .eventful = network.world().history.moments().size() > 1 ||
                                network.world().releases.versions() > 1,
                    .troubled = !network.world().troubles.none(),
                    .rested = expected * kRestMs <
                              static_cast<double>(options.pops.size()) * ToMs(scenario.duration),
                    .phase_rule = PhaseRule(expected)};
  return DrawAll(scenario, network, draws, stop);
}

}  // namespace terrella::sim
