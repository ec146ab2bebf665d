#include "control_plane/events/log_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status.h"
#include "control_plane/events/log_match.h"

namespace terrella::control {
namespace {

constexpr const char* kSchema = R"(
  pragma synchronous = normal;
  create table if not exists event(
    id integer primary key autoincrement, script text not null, unix_ms integer not null,
    data blob not null);
  create index if not exists event_by_time on event(script, unix_ms, id);
  create table if not exists missing(
    script text not null, unix_ms integer not null, events integer not null,
    primary key(script, unix_ms)) without rowid;
  create index if not exists missing_by_time on missing(unix_ms);)";

// What was missed is added up by so much time, so that its rows are bounded, too.
constexpr uint64_t kMissedEveryMs = 10'000;

uint64_t Ms(int64_t unix_ms) {
  return static_cast<uint64_t>(std::max<int64_t>(unix_ms, 0));
}

int64_t NowMs(const Clock& clock) {
  return static_cast<int64_t>(ToMs(clock.WallNow().time_since_epoch()));
}

}  // namespace

absl::StatusOr<LogStore> LogStore::Open(const std::filesystem::path& path, const Clock& clock,
                                        const LogLimits& limits) {
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(path, /*read_only=*/false));
  LogStore store(std::move(database), clock, limits);
  RETURN_IF_ERROR(store.Prepare());
  return store;
}

absl::Status LogStore::Prepare() {
  RETURN_IF_ERROR(database_.UseWriteAheadLog());
  RETURN_IF_ERROR(database_.Execute(kSchema));
  ASSIGN_OR_RETURN(insert_,
                   database_.Prepare("insert into event(script, unix_ms, data) values(?, ?, ?)"));
  ASSIGN_OR_RETURN(miss_, database_.Prepare("insert into missing values(?, ?, ?)"
                                            " on conflict(script, unix_ms) do update"
                                            " set events = events + excluded.events"));
  ASSIGN_OR_RETURN(oldest_, database_.Prepare("select id, unix_ms, length(data) from event"
                                              " order by id"));
  ASSIGN_OR_RETURN(forget_, database_.Prepare("delete from event where id <= ?"));
  ASSIGN_OR_RETURN(forget_missed_, database_.Prepare("delete from missing where unix_ms < ?"));
  ASSIGN_OR_RETURN(page_, database_.Prepare("select id, unix_ms, data from event where script = ?"
                                            " and unix_ms >= ? and unix_ms < ?"
                                            " and (unix_ms, id) < (?, ?)"
                                            " order by unix_ms desc, id desc limit ?"));
  ASSIGN_OR_RETURN(count_missed_,
                   database_.Prepare("select coalesce(sum(events), 0) from missing"
                                     " where script = ? and unix_ms >= ? and unix_ms < ?"));
  ASSIGN_OR_RETURN(SqliteStatement sum,
                   database_.Prepare("select coalesce(sum(length(data)), 0) from event"));
  ASSIGN_OR_RETURN(const bool there, sum.Bind().Step());
  bytes_ = there ? sum.Integer(0) : 0;
  return absl::OkStatus();
}

absl::Status LogStore::Append(const LogBatch& batch) {
  const int64_t now_ms = NowMs(*clock_);
  const uint64_t before = bytes_;
  RETURN_IF_ERROR(database_.Execute("begin immediate"));
  absl::Status done = Insert(batch, now_ms);
  // Twice what came, by number and by bytes: many small events make room for a few large ones, and
  // the file shrinks to a limit that was lowered, step by step.
  if (done.ok()) done = Forget(2 * batch.events.size() + 64, 2 * (bytes_ - before), now_ms);
  if (done.ok()) done = database_.Execute("commit");
  if (done.ok()) return done;
  bytes_ = before;
  (void)database_.Execute("rollback");
  return done;
}

absl::Status LogStore::Insert(const LogBatch& batch, int64_t now_ms) {
  for (const v1::TailEvent& event : batch.events) {
    const std::string data = event.SerializeAsString();
    RETURN_IF_ERROR(
        // None is of the future: it would stay the newest, and keep those behind it.
        insert_
            .Bind(std::string_view(event.script()), Ms(std::min(event.unix_ms(), now_ms)),
                  std::string_view(data))
            .Run());
    bytes_ += data.size();
  }
  for (const auto& [script, events] : batch.missed) {
    RETURN_IF_ERROR(
        miss_.Bind(std::string_view(script), Ms(now_ms) / kMissedEveryMs * kMissedEveryMs, events)
            .Run());
  }
  return absl::OkStatus();
}

absl::Status LogStore::Forget(size_t count, uint64_t bytes, int64_t now_ms) {
  const uint64_t age_ms = static_cast<uint64_t>(ToMs(limits_.age_max));
  const uint64_t cutoff_ms = Ms(now_ms) - std::min(Ms(now_ms), age_ms);
  uint64_t last = 0, freed = 0;
  size_t gone = 0;
  oldest_.Bind();
  while (gone < count || freed < bytes) {
    ASSIGN_OR_RETURN(const bool row, oldest_.Step());
    if (!row || (bytes_ <= limits_.bytes_max && oldest_.Integer(1) >= cutoff_ms)) break;
    last = oldest_.Integer(0);
    bytes_ -= std::min(bytes_, oldest_.Integer(2));
    freed += oldest_.Integer(2);
    ++gone;
  }
  oldest_.Reset();
  if (last > 0) RETURN_IF_ERROR(forget_.Bind(last).Run());
  return forget_missed_.Bind(cutoff_ms).Run();
}

absl::StatusOr<v1::TailHistoryResponse> LogStore::Query(const v1::TailHistoryRequest& request) {
  if (request.limit() > limits_.page_events_max) {
    return InvalidArgument("a page has at most {} events, got a limit of {}",
                           limits_.page_events_max, request.limit());
  }
  constexpr uint64_t kNoEnd = std::numeric_limits<int64_t>::max();
  const size_t events_max = request.limit() == 0 ? limits_.page_events_default : request.limit();
  const uint64_t age_ms = static_cast<uint64_t>(ToMs(limits_.age_max));
  const uint64_t now_ms = Ms(NowMs(*clock_));
  // What is older may still be there: it goes when something comes.
  const uint64_t since = std::max(Ms(request.since_unix_ms()), now_ms - std::min(now_ms, age_ms));
  const uint64_t until = request.until_unix_ms() == 0 ? kNoEnd : Ms(request.until_unix_ms());
  const std::string_view script = request.script();
  v1::TailHistoryResponse out;
  count_missed_.Bind(script, since - std::min(since, kMissedEveryMs - 1), until);
  ASSIGN_OR_RETURN(const bool counted, count_missed_.Step());
  if (counted) out.set_missed(count_missed_.Integer(0));
  count_missed_.Reset();
  const bool first = !request.has_before();
  page_.Bind(script, since, until, first ? kNoEnd : Ms(request.before().unix_ms()),
             first ? kNoEnd : std::min(request.before().id(), kNoEnd),
             uint64_t{limits_.page_looked_at_max});
  size_t looked_at = 0, bytes = 0;
  v1::TailHistoryCursor last;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, page_.Step());
    if (!row) break;
    const std::string_view data = page_.Blob(2);
    v1::TailEvent event;
    const bool wanted = event.ParseFromArray(data.data(), static_cast<int>(data.size())) &&
                        LogMatches(request.filter(), event);
    const bool full = static_cast<size_t>(out.events_size()) == events_max ||
                      (bytes > 0 && bytes + data.size() > limits_.page_bytes_max);
    if (wanted && full) {
      *out.mutable_next() = last;
      break;
    }
    last.set_id(page_.Integer(0));
    last.set_unix_ms(static_cast<int64_t>(page_.Integer(1)));
    if (wanted) {
      bytes += data.size();
      *out.add_events() = std::move(event);
    }
    if (++looked_at == limits_.page_looked_at_max) *out.mutable_next() = last;
  }
  page_.Reset();
  return out;
}

}  // namespace terrella::control
