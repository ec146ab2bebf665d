#include "edge_node/runtime/crypto/curve_point.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/pkey_params.h"

namespace terrella::runtime {
namespace {

using namespace std::string_view_literals;

// Made once a process: setting up a group costs more than using it once.
const EC_GROUP* GroupOf(KeyKind curve) {
  static const EC_GROUP* groups[] = {EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                     EC_GROUP_new_by_curve_name(NID_secp384r1),
                                     EC_GROUP_new_by_curve_name(NID_secp521r1)};
  const EC_GROUP* group = groups[static_cast<size_t>(curve) - static_cast<size_t>(KeyKind::kP256)];
  CHECK(group != nullptr);
  return group;
}

std::string Uncompressed(const EC_GROUP* group, const EC_POINT* point, BN_CTX* context) {
  std::string out(1 + 2 * 66, '\0');
  out.resize(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, AsUnsigned(out.data()),
                                out.size(), context));
  CHECK(!out.empty());
  return out;
}

// The bytes of a little-endian number that differ from it nowhere but in the top bit of the last.
bool IsNumber(std::string_view bytes, std::string_view number) {
  return bytes.size() == number.size() &&
         std::equal(bytes.begin(), bytes.end() - 1, number.begin()) &&
         ((bytes.back() ^ number.back()) & 0x7f) == 0;
}

std::string Repeated(char first, size_t size, char middle, char last) {
  std::string bytes(size, middle);
  bytes.front() = first;
  bytes.back() = last;
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> CheckEcNumbers(const CurveParts& parts) {
  const CurveInfo& curve = InfoOf(parts.curve);
  const EC_GROUP* group = GroupOf(parts.curve);
  const BnCtxPtr context(BN_CTX_secure_new());
  const EcPointPtr point(EC_POINT_new(group));
  std::string given;
  if (!parts.public_key.empty()) {
    if (EC_POINT_oct2point(group, point.get(), AsUnsigned(parts.public_key),
                           parts.public_key.size(), context.get()) != 1 ||
        EC_POINT_is_at_infinity(group, point.get()) != 0) {
      ForgetOpenSslErrors();
      return InvalidArgument("the public key is no point of {}", curve.name);
    }
    given = Uncompressed(group, point.get(), context.get());
    if (parts.private_key.empty()) return given;
  }
  const BnPtr scalar = MakeNumber(parts.private_key.view());
  if (parts.private_key.size() != curve.private_bytes || BN_is_zero(scalar.get()) ||
      BN_cmp(scalar.get(), EC_GROUP_get0_order(group)) >= 0) {
    return InvalidArgument("the private key is none of {}", curve.name);
  }
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  if (EC_POINT_mul(group, point.get(), scalar.get(), nullptr, nullptr, context.get()) != 1) {
    return OpenSslFailure("computing the public key");
  }
  std::string computed = Uncompressed(group, point.get(), context.get());
  if (!given.empty() && given != computed) {
    return InvalidArgument("the public key does not belong to the private key");
  }
  return computed;
}

bool IsSmallOrder(KeyKind curve, std::string_view point) {
  // A point is its y coordinate and, in a bit of the last byte, the sign of x. These are the y of
  // all points whose order divides the cofactor, and those they equal modulo p where that fits too.
  if (curve == KeyKind::kEd25519) {
    static const std::string kY[] = {
        std::string(32, '\0'),                 // 0, order 4
        Repeated('\x01', 32, '\0', '\0'),      // 1, order 1
        Repeated('\xec', 32, '\xff', '\x7f'),  // p - 1, order 2
        Repeated('\xed', 32, '\xff', '\x7f'),  // p
        Repeated('\xee', 32, '\xff', '\x7f'),  // p + 1
        "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
        "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",  // order 8
        "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
        "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a"};
    return std::any_of(std::begin(kY), std::end(kY),
                       [&](const std::string& y) { return IsNumber(point, y); });
  }
  // p = 2^448 - 2^224 - 1; the last byte holds the sign alone.
  static const std::string kP = std::string(28, '\xff') + '\xfe' + std::string(27, '\xff') + '\0';
  static const std::string kPLess = [] {
    std::string less = kP;
    less[0] = '\xfe';
    return less;
  }();
  static const std::string kPPlus = std::string(28, '\0') + std::string(28, '\xff') + '\0';
  return IsNumber(point, std::string(57, '\0')) ||
         IsNumber(point, Repeated('\x01', 57, '\0', '\0')) || IsNumber(point, kPLess) ||
         IsNumber(point, kP) || IsNumber(point, kPPlus);
}

}  // namespace terrella::runtime
