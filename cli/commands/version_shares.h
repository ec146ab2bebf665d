// Shares of versions as people write and read them: "1f2e3d4c@10", "10 %".
#pragma once

#include <google/protobuf/repeated_field.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::cli {

// "ID@PERCENT", with up to two decimals. One that names no percentage gets what the others leave;
// at most one may. When all name one and leave something, `now`, the version that has all requests
// so far, keeps it; "": there is none. InvalidArgument says which word is wrong, or what they add
// up to.
absl::StatusOr<std::vector<v1::VersionShare>> ParseShares(const std::vector<std::string>& words,
                                                          const std::string& now);

// "12.5 %"
std::string PercentText(uint32_t basis_points);
// "1f2e3d4c5b6a 10 %, 90ac... 90 %"
std::string SharesText(const google::protobuf::RepeatedPtrField<v1::VersionShare>& shares);
// [{"version": "1f2e...", "percent": 10}, ...]
nlohmann::ordered_json SharesJson(
    const google::protobuf::RepeatedPtrField<v1::VersionShare>& shares);

}  // namespace terrella::cli
