// StatsLog: minutes of statistics on disk: one file an hour, each minute appended with its length
// in front. Nothing is synced: a crash of the machine may lose the last ones, and a torn end is
// left out. Files older than a day go; a file that has grown to its limit takes no more.
//
// Thread: one.
#pragma once

#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "terrella/v1/stats.pb.h"

namespace terrella::control {

class StatsLog {
 public:
  static constexpr uint64_t kFileBytesMax = 16 << 20;
  static constexpr int kHoursKept = 25;

  // The folder is made when it is missing. An empty path keeps nothing.
  explicit StatsLog(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Every minute that is kept, the oldest first; what cannot be read is passed over.
  void Read(const std::function<void(const v1::StatsMinute&)>& minute) const;
  void Append(const v1::StatsMinute& minute);

 private:
  std::filesystem::path FileOf(int64_t hour) const;
  void Prune(int64_t hour) const;

  const std::filesystem::path folder_;
  bool failed_ = false;  // said once
};

}  // namespace terrella::control
