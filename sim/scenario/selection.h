// Selection: which samples of a run an assertion is about.
//
// Thread: immutable, any. Owns nothing: scenario and results outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// Whether every selector and the phase mean something in this scenario. InvalidArgument says what
// was expected.
absl::Status CheckAssertion(const Assertion& assertion, const Scenario& scenario,
                            const net::Places& places);

// Whether its value is told request by request: a run that keeps none has none of it.
bool NeedsSamples(const Assertion& assertion);

class Selection {
 public:
  // The assertion was checked. A PoP or version that nothing came from selects nothing.
  Selection(const Assertion& assertion, const Scenario& scenario, const Results& results);

  // Whether cities and steering decide, so that a run that keeps no samples can tell, too.
  bool of_groups() const;
  bool Has(net::CityId city, Steering steering) const {
    return (cities_.empty() || cities_[city]) && (!steering_ || steering == *steering_);
  }
  bool Has(const Sample& sample) const;

 private:
  void SelectPlace(std::string_view selector, const net::Places& places);
  void SelectVersion(std::string_view number, const Results& results);

  std::vector<bool> cities_;  // empty: all
  std::optional<Steering> steering_;
  std::optional<uint16_t> pop_, version_;
  std::optional<Protocol> protocol_;
  bool of_phase_ = false;
  Duration from_{}, to_ = Duration::max();
};

}  // namespace terrella::sim
