#include "dns_router/transfer/zone_version.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "dns_router/policy/https_content.h"

namespace terrella::dns {
namespace {

constexpr size_t kSoaNumbersBytes = 20;  // serial, refresh, retry, expire, minimum

// Where the HTTPS record's content is put together.
struct Content {
  void PutWord(uint16_t word) {
    bytes.push_back(static_cast<char>(word >> 8));
    bytes.push_back(static_cast<char>(word));
  }
  void PutBytes(std::string_view more) { bytes += more; }
  std::string bytes;
};

void AddSteered(const Snapshot& snapshot, std::string_view name, PackedRecords& out) {
  const SteeringChoice choice = snapshot.ChooseAt(name, kSomewhere);
  if (choice.count == 0) return;
  for (const NodeIndex index : choice.chosen()) {
    const NodeFacts& node = snapshot.node(index);
    const auto bytes = [](const IpAddress& address, size_t size) {
      return std::string_view(reinterpret_cast<const char*>(address.bytes().data()), size);
    };
    out.Add(name, Type::kA, choice.ttl_s, bytes(node.address, 4));
    if (node.address_v6) out.Add(name, Type::kAaaa, choice.ttl_s, bytes(*node.address_v6, 16));
  }
  if (snapshot.zone().options().https_alpn.empty()) return;
  Content content;
  PutHttpsContent(snapshot, choice, content);
  out.Add(name, Type::kHttps, choice.ttl_s, content.bytes);
}

}  // namespace

uint32_t SerialOf(const Zone& zone) {
  const std::string& rdata = zone.soa().rdata.front();
  CHECK(rdata.size() > kSoaNumbersBytes);
  uint32_t serial = 0;
  for (size_t i = 0; i < 4; ++i) {
    serial = serial << 8 | static_cast<uint8_t>(rdata[rdata.size() - kSoaNumbersBytes + i]);
  }
  return serial;
}

absl::StatusOr<std::shared_ptr<const ZoneVersion>> ZoneVersion::Build(const Snapshot& snapshot,
                                                                      size_t bytes_max) {
  const Zone& zone = snapshot.zone();
  std::shared_ptr<ZoneVersion> version(new ZoneVersion());
  version->apex_ = zone.apex();
  version->serial_ = SerialOf(zone);
  version->soa_.Add(zone.apex().wire(), Type::kSoa, zone.soa().ttl_s, zone.soa().rdata.front());
  absl::Status status;
  zone.ForEach([&](std::string_view name, const Zone::Data& data) {
    if (!status.ok()) return;
    for (const RecordSet& set : zone.Sets(data)) {
      if (set.type == Type::kSoa || set.type == Type::kDnskey) continue;
      for (const std::string& rdata : set.rdata) {
        if (name.size() + rdata.size() > kTransferRecordBytesMax) {
          status =
              ResourceExhausted("a record of '{}' has {} bytes, more than a transfer can carry",
                                NameToString(name), rdata.size());
          return;
        }
        version->records_.Add(name, set.type, set.ttl_s, rdata);
      }
    }
    if (data.steered && zone.Find(name).place != Zone::Place::kDelegated) {
      AddSteered(snapshot, name, version->records_);
    }
    if (version->records_.bytes() > bytes_max) {
      status = ResourceExhausted("a zone of more than {} bytes is not transferred", bytes_max);
    }
  });
  RETURN_IF_ERROR(status);
  version->records_.Sort();
  return version;
}

bool ZoneVersion::SameContentAs(const ZoneVersion& other) const {
  const auto without_serial = [](std::string_view soa) {
    std::string out(soa);
    return out.replace(out.size() - kSoaNumbersBytes, 4, "");
  };
  return without_serial(soa()) == without_serial(other.soa()) && records_ == other.records_;
}

}  // namespace terrella::dns
