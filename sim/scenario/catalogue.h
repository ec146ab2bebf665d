// Catalogue: which of many things a request is for, where a kind of request stands for many: the
// first most often, by Zipf's law.
//
// The live driver writes the thing's number into the path; virtual time asks for it under the same
// number. Pure: request number n of a seed is always for the same thing.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/population.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// In the path of a kind of request: the number of the thing.
inline constexpr std::string_view kObjectMark = "{object}";
constexpr uint32_t kObjectsMax = 100'000;

// Of things from the first, by Zipf's law: the N-th weighs N^-exponent.
std::vector<double> ZipfWeights(uint32_t things, double exponent);

class Catalogue {
 public:
  explicit Catalogue(const Scenario& scenario);
  // What request `number`, of this kind, is for: 0 to objects - 1.
  uint32_t ObjectOf(size_t kind, uint64_t number) const;
  // Answers of origins, numbered through: to each kind of request those of each origin it asks, in
  // their order, for each thing. `asked`: which of the kind's origins.
  uint64_t SlotOf(size_t kind, size_t asked, uint32_t object) const {
    return first_slots_[kind] + asked * objects_[kind] + object;
  }
  uint64_t slots() const { return slots_; }

 private:
  const uint64_t seed_;
  std::vector<std::optional<WeightedChoice>> choices_;  // by kind; none: there is one thing
  std::vector<uint64_t> first_slots_, objects_;         // by kind
  uint64_t slots_ = 0;
};

std::string PathOf(const RequestKind& kind, uint32_t object);

}  // namespace terrella::sim
