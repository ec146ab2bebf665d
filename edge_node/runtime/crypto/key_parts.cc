#include "edge_node/runtime/crypto/key_parts.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::runtime {
namespace {

using namespace std::string_view_literals;

constexpr CurveInfo kCurves[] = {
    // RFC 5480 section 2.1.1.1
    {KeyKind::kP256, "P-256", true, 32, 32, "\x2a\x86\x48\xce\x3d\x03\x01\x07"sv},
    {KeyKind::kP384, "P-384", true, 48, 48, "\x2b\x81\x04\x00\x22"sv},
    {KeyKind::kP521, "P-521", true, 66, 66, "\x2b\x81\x04\x00\x23"sv},
    // RFC 8410 section 3
    {KeyKind::kEd25519, "Ed25519", false, 32, 32, "\x2b\x65\x70"sv},
    {KeyKind::kX25519, "X25519", false, 32, 32, "\x2b\x65\x6e"sv},
    {KeyKind::kEd448, "Ed448", false, 57, 57, "\x2b\x65\x71"sv},
    {KeyKind::kX448, "X448", false, 56, 56, "\x2b\x65\x6f"sv},
};

}  // namespace

const CurveInfo& InfoOf(KeyKind curve) {
  const auto* found = std::find_if(std::begin(kCurves), std::end(kCurves),
                                   [&](const CurveInfo& info) { return info.kind == curve; });
  CHECK(found != std::end(kCurves));
  return *found;
}

std::optional<KeyKind> FindCurve(std::string_view name) {
  for (const CurveInfo& info : kCurves) {
    if (info.name == name) return info.kind;
  }
  return std::nullopt;
}

}  // namespace terrella::runtime
