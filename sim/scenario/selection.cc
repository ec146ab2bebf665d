#include "sim/scenario/selection.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"
#include "base/suggest.h"
#include "sim/net/world_part.h"

namespace terrella::sim {
namespace {

constexpr std::string_view kPop = "pop:", kVersion = "version:", kPopulation = "population:",
                           kProtocol = "protocol:";
constexpr uint16_t kNothing = 0xffff;

std::optional<uint16_t> ParseVersion(std::string_view digits) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number == 0) return {};
  return number;
}

std::optional<Protocol> ParseProtocol(std::string_view name) {
  for (const Protocol protocol : kProtocols) {
    if (ProtocolName(protocol) == name) return protocol;
  }
  return std::nullopt;
}

absl::Status CheckSelector(std::string_view selector, const Scenario& scenario,
                           const net::Places& places) {
  if (selector == "dns" || selector == "anycast" || net::FindPart(places, selector)) {
    return absl::OkStatus();
  }
  if (selector.starts_with(net::kContinentWord) || selector.starts_with(net::kCountryWord)) {
    return net::CheckPart(places, selector);
  }
  if (selector.starts_with(kPop)) return places.pops().Get(selector.substr(kPop.size())).status();
  if (selector.starts_with(kVersion)) {
    if (ParseVersion(selector.substr(kVersion.size()))) return absl::OkStatus();
    return InvalidArgument("expected version:1 or more, got '{}'", selector.substr(0, 64));
  }
  if (selector.starts_with(kProtocol)) {
    if (ParseProtocol(selector.substr(kProtocol.size()))) return absl::OkStatus();
    return InvalidArgument("expected protocol:h2 or protocol:http/1.1, got '{}'",
                           selector.substr(0, 64));
  }
  if (selector.starts_with(kPopulation)) {
    std::vector<std::string> names;
    for (const People& people : scenario.populations) names.push_back(people.name);
    const std::string_view name = selector.substr(kPopulation.size());
    if (std::find(names.begin(), names.end(), name) != names.end()) return absl::OkStatus();
    return InvalidArgument(
        "no [[population]] is called '{}'; expected {}", name.substr(0, 64),
        names.empty() ? "a scenario with some" : fmt::format("{}", fmt::join(names, ", ")));
  }
  return places.Find(selector).status();
}

}  // namespace

absl::Status CheckAssertion(const Assertion& assertion, const Scenario& scenario,
                            const net::Places& places) {
  for (const std::string_view selector : assertion.Selectors()) {
    RETURN_IF_ERROR(CheckSelector(selector, scenario, places));
  }
  if (assertion.metric == Metric::kFailoverMs) {
    const std::string& only = assertion.selector;
    if (assertion.phase.empty() && (only.empty() || only == "dns" || only == "anycast")) {
      return absl::OkStatus();
    }
    return InvalidArgument(
        "failover_ms is of a whole event; expected failover_ms, failover_ms.dns "
        "or failover_ms.anycast");
  }
  if (assertion.metric == Metric::kRollbackMs) {
    if (assertion.phase.empty() && assertion.selector.empty()) return absl::OkStatus();
    return InvalidArgument("rollback_ms is of a whole run; expected rollback_ms alone");
  }
  if (assertion.phase.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Phase& phase : PhasesOf(scenario)) names.push_back(phase.name);
  if (std::find(names.begin(), names.end(), assertion.phase) != names.end())
    return absl::OkStatus();
  const std::string near = Suggest(assertion.phase, names);
  return InvalidArgument("'{}' is no phase; expected {}{}", assertion.phase, fmt::join(names, ", "),
                         near.empty() ? "" : fmt::format(": did you mean '{}'?", near));
}

bool NeedsSamples(const Assertion& assertion) {
  const auto selectors = assertion.Selectors();
  return assertion.metric == Metric::kFailoverMs || IsOfPages(assertion.metric) ||
         IsOfKv(assertion.metric) || !assertion.phase.empty() ||
         std::any_of(selectors.begin(), selectors.end(), [](std::string_view selector) {
           return selector.starts_with(kPop) || selector.starts_with(kVersion) ||
                  selector.starts_with(kProtocol);
         });
}

Selection::Selection(const Assertion& assertion, const Scenario& scenario, const Results& results) {
  const net::Places& places = results.places();
  for (const std::string_view selector : assertion.Selectors()) {
    if (selector == "dns" || selector == "anycast") {
      steering_ = selector == "dns" ? Steering::kDns : Steering::kAnycast;
    } else if (selector.starts_with(kPop)) {
      const net::PopSite* site = places.pops().Find(selector.substr(kPop.size()));
      const auto& pops = results.pops();
      const auto found = std::find_if(pops.begin(), pops.end(), [&](const std::string& pop) {
        return site != nullptr && pop == site->iata;
      });
      pop_ = found == pops.end() ? kNothing : static_cast<uint16_t>(found - pops.begin());
    } else if (selector.starts_with(kProtocol)) {
      protocol_ = ParseProtocol(selector.substr(kProtocol.size()));
    } else if (selector.starts_with(kVersion)) {
      SelectVersion(selector.substr(kVersion.size()), results);
    } else if (selector.starts_with(kPopulation)) {
      std::vector<bool> of_population(places.cities().size());
      for (const People& people : scenario.populations) {
        if (people.name != selector.substr(kPopulation.size())) continue;
        for (const ClientCity& city : people.cities) of_population[city.city] = true;
      }
      if (cities_.empty()) cities_.assign(places.cities().size(), true);
      for (size_t i = 0; i < cities_.size(); ++i) cities_[i] = cities_[i] && of_population[i];
    } else {
      SelectPlace(selector, places);
    }
  }
  for (const Phase& phase : PhasesOf(scenario)) {
    if (phase.name != assertion.phase) continue;
    of_phase_ = true;
    from_ = phase.from;
    to_ = phase.to;
  }
}

void Selection::SelectPlace(std::string_view selector, const net::Places& places) {
  const auto cities = places.cities();
  if (cities_.empty()) cities_.assign(cities.size(), true);
  const std::optional<net::WorldPart> part = net::FindPart(places, selector);
  net::CityId only = 0;
  if (!part) {
    const auto place = places.Find(selector);
    if (place.ok()) only = place->city;
  }
  for (size_t i = 0; i < cities.size(); ++i) {
    const bool in = part ? part->Has(cities[i].continent, cities[i].country) : i == only;
    cities_[i] = cities_[i] && in;
  }
}

// Numbers go by when a version first answered.
void Selection::SelectVersion(std::string_view number, const Results& results) {
  const uint16_t wanted = ParseVersion(number).value_or(kNothing);
  std::vector<Duration> first(results.versions().size(), Duration::max());
  for (const Sample& sample : results.samples()) {
    if (sample.version == 0) continue;
    first[sample.version] = std::min(first[sample.version], sample.due + sample.felt);
  }
  std::vector<uint16_t> order;
  for (uint16_t version = 1; version < first.size(); ++version) {
    if (first[version] != Duration::max()) order.push_back(version);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint16_t a, uint16_t b) { return first[a] < first[b]; });
  version_ = wanted <= order.size() ? order[wanted - 1] : kNothing;
}

bool Selection::of_groups() const {
  return !pop_ && !version_ && !protocol_ && !of_phase_;
}

bool Selection::Has(const Sample& sample) const {
  return Has(sample.city, sample.steering) && (!pop_ || sample.pop == *pop_) &&
         (!version_ || sample.version == *version_) &&
         (!protocol_ || sample.protocol == *protocol_) && sample.due >= from_ && sample.due < to_;
}

}  // namespace terrella::sim
