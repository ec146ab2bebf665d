#include "control_plane/events/stats_log.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr std::string_view kSuffix = ".minutes";

// The hours there are files of, ascending.
std::vector<int64_t> HoursIn(const std::filesystem::path& folder) {
  std::vector<int64_t> hours;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(kSuffix)) continue;
    int64_t hour = 0;
    const char* end = name.data() + name.size() - kSuffix.size();
    const auto parsed = std::from_chars(name.data(), end, hour);
    if (parsed.ec == std::errc() && parsed.ptr == end) hours.push_back(hour);
  }
  std::sort(hours.begin(), hours.end());
  return hours;
}

}  // namespace

std::filesystem::path StatsLog::FileOf(int64_t hour) const {
  return folder_ / (std::to_string(hour) + std::string(kSuffix));
}

void StatsLog::Read(const std::function<void(const v1::StatsMinute&)>& minute) const {
  if (folder_.empty()) return;
  for (const int64_t hour : HoursIn(folder_)) {
    const auto bytes = ReadFile(FileOf(hour), kFileBytesMax * 2);
    if (!bytes.ok()) continue;
    std::string_view rest = *bytes;
    uint32_t size = 0;
    while (rest.size() >= sizeof size) {
      memcpy(&size, rest.data(), sizeof size);
      rest.remove_prefix(sizeof size);
      v1::StatsMinute read;
      if (size > rest.size() || !read.ParseFromArray(rest.data(), static_cast<int>(size))) break;
      rest.remove_prefix(size);
      minute(read);
    }
  }
}

void StatsLog::Append(const v1::StatsMinute& minute) {
  if (folder_.empty()) return;
  const int64_t hour = minute.unix_ms() / kHourMs;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::filesystem::path path = FileOf(hour);
  const uint64_t before = std::filesystem::file_size(path, error);
  const bool is_new = static_cast<bool>(error);
  std::string bytes(sizeof(uint32_t), '\0');
  const auto size = static_cast<uint32_t>(minute.ByteSizeLong());
  memcpy(bytes.data(), &size, sizeof size);
  minute.AppendToString(&bytes);
  if ((is_new ? 0 : before) + bytes.size() > kFileBytesMax) {
    if (!std::exchange(failed_, true)) LogWarn("{} is full: minutes are not kept", path.string());
    return;
  }
  FILE* file = std::fopen(path.c_str(), "ae");
  const bool written =
      file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!(written && closed) && !std::exchange(failed_, true)) {
    LogWarn("{} cannot be written: statistics are not kept", path.string());
  }
  if (is_new) Prune(hour);
}

void StatsLog::Prune(int64_t hour) const {
  std::error_code error;
  for (const int64_t old : HoursIn(folder_)) {
    if (old <= hour - kHoursKept) std::filesystem::remove(FileOf(old), error);
  }
}

}  // namespace terrella::control
