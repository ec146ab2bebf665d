#include "cli/commands/import_pings.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace terrella::cli {
namespace {

constexpr size_t kServersBytesMax = 16 << 20;
constexpr uint64_t kPingsBytesMax = uint64_t{16} << 30;  // unpacked
constexpr size_t kPieceBytes = 1 << 20;

}  // namespace

std::filesystem::path ServersFileOf(const std::filesystem::path& pings) {
  const std::string name = pings.filename().string();
  constexpr std::string_view kHead = "pings-";
  constexpr size_t kDay = std::string_view("2020-07-19").size();
  if (!name.starts_with(kHead) || name.size() < kHead.size() + kDay) {
    return pings.parent_path() / "servers.csv";
  }
  return pings.parent_path() / fmt::format("servers-{}.csv", name.substr(kHead.size(), kDay));
}

absl::StatusOr<net::PingDump> ReadPingDump(const std::filesystem::path& pings,
                                           const std::filesystem::path& servers,
                                           const net::Places& places,
                                           const std::function<bool(uint64_t)>& progress) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(servers, kServersBytesMax));
  ASSIGN_OR_RETURN(std::vector<net::MeasuredSite> sites,
                   net::ReadPingServers(text, servers.filename().string(), places));
  // Reads what is not packed as it is.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(pings.c_str(), "rb"), gzclose);
  if (file == nullptr) return NotFound("cannot open {}: {}", pings.string(), std::strerror(errno));
  net::PingDump dump(std::move(sites), pings.filename().string());
  std::vector<char> piece(kPieceBytes);
  for (uint64_t bytes = 0;;) {
    const int got = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int problem = Z_OK;
    const char* why = gzerror(file.get(), &problem);
    // A stream that ends early shows at its end only.
    if (got < 0 || (got == 0 && problem != Z_OK && problem != Z_STREAM_END)) {
      return DataLoss("{}: {}", pings.string(), why);
    }
    if (got == 0) break;
    bytes += static_cast<uint64_t>(got);
    if (bytes > kPingsBytesMax) {
      return ResourceExhausted("{}: expected at most {} bytes unpacked", pings.string(),
                               kPingsBytesMax);
    }
    RETURN_IF_ERROR(dump.Feed({piece.data(), static_cast<size_t>(got)}));
    if (!progress(bytes)) return Cancelled("interrupted; nothing has changed");
  }
  RETURN_IF_ERROR(dump.Finish());
  if (dump.pings() == 0)
    return InvalidArgument("{}: expected pings between its servers", pings.string());
  return dump;
}

}  // namespace terrella::cli
