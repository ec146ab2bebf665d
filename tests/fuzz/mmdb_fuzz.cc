// MaxMind DBs: no bytes may crash the reader, make it read beyond them or never end; networks come
// in order.
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/check.h"
#include "sim/net/mmdb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using terrella::net::Mmdb;
  // The mark is behind the first of three parts, whose lengths the first two bytes give: the fuzzer
  // would seldom guess it.
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t cut = (size_t{data[0]} << 8 | data[1]) % (rest.size() + 1);
  std::string bytes(rest.substr(0, cut));
  bytes += "\xab\xcd\xefMaxMind.com";
  bytes += rest.substr(cut);
  const auto mmdb = Mmdb::Open(bytes);
  if (!mmdb.ok()) return 0;
  uint64_t next = 0;
  int visited = 0;
  (void)mmdb->ForEach([&](const Mmdb::Network& network) -> absl::Status {
    CHECK(network.first >= next && network.bits >= 0 && network.bits <= 64);
    next = network.first;
    (void)mmdb->ReadLocation(network.record);
    return ++visited < 1000 ? absl::OkStatus() : absl::CancelledError("enough");
  });
  return 0;
}
