#include "control_plane/cron/cron_keeper.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr std::string_view kPrefix = "cron/";
constexpr size_t kDetailBytesMax = 4096;
constexpr int kMissedCountedMax = 10'000;
constexpr Duration kStorePause = std::chrono::seconds(1);

int64_t ToUnixMs(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
WallTime FromUnixMs(int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

bool IsOver(const v1::CronRun& run) {
  return run.state() != v1::CronRun::WAITING && run.state() != v1::CronRun::RUNNING;
}

// The same in every process.
uint64_t StableHash(const std::string& text) {
  uint64_t hash = 0;
  memcpy(&hash, Sha256(text).data(), sizeof hash);
  return hash;
}

void Wait(v1::CronRun& run, WallTime until) {
  run.set_state(v1::CronRun::WAITING);
  run.set_not_before_unix_ms(ToUnixMs(until));
}

// The attempt did not count: nobody knows how it ended.
void WaitAgain(v1::CronRun& run, WallTime until) {
  run.set_attempts(run.attempts() - std::min(run.attempts(), 1u));
  Wait(run, until);
}

void End(v1::CronRun& run, v1::CronRun::State state, WallTime now, std::string detail) {
  run.set_state(state);
  run.set_ended_unix_ms(ToUnixMs(now));
  if (detail.size() > kDetailBytesMax) detail.resize(kDetailBytesMax);
  run.set_detail(std::move(detail));
}

}  // namespace

std::string FireId(std::string_view script, std::string_view cron, int64_t scheduled_unix_ms) {
  const std::string what = fmt::format("{}\n{}", script, cron);
  return fmt::format("{}-{}", ToHex(Sha256(what).substr(0, 8)), scheduled_unix_ms);
}

std::string CronKeeper::KeyOf(const v1::CronTrigger& row) {
  return fmt::format("{}{}/{}", kPrefix, row.script(), row.cron());
}

absl::Status CronKeeper::Load() {
  triggers_.clear();
  ASSIGN_OR_RETURN(const RangeResult range, store_.Range(kPrefix));
  const WallTime patience = clock_.WallNow() + limits_.return_patience;
  for (const Record& record : range.records) {
    v1::CronTrigger row;
    if (!row.ParseFromString(record.value)) {
      return DataLoss("the trigger '{}' cannot be read", record.key);
    }
    const auto expression = bundle::CronExpression::Parse(row.cron());
    if (!expression.ok()) continue;
    for (v1::CronRun& run : *row.mutable_runs()) {
      if (run.state() == v1::CronRun::RUNNING) WaitAgain(run, patience);
    }
    Key key{row.script(), row.cron()};
    triggers_.emplace(std::move(key), Trigger{*expression, std::move(row), record.modified});
  }
  return absl::OkStatus();
}

std::vector<std::string> CronKeeper::Scripts() const {
  std::set<std::string> scripts;
  for (const auto& [key, trigger] : triggers_) scripts.insert(key.first);
  return {scripts.begin(), scripts.end()};
}

void CronKeeper::SetScript(const std::string& script, const std::vector<std::string>& crons) {
  const std::set<std::string> wanted(crons.begin(), crons.end());
  for (auto it = triggers_.lower_bound({script, ""});
       it != triggers_.end() && it->first.first == script;) {
    if (wanted.contains(it->first.second)) {
      ++it;
      continue;
    }
    const auto gone = store_.Txn({.ops = {Op::Delete(KeyOf(it->second.row))}});
    if (!gone.ok())
      LogError("trigger {} of {}: {}", it->first.second, script, Message(gone.status()));
    it = triggers_.erase(it);
  }
  for (const std::string& cron : wanted) {
    if (triggers_.contains({script, cron})) continue;
    const auto expression = bundle::CronExpression::Parse(cron);
    if (!expression.ok()) {
      // Stored by a version of this program that asked less.
      LogError("a trigger of {} is passed over: {}", script, Message(expression.status()));
      continue;
    }
    v1::CronTrigger row;
    row.set_script(script);
    row.set_cron(cron);
    if (const auto next = expression->Next(clock_.WallNow())) row.set_next_unix_ms(ToUnixMs(*next));
    Trigger& trigger =
        triggers_.emplace(Key{script, cron}, Trigger{*expression, row, 0}).first->second;
    (void)Commit(trigger, std::move(row));
  }
}

bool CronKeeper::Commit(Trigger& trigger, v1::CronTrigger row) {
  const std::string key = KeyOf(row);
  const auto done = store_.Txn(
      {.compares = {{key, trigger.modified}}, .ops = {Op::Put(key, row.SerializeAsString())}});
  if (done.ok()) {
    trigger.modified = done->revision;
    trigger.row = std::move(row);
    return true;
  }
  LogWarn("trigger '{}' of {}: {}", row.cron(), row.script(), Message(done.status()));
  not_before_ = clock_.WallNow() + kStorePause;
  if (absl::IsAborted(done.status())) {  // another control plane was faster
    if (const auto now = store_.Get(key); now.ok()) {
      if (trigger.row.ParseFromString(now->value)) trigger.modified = now->modified;
    } else if (absl::IsNotFound(now.status())) {
      trigger.modified = 0;
    }
  }
  return false;
}

void CronKeeper::Tick() {
  const WallTime now = clock_.WallNow();
  if (!leading_ || now < not_before_) return;
  for (auto& [key, trigger] : triggers_) {
    v1::CronTrigger row = trigger.row;
    std::vector<Order> orders;
    Advance(trigger, row, now);
    Dispatch(row, now, orders);
    if (row.SerializeAsString() == trigger.row.SerializeAsString()) continue;
    Trim(row);
    if (!Commit(trigger, std::move(row))) continue;
    for (const Order& order : orders) dispatcher_.Send(order.node, order.fire);
  }
}

void CronKeeper::Advance(const Trigger& trigger, v1::CronTrigger& row, WallTime now) const {
  if (row.next_unix_ms() == 0 || row.next_unix_ms() > ToUnixMs(now)) return;
  // The latest moment that has passed; the walk begins no earlier than can count.
  const WallTime oldest = now - limits_.missed_max;
  WallTime due = FromUnixMs(row.next_unix_ms());
  uint64_t passed = 0;
  if (due < oldest) {
    ++passed;
    const auto first = trigger.expression.Next(oldest - Duration(1));
    row.clear_next_unix_ms();
    if (!first) return;
    due = *first;
  }
  std::optional<WallTime> next = due;
  std::optional<WallTime> latest;
  for (int i = 0; next && *next <= now && i < kMissedCountedMax; ++i) {
    if (latest) ++passed;
    latest = next;
    next = trigger.expression.Next(*latest);
  }
  if (next && *next <= now) next = trigger.expression.Next(now);
  row.set_next_unix_ms(next ? ToUnixMs(*next) : 0);
  row.set_missed(row.missed() + passed);
  if (!latest) return;
  const auto pending = std::count_if(row.runs().begin(), row.runs().end(),
                                     [](const auto& run) { return !IsOver(run); });
  v1::CronRun run;
  run.set_scheduled_unix_ms(ToUnixMs(*latest));
  run.set_fire_id(FireId(row.script(), row.cron(), run.scheduled_unix_ms()));
  Wait(run, *latest);
  if (static_cast<size_t>(pending) >= limits_.running_max) {
    End(run, v1::CronRun::SKIPPED, now, fmt::format("{} earlier ones are not over", pending));
  }
  *row.add_runs() = std::move(run);
  std::rotate(row.mutable_runs()->pointer_begin(), row.mutable_runs()->pointer_end() - 1,
              row.mutable_runs()->pointer_end());
}

void CronKeeper::Dispatch(v1::CronTrigger& row, WallTime now, std::vector<Order>& orders) const {
  for (v1::CronRun& run : *row.mutable_runs()) {
    if (run.state() == v1::CronRun::RUNNING &&
        now - FromUnixMs(run.began_unix_ms()) > limits_.run_max) {
      End(run, v1::CronRun::FAILED, now,
          fmt::format("node {} never said how it ended", run.node()));
    }
    if (run.state() != v1::CronRun::WAITING) continue;
    if (run.not_before_unix_ms() > ToUnixMs(now)) continue;
    const std::string node = ChooseNode(row, run.attempts() + 1);
    if (node.empty()) {
      if (now - FromUnixMs(run.scheduled_unix_ms()) > limits_.missed_max) {
        End(run, v1::CronRun::FAILED, now, "no node could run it");
      }
      continue;
    }
    run.set_state(v1::CronRun::RUNNING);
    run.set_attempts(run.attempts() + 1);
    run.set_node(node);
    run.set_began_unix_ms(ToUnixMs(now));
    v1::Fire fire;
    fire.set_fire_id(run.fire_id());
    fire.set_attempt(run.attempts());
    fire.set_script(row.script());
    fire.set_cron(row.cron());
    fire.set_scheduled_unix_ms(run.scheduled_unix_ms());
    orders.push_back({node, std::move(fire)});
  }
}

std::string CronKeeper::ChooseNode(const v1::CronTrigger& row, uint32_t attempt) const {
  std::vector<std::pair<uint64_t, std::string>> ranked;
  for (std::string& node : dispatcher_.Nodes()) {
    const uint64_t rank = StableHash(fmt::format("{}\n{}\n{}", node, row.script(), row.cron()));
    ranked.emplace_back(rank, std::move(node));
  }
  if (ranked.empty()) return {};
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  return ranked[(attempt - 1) % ranked.size()].second;
}

void CronKeeper::Trim(v1::CronTrigger& row) const {
  size_t over = 0;
  for (int i = 0; i < row.runs_size();) {
    const bool drop = IsOver(row.runs(i)) && ++over > limits_.runs_kept;
    if (drop) {
      row.mutable_runs()->DeleteSubrange(i, 1);
    } else {
      ++i;
    }
  }
}

std::optional<WallTime> CronKeeper::NextWake() const {
  if (!leading_) return std::nullopt;
  std::optional<WallTime> wake;
  const auto at = [&](WallTime time) {
    if (!wake || time < *wake) wake = time;
  };
  for (const auto& [key, trigger] : triggers_) {
    if (trigger.row.next_unix_ms() != 0) at(FromUnixMs(trigger.row.next_unix_ms()));
    for (const v1::CronRun& run : trigger.row.runs()) {
      if (run.state() == v1::CronRun::RUNNING) {
        at(FromUnixMs(run.began_unix_ms()) + limits_.run_max + std::chrono::seconds(1));
      } else if (run.state() == v1::CronRun::WAITING) {
        // One that waits for nodes is looked at again when they come, and by the second.
        at(std::max(FromUnixMs(run.not_before_unix_ms()), clock_.WallNow() + kStorePause));
      }
    }
  }
  if (wake && *wake < not_before_) wake = not_before_;
  return wake;
}

std::pair<CronKeeper::Trigger*, int> CronKeeper::FindRun(const std::string& fire_id) {
  for (auto& [key, trigger] : triggers_) {
    for (int i = 0; i < trigger.row.runs_size(); ++i) {
      if (trigger.row.runs(i).fire_id() == fire_id) return {&trigger, i};
    }
  }
  return {nullptr, 0};
}

void CronKeeper::OnResult(const std::string& node, const v1::FireResult& result) {
  const auto [trigger, index] = FindRun(result.fire_id());
  if (trigger == nullptr) return;  // its script is gone
  v1::CronTrigger row = trigger->row;
  v1::CronRun& run = *row.mutable_runs(index);
  const bool asked = run.state() == v1::CronRun::RUNNING && run.attempts() == result.attempt();
  // One that was believed lost has answered after all.
  const bool late = run.state() == v1::CronRun::WAITING && run.attempts() + 1 == result.attempt() &&
                    run.node() == node;
  if (!asked && !late) return;
  const WallTime now = clock_.WallNow();
  run.set_attempts(result.attempt());
  run.set_node(node);
  run.set_version_id(result.version_id());
  run.set_cpu_us(result.cpu_us());
  run.set_no_retry(result.no_retry());
  if (result.outcome() == v1::FireResult::OK) {
    End(run, v1::CronRun::OK, now, "");
  } else if (result.outcome() == v1::FireResult::ABSENT) {
    // A deploy that has not come there yet; Dispatch gives up in the end.
    WaitAgain(run, now + kStorePause);
    if (now - FromUnixMs(run.scheduled_unix_ms()) > limits_.missed_max) {
      End(run, v1::CronRun::FAILED, now, result.detail());
    }
  } else {
    End(run, v1::CronRun::FAILED, now, result.detail());
    LogWarn("trigger '{}' of {} failed on {}, attempt {}: {}", row.cron(), row.script(), node,
            run.attempts(), result.detail());
    if (!result.no_retry() && run.attempts() < limits_.attempts_max) {
      Duration pause = limits_.retry_first;
      for (uint32_t i = 1; i < run.attempts(); ++i) pause *= 6;
      Wait(run, now + pause);
    }
  }
  Trim(row);
  (void)Commit(*trigger, std::move(row));
}

void CronKeeper::OnNodeLost(const std::string& node) {
  const WallTime until = clock_.WallNow() + limits_.return_patience;
  for (auto& [key, trigger] : triggers_) {
    for (v1::CronRun& run : *trigger.row.mutable_runs()) {
      if (run.state() == v1::CronRun::RUNNING && run.node() == node) WaitAgain(run, until);
    }
  }
}

v1::ListCronsResponse CronKeeper::List(std::string_view script) const {
  v1::ListCronsResponse response;
  for (const auto& [key, trigger] : triggers_) {
    if (script.empty() || key.first == script) *response.add_triggers() = trigger.row;
  }
  return response;
}

}  // namespace terrella::control
