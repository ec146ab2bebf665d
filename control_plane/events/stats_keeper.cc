#include "control_plane/events/stats_keeper.h"

#include <utility>
#include <vector>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr int64_t kMinuteMs = 60'000;

int64_t NowMs(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
      .count();
}

}  // namespace

void StatsKeeper::Cell::Add(const v1::ScriptStats& s) {
  counts.set_requests(counts.requests() + s.requests());
  counts.set_errors(counts.errors() + s.errors());
  counts.set_responses_5xx(counts.responses_5xx() + s.responses_5xx());
  counts.set_cpu_us(counts.cpu_us() + s.cpu_us());
  counts.set_cpu_limit_kills(counts.cpu_limit_kills() + s.cpu_limit_kills());
  counts.set_body_bytes(counts.body_bytes() + s.body_bytes());
  counts.set_cold_starts(counts.cold_starts() + s.cold_starts());
  counts.set_subrequests(counts.subrequests() + s.subrequests());
  counts.set_scheduled_runs(counts.scheduled_runs() + s.scheduled_runs());
  counts.set_scheduled_failures(counts.scheduled_failures() + s.scheduled_failures());
  latency_us.Merge(
      Histogram::FromBuckets({s.latency_us_buckets().begin(), s.latency_us_buckets().end()}));
  cpu_us.Merge(Histogram::FromBuckets({s.cpu_us_buckets().begin(), s.cpu_us_buckets().end()}));
  for (const v1::FailureCount& failure : s.failures()) failures[failure.kind()] += failure.count();
  for (const v1::CountryCount& country : s.countries()) {
    auto& [requests, errors] = countries[country.country()];
    requests += country.requests();
    errors += country.errors();
  }
}

void StatsKeeper::OnHeartbeat(std::string_view pop, const v1::Heartbeat& heartbeat) {
  if (heartbeat.scripts().empty()) return;
  const int64_t minute_ms = NowMs(clock_) / kMinuteMs * kMinuteMs;
  if (minute_ms != current_ms_) {
    const auto before = minutes_.find(current_ms_);
    if (before != minutes_.end() && on_minute_) on_minute_(ToProto(before->first, before->second));
    current_ms_ = minute_ms;
    Forget(minute_ms);
  }
  Minute& minute = minutes_[minute_ms];
  for (const v1::ScriptStats& stats : heartbeat.scripts()) {
    const auto [cell, added] =
        minute.try_emplace(CellKey{stats.script(), stats.version_id(), std::string(pop)});
    cells_ += added ? 1 : 0;
    cell->second.Add(stats);
  }
  while (cells_ > limits_.cells_max && minutes_.size() > 1) {
    cells_ -= minutes_.begin()->second.size();
    minutes_.erase(minutes_.begin());
  }
}

void StatsKeeper::Forget(int64_t now_ms) {
  const int64_t oldest = now_ms - static_cast<int64_t>(limits_.minutes_max) * kMinuteMs;
  while (!minutes_.empty() && minutes_.begin()->first < oldest) {
    cells_ -= minutes_.begin()->second.size();
    minutes_.erase(minutes_.begin());
  }
}

void StatsKeeper::Load(const v1::StatsMinute& minute) {
  if (minute.cells().empty() || cells_ > limits_.cells_max) return;
  Minute& into = minutes_[minute.unix_ms()];
  for (const v1::StatsCell& cell : minute.cells()) {
    const v1::ScriptStats& stats = cell.stats();
    const auto [place, added] =
        into.try_emplace(CellKey{stats.script(), stats.version_id(), cell.pop()});
    cells_ += added ? 1 : 0;
    place->second.Add(stats);
  }
  Forget(NowMs(clock_));
}

v1::StatsMinute StatsKeeper::ToProto(int64_t unix_ms, const Minute& minute) {
  v1::StatsMinute out;
  out.set_unix_ms(unix_ms);
  for (const auto& [key, cell] : minute) {
    v1::StatsCell& to = *out.add_cells();
    v1::ScriptStats& stats = *to.mutable_stats();
    stats = cell.counts;
    stats.set_script(std::get<0>(key));
    stats.set_version_id(std::get<1>(key));
    to.set_pop(std::get<2>(key));
    const auto& latency = cell.latency_us.buckets();
    stats.mutable_latency_us_buckets()->Assign(latency.begin(), latency.end());
    const auto& cpu = cell.cpu_us.buckets();
    stats.mutable_cpu_us_buckets()->Assign(cpu.begin(), cpu.end());
    for (const auto& [kind, count] : cell.failures) {
      v1::FailureCount& failure = *stats.add_failures();
      failure.set_kind(kind);
      failure.set_count(count);
    }
    for (const auto& [name, counts] : cell.countries) {
      v1::CountryCount& country = *stats.add_countries();
      country.set_country(name);
      country.set_requests(counts.first);
      country.set_errors(counts.second);
    }
  }
  return out;
}

v1::StatsRow StatsKeeper::ToRow(const std::string& key, const Cell& cell) {
  v1::StatsRow row;
  row.set_key(key);
  row.set_requests(cell.counts.requests());
  row.set_errors(cell.counts.errors());
  row.set_responses_5xx(cell.counts.responses_5xx());
  row.set_cpu_us(cell.counts.cpu_us());
  row.set_cpu_p50_us(cell.cpu_us.Quantile(0.5));
  row.set_cpu_p99_us(cell.cpu_us.Quantile(0.99));
  row.set_latency_p50_us(cell.latency_us.Quantile(0.5));
  row.set_latency_p99_us(cell.latency_us.Quantile(0.99));
  row.set_body_bytes(cell.counts.body_bytes());
  row.set_cold_starts(cell.counts.cold_starts());
  row.set_subrequests(cell.counts.subrequests());
  row.set_scheduled_runs(cell.counts.scheduled_runs());
  row.set_scheduled_failures(cell.counts.scheduled_failures());
  for (const auto& [kind, count] : cell.failures) (*row.mutable_failures())[kind] = count;
  return row;
}

absl::StatusOr<v1::StatsResponse> StatsKeeper::Query(const v1::StatsRequest& request) const {
  const int64_t now_ms = NowMs(clock_);
  int64_t from_ms = 0;
  if (request.since_s() != 0) {
    from_ms = (now_ms - int64_t{request.since_s()} * 1000) / kMinuteMs * kMinuteMs;
  }
  Cell total;
  std::map<std::string, Cell> rows;
  v1::StatsResponse response;
  bool known = request.script().empty();
  for (const auto& [minute_ms, minute] : minutes_) {
    for (auto it = minute.lower_bound({request.script(), "", ""});
         it != minute.end() &&
         (request.script().empty() || std::get<0>(it->first) == request.script());
         ++it) {
      known = true;
      if (minute_ms < from_ms) continue;
      if (response.from_unix_ms() == 0) response.set_from_unix_ms(minute_ms);
      const auto& [script, version, pop] = it->first;
      v1::StatsMinute one = ToProto(minute_ms, {{it->first, it->second}});
      const v1::ScriptStats& stats = one.cells(0).stats();
      total.Add(stats);
      switch (request.by()) {
        case v1::StatsRequest::VERSION:
          rows[version].Add(stats);
          break;
        case v1::StatsRequest::POP:
          rows[pop].Add(stats);
          break;
        case v1::StatsRequest::MINUTE:
          rows[std::to_string(minute_ms)].Add(stats);
          break;
        case v1::StatsRequest::SCRIPT:
          rows[script].Add(stats);
          break;
        case v1::StatsRequest::COUNTRY:
          for (const v1::CountryCount& country : stats.countries()) {
            v1::ScriptStats counts;
            counts.set_requests(country.requests());
            counts.set_errors(country.errors());
            rows[country.country()].Add(counts);
          }
          break;
        default:
          break;
      }
    }
  }
  if (!known) return NotFound("nothing is known of the script '{}'", request.script());
  response.set_to_unix_ms(now_ms);
  *response.mutable_total() = ToRow("", total);
  for (const auto& [key, cell] : rows) *response.add_rows() = ToRow(key, cell);
  return response;
}

}  // namespace terrella::control
