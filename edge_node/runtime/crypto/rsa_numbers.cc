#include "edge_node/runtime/crypto/rsa_numbers.h"

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"
#include "edge_node/runtime/crypto/pkey_params.h"

namespace terrella::runtime {
namespace {

// a * b = 1 modulo m - 1, or modulo m itself.
bool AreInverse(const BIGNUM* a, const BIGNUM* b, const BIGNUM* modulus, BN_CTX* context) {
  BnPtr product(BN_new());
  return BN_mod_mul(product.get(), a, b, modulus, context) == 1 && BN_is_one(product.get());
}

BnPtr LessOne(const BIGNUM* number) {
  BnPtr less(BN_dup(number));
  CHECK(less != nullptr && BN_sub_word(less.get(), 1) == 1);
  return less;
}

bool IsConsistent(const RsaParts& parts) {
  const BnCtxPtr context(BN_CTX_new());
  const BnPtr n = MakeNumber(parts.n), e = MakeNumber(parts.e), d = MakeNumber(parts.d.view());
  const BnPtr p = MakeNumber(parts.p.view()), q = MakeNumber(parts.q.view());
  const BnPtr dp = MakeNumber(parts.dp.view()), dq = MakeNumber(parts.dq.view());
  const BnPtr qi = MakeNumber(parts.qi.view());
  BnPtr product(BN_new());
  if (BN_is_zero(p.get()) || BN_is_one(p.get()) || BN_is_zero(q.get()) || BN_is_one(q.get()) ||
      BN_mul(product.get(), p.get(), q.get(), context.get()) != 1 ||
      BN_cmp(product.get(), n.get()) != 0) {
    return false;
  }
  const BnPtr p_less = LessOne(p.get()), q_less = LessOne(q.get());
  return BN_cmp(d.get(), n.get()) < 0 && BN_cmp(dp.get(), p.get()) < 0 &&
         BN_cmp(dq.get(), q.get()) < 0 && BN_cmp(qi.get(), p.get()) < 0 &&
         AreInverse(d.get(), e.get(), p_less.get(), context.get()) &&
         AreInverse(d.get(), e.get(), q_less.get(), context.get()) &&
         AreInverse(dp.get(), e.get(), p_less.get(), context.get()) &&
         AreInverse(dq.get(), e.get(), q_less.get(), context.get()) &&
         AreInverse(qi.get(), q.get(), p.get(), context.get());
}

}  // namespace

absl::Status CheckRsaNumbers(const RsaParts& parts) {
  if (parts.n.size() > kRsaBitsMax / 8) {
    return InvalidArgument("an RSA modulus of more than {} bits", kRsaBitsMax);
  }
  const BnPtr n = MakeNumber(parts.n);
  if (static_cast<uint32_t>(BN_num_bits(n.get())) < kRsaBitsMin || !BN_is_odd(n.get())) {
    return InvalidArgument("an RSA modulus must be odd and of {} to {} bits", kRsaBitsMin,
                           kRsaBitsMax);
  }
  if (parts.e.size() * 8 > kRsaExponentBitsMax) {
    return InvalidArgument("an RSA exponent of more than {} bits", kRsaExponentBitsMax);
  }
  const BnPtr e = MakeNumber(parts.e);
  if (!BN_is_odd(e.get()) || BN_is_one(e.get())) {
    return InvalidArgument("an RSA exponent must be odd and above 1");
  }
  if (parts.d.empty()) return absl::OkStatus();
  for (const SecretBytes* number :
       {&parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi}) {
    if (number->size() > parts.n.size())
      return InvalidArgument("an RSA key's numbers are too long");
  }
  if (!IsConsistent(parts)) {
    ForgetOpenSslErrors();
    return InvalidArgument("the numbers of the RSA private key do not belong together");
  }
  return absl::OkStatus();
}

}  // namespace terrella::runtime
