// PathWish: what a simulated client says about its own path: what access it has, how much of its
// packets get lost, what time of day it is.
//
// A request says it in fields (`terrella-access: 4g`), a scenario's driver in one text of the same
// words, "access=4g;loss=1%/3;hour=20". What is not said is as the network is set up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/net/access_mix.h"
#include "sim/net/gilbert.h"
#include "sim/net/path_fault.h"

namespace terrella::net {

struct PathWish {
  std::optional<AccessChoice> access;
  std::optional<LossRates> loss;   // instead of the access's own
  std::optional<double> hour_utc;  // [0, 24)
  std::vector<PathFault> faults;   // on the way; only as text, not in fields
  bool operator==(const PathWish&) const;
};

// InvalidArgument that names the key and says what was expected.
absl::Status ReadPathWish(std::string_view key, std::string_view value, PathWish* out);
constexpr std::string_view kPathWishKeys[] = {"access", "loss", "hour"};
// In the text alone, once for each: "fault=EU-NA:5%/3".
constexpr std::string_view kPathFaultKey = "fault";
constexpr size_t kPathFaultsMax = 8;

// The type of the PROXY v2 TLV (in the range for custom use) that holds a wish as text.
constexpr uint8_t kPathWishTlv = 0xe5;
// Room for PathWishText of any wish: a text may say less than is read from it ("5%" is "5%/1").
constexpr size_t kPathWishBytesMax = 128 + kPathFaultsMax * (32 + kLossTextBytesMax);
absl::StatusOr<PathWish> ParsePathWish(std::string_view text);
// Keys and values of what is said, for request fields.
std::vector<std::pair<std::string_view, std::string>> PathWishFields(const PathWish& wish);
// ParsePathWish reads it back; at most kPathWishBytesMax bytes.
std::string PathWishText(const PathWish& wish);

// "20", "20.5" or "20:30". InvalidArgument that says what was expected.
absl::StatusOr<double> ParseHour(std::string_view text);

}  // namespace terrella::net
