// SHA-256 and hexadecimal: content hashes name every blob and version.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella {

// 32 raw bytes (FIPS 180-4).
std::string Sha256(std::string_view bytes);
// Lower-case hexadecimal.
std::string ToHex(std::string_view bytes);
absl::StatusOr<std::string> FromHex(std::string_view hex);
// Equality of secrets and signatures: takes as long whatever differs.
bool SameBytes(std::string_view a, std::string_view b);

}  // namespace terrella
