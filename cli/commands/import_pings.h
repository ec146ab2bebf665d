// WonderProxy's dump of pings read from its file, packed by gzip or not.
#pragma once

#include <filesystem>
#include <functional>

#include "absl/status/statusor.h"
#include "sim/net/ping_dump.h"

namespace terrella::cli {

// The list of servers that belongs to a dump: servers-2020-07-19.csv beside
// pings-2020-07-19-2020-07-20.csv.gz.
std::filesystem::path ServersFileOf(const std::filesystem::path& pings);

// Calls `progress` with the bytes unpacked now and then; Cancelled when it says false.
absl::StatusOr<net::PingDump> ReadPingDump(const std::filesystem::path& pings,
                                           const std::filesystem::path& servers,
                                           const net::Places& places,
                                           const std::function<bool(uint64_t)>& progress);

}  // namespace terrella::cli
