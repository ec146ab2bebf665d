// Dumps of pings: no bytes may crash the reader, every refusal names the file, and a dump cut
// anywhere gives what it gives whole.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/ping_dump.h"
#include "tests/fuzz/one_city.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::net;
  if (size < 2) return 0;
  static const auto places = OneCity();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto servers = ReadPingServers(bytes, "s.csv", *places);
  CHECK(servers.ok() || terrella::Message(servers.status()).starts_with("s.csv:"));
  const std::string text = (data[0] & 1) != 0
                               ? std::string(bytes)
                               : "source,destination,min,avg,max,mdev\n" + std::string(bytes);
  const size_t cut = (size_t{data[0]} << 8 | data[1]) % (text.size() + 1);
  const std::vector<MeasuredSite> sites = {{1, "a", "DE", {50, 7}}, {2, "b", "DE", {51, 8}}};
  PingDump whole(sites, "p.csv"), halves(sites, "p.csv");
  absl::Status first = whole.Feed(text);
  if (first.ok()) first = whole.Finish();
  absl::Status second = halves.Feed(std::string_view(text).substr(0, cut));
  if (second.ok()) second = halves.Feed(std::string_view(text).substr(cut));
  if (second.ok()) second = halves.Finish();
  CHECK(first == second);
  CHECK(first.ok() || terrella::Message(first).starts_with("p.csv:"));
  if (first.ok()) CHECK(whole.ToMeasured().paths.size() == halves.ToMeasured().paths.size());
  return 0;
}
