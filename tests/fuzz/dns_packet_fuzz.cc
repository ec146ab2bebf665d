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
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

std::shared_ptr<const Snapshot> MakeSnapshot() {
  SnapshotOptions options;
  options.addresses_max = 3;
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
  const AnswerContext context{.identity = &identity, .transport = transport, .keepalive_100ms = 1};
  const size_t room = transport == Transport::kUdp ? kUdpBytesMax : out.size();
  const size_t size = Answer(message, snapshot, context, std::span(out.data(), room));
  CHECK(size <= room);
  if (size > 0) CheckAnswer(message, {reinterpret_cast<const char*>(out.data()), size});
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
