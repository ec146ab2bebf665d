#include "cli/commands/kept_data.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/cluster/paths.h"

namespace terrella::cli {

using Json = nlohmann::ordered_json;

absl::StatusOr<std::filesystem::path> KeptDataFolder() {
  ASSIGN_OR_RETURN(const std::filesystem::path home, TerrellaHome());
  return home / ".data";
}

absl::StatusOr<PullNote> ReadPullNote(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kPullNoteFile;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 64 << 10));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto has = [&](const char* key, auto is) {
    return json.is_object() && json.contains(key) && (json[key].*is)();
  };
  if (!has("package", &Json::is_string) || !has("integrity", &Json::is_string) ||
      !has("pulled_unix_s", &Json::is_number_integer)) {
    return DataLoss("{}: expected package, integrity and pulled_unix_s", path.string());
  }
  return PullNote{json["package"], json["integrity"], json["pulled_unix_s"]};
}

absl::Status WritePullNote(const std::filesystem::path& folder, const PullNote& note) {
  return WriteFileAtomic(folder / kPullNoteFile, Json{{"package", note.package},
                                                      {"integrity", note.integrity},
                                                      {"pulled_unix_s", note.pulled_unix_s}}
                                                         .dump(1) +
                                                     "\n");
}

std::string FormatDay(int64_t unix_s) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(unix_s)));
}

}  // namespace terrella::cli
