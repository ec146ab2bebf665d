// LogStore: events of requests that were kept, in a database of their own (`logs.db`): what a tail
// would have shown, for those who were not there.
//
// Bounded by bytes and by age: whenever events come, more of the oldest go than came, by number and
// by bytes, until both limits hold. Arrival is the order of forgetting, the time of the request
// that of reading. A search reads what it looks through, so a page looks at a bounded number of
// events and says where it stopped.
//
// Thread: one. Owns: the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/sqlite_database.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::control {

struct LogLimits {
  uint64_t bytes_max = uint64_t{256} << 20;  // of all events, as they are on the wire
  Duration age_max = std::chrono::hours(24 * 3);
  size_t page_events_max = 1000;
  size_t page_events_default = 100;
  size_t page_bytes_max = 2 << 20;
  size_t page_looked_at_max = 20'000;
};

// Events that arrived together, and how many more of each script came too fast.
struct LogBatch {
  std::vector<v1::TailEvent> events;
  std::map<std::string, uint64_t> missed;
};

class LogStore {
 public:
  // Opens or creates the file.
  static absl::StatusOr<LogStore> Open(const std::filesystem::path& path, const Clock& clock,
                                       const LogLimits& limits = {});

  // One transaction.
  absl::Status Append(const LogBatch& batch);
  // See tail.proto; `keeps` is not set.
  absl::StatusOr<v1::TailHistoryResponse> Query(const v1::TailHistoryRequest& request);
  uint64_t bytes() const { return bytes_; }

 private:
  LogStore(SqliteDatabase database, const Clock& clock, const LogLimits& limits)
      : clock_(&clock), limits_(limits), database_(std::move(database)) {}

  absl::Status Prepare();
  absl::Status Insert(const LogBatch& batch, int64_t now_ms);
  // Lets go of the oldest events that are beyond a limit, until `count` of them and `bytes` are
  // gone.
  absl::Status Forget(size_t count, uint64_t bytes, int64_t now_ms);

  const Clock* clock_;
  LogLimits limits_;
  SqliteDatabase database_;
  SqliteStatement insert_, miss_, oldest_, forget_, forget_missed_, page_, count_missed_;
  uint64_t bytes_ = 0;
};

}  // namespace terrella::control
