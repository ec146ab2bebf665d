// CityList: what a scenario's `cities` mean: names, and words for many at once.
//
//   "Lagos"         a city, or what else Places::Find knows
//   "world:100"     the cities with the most Internet users that are not in the list yet
//   "country:NG"    all cities of a country, likewise; "continent:EU"
//
// One list for all populations of a scenario, because a city has only one.
//
// Thread: one.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

class CityList {
 public:
  CityList(const net::Places& places, size_t cities_max)
      : places_(places), cities_max_(cities_max), taken_(places.cities().size()) {}

  // Appends what `text` means. `weight`: of a city, or of all of a word for many together; 0: by
  // their Internet users. Errors say what was expected.
  absl::Status Add(std::string_view text, double weight, std::vector<ClientCity>& out);

 private:
  absl::Status AddWorld(std::string_view digits, std::vector<ClientCity>& out);
  template <class Belongs>
  void AddAll(Belongs&& belongs, size_t count_max, std::vector<ClientCity>& out);

  const net::Places& places_;
  const size_t cities_max_;
  std::vector<bool> taken_;  // by CityId
};

}  // namespace terrella::sim
