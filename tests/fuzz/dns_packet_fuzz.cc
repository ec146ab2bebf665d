// DNS messages: any bytes get a well-formed answer within its limit, or none; the same bytes get
// the same.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/answer.h"
#include "dns_router/view/zone_file.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

constexpr char kKeyPem[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIGU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQoAoGCCqGSM49AwEHoUQDQgAE\n"
    "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9x\n"
    "MWyQLc8NAA==\n"
    "-----END EC PRIVATE KEY-----\n";  // of RFC 6605 section 6.1

std::shared_ptr<const Snapshot> MakeSnapshot() {
  SnapshotOptions options;
  options.addresses_max = 3;
  // As libFuzzer has no use for answers that differ by chance, always the same key.
  options.zone.keys = std::make_shared<SigningKeys>(*SigningKeys::FromPem(kKeyPem));
  options.zone.https_alpn = "\2h2";
  options.zone.file = std::make_shared<ZoneRecords>(*ParseZoneFile(
      "$ORIGIN edge.test.\na CNAME b\nb CNAME hello\nc CNAME x.test.\nl CNAME l\ns NS n.s\n"
      "n.s A 192.0.2.1\n@ MX 1 m\n@ MX 2 hello\nm A 192.0.2.2\n*.w TXT t\nd CNAME q.s\n",
      "zone"));
  std::vector<std::string> ignored;
  return *Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), options, nullptr, &ignored);
}

void CheckAnswer(std::string_view message, std::string_view bytes) {
  CHECK(message.size() >= kHeaderBytes);
  CHECK((static_cast<uint8_t>(message[2]) & 0x80) == 0);  // a response is never answered
  const testing::DecodedAnswer answer(bytes);             // throws when malformed
  CHECK((answer.flags & 0x8000) != 0);
  CHECK(answer.m.substr(0, 2) == message.substr(0, 2));
  CHECK(answer.question.empty() || message.substr(kHeaderBytes).starts_with(answer.question));
}

void Try(std::string_view message, const Snapshot* snapshot, Transport transport) {
  static std::array<uint8_t, kTcpMessageBytesMax> out;
  static const ServerIdentity identity{.instance = std::string(kInstanceBytesMax, 'i'),
                                       .version = "v"};
  static const CookieSecrets cookies = *CookieSecrets::Parse("000102030405060708090a0b0c0d0e0f");
  static Statistics statistics;
  // The clock stands, so the second answer is a short one.
  RateLimiter limiter({.answers_per_s = 1, .slip = 1, .buckets = 8}, statistics);
  static Signer signer({.lasting_slots_min = 256, .passing_slots = 16, .passing_per_s_max = 0});
  if (snapshot != nullptr) {
    const Zone& zone = snapshot->zone();
    signer.BeginBatch(zone.options().keys.get(), zone.apex().wire(), 1'800'000'000,
                      snapshot->lasting_sets());
  }
  const AnswerContext context{.identity = &identity,
                              .transport = transport,
                              .client = {},
                              .keepalive_100ms = 1,
                              .cookies = &cookies,
                              .rate_limiter = &limiter,
                              .signer = &signer,
                              .now_s = 1'800'000'000,
                              .now_us = 1};
  const size_t room = transport == Transport::kUdp ? kUdpBytesMax : out.size();
  const size_t size = Answer(message, snapshot, context, std::span(out.data(), room));
  CHECK(size <= room);
  if (size > 0) CheckAnswer(message, {reinterpret_cast<const char*>(out.data()), size});
  const size_t limited = Answer(message, snapshot, context, std::span(out.data(), room));
  CHECK(transport == Transport::kTcp || limited <= size);
  if (limited > 0) CheckAnswer(message, {reinterpret_cast<const char*>(out.data()), limited});
}

}  // namespace
}  // namespace terrella::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::dns;
  static const auto snapshot = MakeSnapshot();
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  Try(whole, snapshot.get(), Transport::kUdp);
  Try(whole, snapshot.get(), Transport::kTcp);
  Try(whole, nullptr, Transport::kUdp);
  // Cut at a place the input itself names: what is behind must not be read.
  if (size > 0) Try(whole.substr(0, data[size - 1] % size), snapshot.get(), Transport::kUdp);
  return 0;
}
