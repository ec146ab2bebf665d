// AccessMix: which last miles the people of a country have.
//
// No table by country was found, so the mix follows one figure that is known of each country, the
// share of its people who use the Internet: where nearly all do, most have a wire; where few do,
// most have a telephone. Between the two ends, both assumptions, it is a straight line.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "sim/net/access.h"

namespace terrella::net {

// Relative weights by AccessType.
using AccessMix = std::array<double, kAccessTypeCount>;

// `internet_users_percent` of the country's people; sums to 1.
AccessMix AccessMixOf(double internet_users_percent);
// At least one weight > 0. One draw of `random`.
AccessType DrawAccess(const AccessMix& mix, CounterRandom& random);

// What is asked for: everybody on a plain wire, people as their country has them, or one type.
struct AccessChoice {
  enum class Kind : uint8_t { kWired, kMix, kType };
  Kind kind = Kind::kWired;
  AccessType type = AccessType::kFibre;  // of kType
  bool operator==(const AccessChoice&) const = default;
};
// "wired", "mix" or a type's name. InvalidArgument that says what was expected.
absl::StatusOr<AccessChoice> ParseAccessChoice(std::string_view text);
std::string_view AccessChoiceName(const AccessChoice& choice);

}  // namespace terrella::net
