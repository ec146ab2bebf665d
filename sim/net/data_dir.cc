#include "sim/net/data_dir.h"

#include <cstdlib>
#include <string>

#include "base/status.h"

namespace terrella::net {

absl::StatusOr<std::filesystem::path> FindDataDir() {
  if (const char* given = std::getenv("TERRELLA_DATA"); given != nullptr && *given != '\0') {
    return std::filesystem::path(given);
  }
  std::error_code error;
  std::filesystem::path binary = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Internal("cannot read /proc/self/exe: {}", error.message());
  std::string tried;
  for (const char* relative : {"../../data", "../data", "../share/terrella/data"}) {
    std::filesystem::path dir = (binary.parent_path() / relative).lexically_normal();
    if (std::filesystem::exists(dir / "cities.csv", error)) return dir;
    if (!tried.empty()) tried += ", ";
    tried += dir.string();
  }
  return NotFound("no folder with cities.csv (tried {}): give --data DIR or set TERRELLA_DATA",
                  tried);
}

std::optional<std::filesystem::path> KeptDataDir() {
  if (const char* home = std::getenv("TERRELLA_HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".data";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".terrella" / ".data";
  }
  return std::nullopt;
}

}  // namespace terrella::net
