// Signed messages: any bytes are refused or taken apart within their bounds, the whole and cut;
// what was signed verifies; and a transfer that is asked for with them is well-formed.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/wire/test_message.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {
namespace {

constexpr uint64_t kNowS = 1'800'000'000;

const TsigKeys& Keys() {
  static const TsigKeys keys = *TsigKeys::Parse("hmac-sha256:k:c2VjcmV0\n");
  return keys;
}

const ZoneHistory& History() {
  static ZoneHistory history({}, nullptr);
  if (history.state() == nullptr) {
    for (uint64_t serial : {7, 8}) {
      TopologyView view = MakeThreeNodeView();
      view.serial = serial;
      if (serial == 8) view.nodes[1].state = NodeState::kDown;
      std::vector<std::string> ignored;
      history.Take(**Snapshot::Build(view, MakeThreePoints(), {}, nullptr, &ignored));
    }
  }
  return history;
}

void Try(std::string_view message) {
  if (const auto at = FindTsig(message)) {
    if (const auto record = ParseTsig(message, *at)) {
      TsigSession session = TsigSession::ForRequest(&Keys(), message, *at, *record, kNowS);
      std::string answer = WithoutTsig(message, *at);
      const size_t before = answer.size();
      session.Sign(answer, kNowS);
      CHECK(answer.size() - before <= session.record_bytes());
      CHECK(FindTsig(answer) == before);
    }
  }
  static TransferCounters counters;
  static TransferServer server(History(), {.prefixes = *ParsePrefixes("0.0.0.0/0")}, counters);
  if (message.size() < kHeaderBytes) return;
  const auto transfer = server.Begin(message, {}, &Keys(), kNowS);
  while (transfer != nullptr && !transfer->done()) {
    testing::DecodedAnswer(transfer->Next(kNowS));  // throws when malformed
  }
}

}  // namespace
}  // namespace terrella::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::dns;
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  Try(whole);
  if (size > 0) Try(whole.substr(0, data[size - 1] % size));
  // Signed as it is, it verifies, when there was no more in it than its counts say.
  if (size >= kHeaderBytes && size < 4096 && !FindTsig(whole)) {
    std::string message(whole);
    TsigSession(*Keys().Find(*Name::Parse("k"))).Sign(message, kNowS);
    if (const auto at = FindTsig(message); at == size) {
      const auto record = ParseTsig(message, *at);
      CHECK(record.has_value());
      CHECK(TsigSession::ForRequest(&Keys(), message, *at, *record, kNowS).key() != nullptr);
      Try(message);
    }
  }
  (void)TsigKeys::Parse(whole).ok();
  return 0;
}
