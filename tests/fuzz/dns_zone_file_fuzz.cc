// Zone files: any text is refused with its line, or makes a zone that answers.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/answer.h"
#include "dns_router/view/zone_file.h"
#include "dns_router/wire/test_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::dns;
  const auto file = ParseZoneFile({reinterpret_cast<const char*>(data), size}, "zone");
  if (!file.ok()) {
    CHECK(file.status().message().substr(0, 5) == "zone:");
    return 0;
  }
  SnapshotOptions options;
  options.zone.file = std::make_shared<ZoneRecords>(*file);
  std::vector<std::string> ignored;
  const auto snapshot =
      *Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), options, nullptr, &ignored);
  const ServerIdentity identity{"i", "v"};
  std::vector<uint8_t> out(kTcpMessageBytesMax);
  size_t asked = 0;
  for (const ZoneRecord& record : file->records) {
    if (++asked > 20) break;
    testing::QueryParts parts{.name = std::string(record.owner.wire())};
    parts.type = static_cast<unsigned>(record.type);
    const AnswerContext context{.identity = &identity, .transport = Transport::kTcp};
    const size_t answered = Answer(testing::Build(parts), snapshot.get(), context, out);
    // Throws when malformed.
    testing::DecodedAnswer({reinterpret_cast<const char*>(out.data()), answered});
  }
  return 0;
}
