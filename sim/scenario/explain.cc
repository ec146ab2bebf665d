#include "sim/scenario/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/signed_duration.h"
#include "sim/scenario/population.h"
#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::sim {
namespace {

std::string Seconds(Duration time) {
  const double s = ToMs(time) / 1000;
  if (s < 1) return fmt::format("{:g} ms", ToMs(time));
  if (s < 120) return fmt::format("{:g} s", s);
  if (s < 7200) return fmt::format("{:g} min", s / 60);
  return fmt::format("{:g} h", s / 3600);
}

// The cities with the most weight, and how many more.
std::string CitiesText(const std::vector<ClientCity>& cities, const net::Places& places) {
  constexpr size_t kNamed = 4;
  std::vector<ClientCity> sorted = cities;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const ClientCity& a, const ClientCity& b) { return a.weight > b.weight; });
  double sum = 0;
  for (const ClientCity& city : sorted) sum += city.weight;
  std::vector<std::string> out;
  for (const ClientCity& city : sorted) {
    if (out.size() == kNamed) break;
    out.push_back(
        fmt::format("{} ({:.0f} %)", places.cities()[city.city].name, 100 * city.weight / sum));
  }
  std::string text = fmt::format("{}", fmt::join(out, ", "));
  if (sorted.size() > kNamed) text += fmt::format(" and {} more cities", sorted.size() - kNamed);
  return text;
}

std::string SteeringText(const std::vector<Steering>& steering) {
  if (steering.size() == 1) {
    return steering[0] == Steering::kDns ? "led by DNS" : "led by anycast";
  }
  return "half led by DNS, half by anycast";
}

// Nothing of people who all speak HTTP/1.1.
std::string ProtocolsText(const ProtocolMix& mix) {
  if (mix.h2 == 0) return "";
  if (mix.http1 == 0) return ", by HTTP/2";
  return fmt::format(", {:.0f} % by HTTP/2", 100 * mix.h2 / (mix.h2 + mix.http1));
}

void AddHabits(const People& people, const Scenario& scenario, const net::Places& places,
               std::string& out) {
  if (people.sessions) {
    out += fmt::format("    each asks {:g} times in the mean, {} apart\n",
                       people.sessions->pages_mean, Seconds(people.sessions->think_mean));
  }
  if (people.diurnal) {
    out += fmt::format("    by their local hour: most at 21, a quarter of it at 4; a day is {}\n",
                       Seconds(scenario.day.length));
  }
  for (const RatePoint& point : people.rate) {
    out += fmt::format("    at {}: {:g} times the rate\n", Seconds(point.at), point.times);
  }
  if (people.resolver) {
    out += fmt::format("    by a public resolver in {} that does not say where they are\n",
                       places.cities()[*people.resolver].name);
  }
  if (const std::string wish = net::PathWishText(people.wish); !wish.empty() || people.mix) {
    out +=
        fmt::format("    on paths of their own: {}{}\n", wish,
                    people.mix ? (wish.empty() ? "a mix of accesses" : ", a mix of accesses") : "");
  }
}

std::string KvText(const RequestKind& request) {
  const KvWorkload& kv = *request.kv;
  return fmt::format(
      " one of {} keys of KV of {} ({:g} % write; a copy may be {} old; key N is asked for "
      "N^-{:g} times as often as the first)",
      kv.keys, request.host, 100 * kv.write_share, Seconds(kv.cache_ttl), kv.zipf);
}

std::string WhoAsks(const Scenario& scenario, const net::Places& places) {
  std::string out = scenario.trace
                        ? fmt::format("Who asks\n  whom the {} lines of {} say, when they say\n",
                                      scenario.trace->rows.size(), scenario.trace->file)
                        : fmt::format(
                              "Who asks\n  about {:.0f} requests in {}: {:g} a second where no "
                              "curve says otherwise, "
                              "whether or not earlier ones were answered\n",
                              ExpectedRequests(scenario, places), Seconds(scenario.duration),
                              scenario.clients.rate_per_s);
  out += fmt::format("  {} connections; a person waits {} at most\n",
                     scenario.clients.keep_alive ? "kept" : "fresh",
                     Seconds(scenario.clients.timeout));
  if (scenario.populations.empty()) {
    out += fmt::format("  {}, {}{}\n", CitiesText(scenario.clients.cities, places),
                       SteeringText(scenario.clients.steering),
                       ProtocolsText(scenario.clients.protocols));
  }
  double weights = 0;
  for (const People& people : scenario.populations) weights += people.weight;
  for (const People& people : scenario.populations) {
    out += fmt::format("  {}, {:.0f} %: {}, {}{}\n", people.name, 100 * people.weight / weights,
                       CitiesText(people.cities, places), SteeringText(people.steering),
                       ProtocolsText(people.protocols));
    AddHabits(people, scenario, places, out);
  }
  out += "  for";
  for (const RequestKind& request : scenario.requests) {
    const std::string things =
        request.objects == 0 ? "" : fmt::format(" ({} things)", request.objects);
    out += request.kv
               ? KvText(request)
               : fmt::format(" {} {}{}{}", request.method, request.host, request.path, things);
    out += &request == &scenario.requests.back() ? "\n" : ",";
  }
  return out;
}

std::string CachingText(const OriginCaching& caching) {
  std::string out = fmt::format(", caches may keep its answers {}", Seconds(caching.fresh));
  if (caching.stale_while_revalidate) {
    out += fmt::format(", {} more while they ask anew", Seconds(*caching.stale_while_revalidate));
  }
  return out + (caching.stale_if_error
                    ? fmt::format(", {} more when it fails", Seconds(*caching.stale_if_error))
                    : ", without end when it fails");
}

std::string WhatWorkersAsk(const Scenario& scenario) {
  std::string out;
  for (size_t i = 0; i < scenario.origins.size(); ++i) {
    const Origin& origin = scenario.origins[i];
    out += fmt::format("  {} in {} thinks {:g} ms", origin.host, origin.city, origin.think_ms);
    if (origin.spread > 1) {
      out += fmt::format(" ({:.3g} to {:.3g} ms for two of three)", origin.think_ms / origin.spread,
                         origin.think_ms * origin.spread);
    }
    if (origin.error_share > 0) {
      out += fmt::format(", {:g} % of its answers are errors", 100 * origin.error_share);
    }
    if (origin.caching) out += CachingText(*origin.caching);
    std::vector<std::string> askers;
    for (const RequestKind& request : scenario.requests) {
      const auto times = std::count(request.origins.begin(), request.origins.end(), i);
      if (times == 0) continue;
      askers.push_back(request.host + request.path +
                       (times > 1 ? fmt::format(" ({} times)", times) : ""));
    }
    out += askers.empty() ? "; nobody asks it\n"
                          : fmt::format("; asked by {}\n", fmt::join(askers, ", "));
  }
  return out;
}

std::string Meaning(const TimelineEvent& event) {
  const std::string until =
      event.lasts == Duration::max() ? "to the end" : fmt::format("for {}", Seconds(event.lasts));
  switch (event.action) {
    case TimelineEvent::Action::kKill:
      if (event.target == kControlPlane) {
        return "the control plane goes: nobody hears any more what becomes of nodes";
      }
      return fmt::format("the node of {} goes without a word", event.target);
    case TimelineEvent::Action::kStart:
      if (event.target == kControlPlane) return "the control plane comes back";
      return fmt::format("{} comes back", event.target);
    case TimelineEvent::Action::kDrain:
      return fmt::format("{} drains: nobody new is led there", event.target);
    case TimelineEvent::Action::kUndrain:
      return fmt::format("{} takes people again", event.target);
    case TimelineEvent::Action::kPartition:
      return fmt::format(
          "{} and the control plane hear nothing of each other; it serves on with what it has",
          event.target);
    case TimelineEvent::Action::kRejoin:
      return fmt::format("{} and the control plane are together again", event.target);
    case TimelineEvent::Action::kSlowDisk:
      if (event.by == Duration(0))
        return fmt::format("the disk of {} is quick again", event.target);
      return fmt::format("each read and write of {}'s disk takes {} longer", event.target,
                         SignedDurationText(event.by));
    case TimelineEvent::Action::kSkew:
      if (event.by == Duration(0))
        return fmt::format("the clock of {} is right again", event.target);
      return fmt::format("the clock of {} is {} {}", event.target,
                         SignedDurationText(event.by < Duration(0) ? -event.by : event.by),
                         event.by < Duration(0) ? "behind" : "ahead");
    case TimelineEvent::Action::kDeploy:
      if (!event.rollout) return fmt::format("{} is deployed", event.target);
      return fmt::format("{} is deployed in {} waves, and goes back by itself when it is worse",
                         event.target, event.rollout->waves_size());
    case TimelineEvent::Action::kPurge:
      return fmt::format("nodes forget all answers that their caches hold for {}", event.target);
    case TimelineEvent::Action::kCut:
      return fmt::format("no path between {} and {} {}: packets go by way of a third place",
                         event.fault.a, event.fault.b, until);
    case TimelineEvent::Action::kLoss:
      return fmt::format("{:g} % of packets between {} and {} get lost {}",
                         100 * event.fault.loss->share, event.fault.a, event.fault.b, until);
    case TimelineEvent::Action::kResolverOutage:
      return fmt::format("the resolvers of {} do not answer {}", event.target, until);
    case TimelineEvent::Action::kOriginOutage:
      return fmt::format("the origin {} refuses connections {}", event.target, until);
    case TimelineEvent::Action::kPhase:
      break;
  }
  return "nothing new";
}

}  // namespace

std::string ExplainScenario(const Scenario& scenario, const net::Places& places) {
  std::string out = fmt::format("{}\n", scenario.name);
  if (!scenario.description.empty()) out += scenario.description + "\n";
  out += "\n" + WhoAsks(scenario, places) + "\nThe network\n";
  out += fmt::format("  {}; anycast {}\n",
                     scenario.network.pops.empty() ? "the cluster's PoPs, in virtual time world-30"
                                                   : "PoPs: " + scenario.network.pops,
                     scenario.network.anycast.empty() || scenario.network.anycast == "nearest"
                         ? "to the nearest"
                         : "where BGP leads, announced as " + scenario.network.anycast);
  if (const std::string wish = net::PathWishText(scenario.network.wish); !wish.empty()) {
    out += fmt::format("  people's paths: {}\n", wish);
  }
  for (const Page& page : scenario.pages) {
    int parts = 0, depth = 0;
    size_t hosts = 1;
    for (const PagePart& part : page.parts) {
      parts += part.count;
      hosts = std::max(hosts, part.host + 1);
      depth = std::max(depth, part.depth);
    }
    const RequestKind& document = scenario.requests[page.document];
    out += fmt::format(
        "  {}{} is a page of {} parts of {} host{}, {} deep; a host has up to {} connections, with "
        "HTTP/2 one\n",
        document.host, document.path, parts, hosts, hosts == 1 ? "" : "s", depth, kPageConnections);
  }
  if (!scenario.origins.empty()) out += "\nWhat workers ask\n" + WhatWorkersAsk(scenario);
  out += "\nWhat happens\n";
  if (scenario.timeline.empty()) out += "  nothing goes wrong\n";
  for (const TimelineEvent& event : scenario.timeline) {
    out +=
        fmt::format("  at {:<7} {}{}\n", Seconds(event.at), Meaning(event),
                    event.phase.empty() ? "" : fmt::format("  (begins phase '{}')", event.phase));
  }
  out += "\nWhat must hold\n";
  if (scenario.assertions.empty()) out += "  nothing: it only tells\n";
  for (const Assertion& assertion : scenario.assertions) out += "  " + assertion.text + "\n";
  return out;
}

}  // namespace terrella::sim
