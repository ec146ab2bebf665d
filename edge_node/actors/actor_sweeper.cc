#include "edge_node/actors/actor_sweeper.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge_node/actors/actor_store.h"

namespace terrella::edge {

namespace fs = std::filesystem;

ActorSweeper::ActorSweeper(EventLoop& loop, Options options)
    : options_(std::move(options)), next_(loop, [this] { Step(); }) {}

void ActorSweeper::Sweep(const std::set<std::string, std::less<>>& namespace_ids) {
  std::vector<std::string> fresh;
  for (const std::string& id : namespace_ids) {
    if (seen_.insert(id).second) fresh.push_back(id);
  }
  if (absl::Status removed = RemoveAlarms(fresh); !removed.ok()) {
    LogWarn("alarms of deleted Durable Objects: {}", Message(removed));
  }
  waiting_.insert(waiting_.end(), fresh.begin(), fresh.end());
  if (!waiting_.empty() && !next_.active()) next_.Start(Duration(0));
}

void ActorSweeper::Step() {
  const std::string& id = waiting_.front();
  const absl::StatusOr<bool> done = RemoveSome(id);
  if (!done.ok()) {
    LogWarn("Durable Objects of the deleted namespace {}: {}", id, Message(done.status()));
  }
  if (!done.ok() || *done) waiting_.pop_front();
  if (!waiting_.empty()) next_.Start(Duration(0));
}

absl::Status ActorSweeper::RemoveAlarms(const std::vector<std::string>& namespace_ids) const {
  std::error_code error;
  if (namespace_ids.empty() || !fs::exists(options_.folder / "alarms.db", error)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto alarms, AlarmIndex::Open(options_.folder));
  for (const std::string& id : namespace_ids) RETURN_IF_ERROR(alarms->RemoveNamespace(id));
  return absl::OkStatus();
}

absl::StatusOr<bool> ActorSweeper::RemoveSome(const std::string& namespace_id) const {
  std::error_code error;
  const fs::path folder = FolderOfNamespace(options_.folder, namespace_id);
  size_t removed = 0;
  for (fs::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    if (removed++ == options_.files_max) return false;
    fs::remove(file->path(), error);
  }
  if (error == std::errc::no_such_file_or_directory) return true;
  if (!error) fs::remove(folder, error);
  if (error) return FailedPrecondition("cannot remove {}: {}", folder.string(), error.message());
  if (removed > 0) LogInfo("the Durable Objects of {} are gone", namespace_id);
  return true;
}

}  // namespace terrella::edge
