// What strangers say of who they are: names in certificates, join tokens, signing requests, and the
// chain of a server that a node meets for the first time. Whole, and cut in two.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "rpc/identity.h"
#include "rpc/join_token.h"

using namespace terrella;

namespace {

void Read(const std::string& text) {
  if (const auto identity = rpc::ParseIdentity(text); identity.ok()) {
    CHECK(rpc::ToUri(*identity) == text);
  }
  if (const auto token = rpc::JoinToken::Parse(text); token.ok()) {
    const auto again = rpc::JoinToken::Parse(token->ToString());
    CHECK(again.ok() && again->secret == token->secret);
  }
  static const http::TlsIdentity authority =
      *http::MakeClusterAuthority("fuzz", SystemClock().WallNow());
  const WallTime now = SystemClock().WallNow();
  const auto signed_for = http::SignRequest(authority, text, {.uri = "edge://fuzz/node/a"}, now);
  if (signed_for.ok()) CHECK(http::RequestKeyHash(text).ok());
  CHECK(!http::CheckPinnedChain(text, std::string(32, '\0'), now).ok());
  (void)http::DescribeCertificate(text);
  (void)http::AuthorityOf(text);
  CHECK(!http::KeyFits(text, authority.certificates_pem));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Read(text);
  Read(text.substr(0, size / 2));
  return 0;
}
