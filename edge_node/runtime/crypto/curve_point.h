// Points and scalars of the curves P-256, P-384 and P-521 (SEC 1 section 3.2), and the points of
// edwards25519 and edwards448 that sign nothing.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/key_parts.h"

namespace terrella::runtime {

// The public point uncompressed: the one given, proved to be on the curve, or what the scalar makes
// of the generator. InvalidArgument: off the curve, the scalar not in 1 to n - 1, or the two do not
// belong together.
absl::StatusOr<std::string> CheckEcNumbers(const CurveParts& parts);

// Whether an encoded point of Ed25519's or Ed448's curve generates a group of at most eight points,
// for which everything is a signature (Secure Curves in the Web Cryptography API, "Verify").
bool IsSmallOrder(KeyKind curve, std::string_view point);

}  // namespace terrella::runtime
