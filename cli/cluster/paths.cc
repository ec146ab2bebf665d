#include "cli/cluster/paths.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/status.h"

namespace terrella::cli {

absl::StatusOr<std::filesystem::path> TerrellaHome() {
  if (const char* home = std::getenv("TERRELLA_HOME"); home != nullptr && *home != 0) {
    return std::filesystem::absolute(home).lexically_normal();
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::filesystem::path(home) / ".terrella";
  }
  return FailedPrecondition(
      "neither TERRELLA_HOME nor HOME is set; set TERRELLA_HOME to a folder for the clusters' "
      "state");
}

absl::Status CheckClusterName(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 40 && name[0] != '-' &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '-' || c == '_';
                    });
  if (good) return absl::OkStatus();
  return InvalidArgument(
      "a cluster's name is 1 to 40 letters, digits, '-' or '_', not starting with '-'; got '{}'",
      name);
}

}  // namespace terrella::cli
