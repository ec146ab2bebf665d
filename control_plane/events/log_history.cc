#include "control_plane/events/log_history.h"

#include <optional>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::control {

LogHistory::~LogHistory() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    questions_.clear();
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogHistory::Keep(v1::TailEvent event) {
  if (path_.empty()) return;
  event.clear_sessions();
  const size_t bytes = event.ByteSizeLong();
  {
    std::lock_guard lock(mutex_);
    if (batch_.events.size() >= queue_.events_max || batch_bytes_ + bytes > queue_.bytes_max) {
      ++batch_.missed[event.script()];
      return;
    }
    batch_bytes_ += bytes;
    batch_.events.push_back(std::move(event));
  }
  Wake();
}

void LogHistory::Miss(const std::string& script, uint64_t events) {
  if (path_.empty()) return;
  {
    std::lock_guard lock(mutex_);
    batch_.missed[script] += events;
  }
  Wake();
}

void LogHistory::Query(v1::TailHistoryRequest request, Done done) {
  if (path_.empty()) return done(v1::TailHistoryResponse());
  {
    std::lock_guard lock(mutex_);
    if (questions_.size() < queue_.questions_max) {
      questions_.push_back({std::move(request), std::move(done)});
      done = nullptr;
    }
  }
  if (done) return done(ResourceExhausted("{} questions wait already", queue_.questions_max));
  Wake();
}

void LogHistory::Refuse(const absl::Status& why) {
  std::deque<Question> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(questions_);
  }
  for (const Question& question : waiting) question.done(why);
}

void LogHistory::Wake() {
  changed_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
}

void LogHistory::Work() {
  Disk disk{.store = LogStore::Open(path_, clock_, limits_), .tried = clock_.Now(), .missed = {}};
  if (!disk.store.ok()) LogError("no events are kept: {}", Message(disk.store.status()));
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stop_ || !batch_.events.empty() || !batch_.missed.empty() || !questions_.empty();
    });
    const bool last = stop_;
    LogBatch batch = std::exchange(batch_, {});
    batch_bytes_ = 0;
    std::optional<Question> question;
    if (!questions_.empty()) {
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    lock.unlock();
    if (!disk.store.ok() && clock_.Now() - disk.tried >= queue_.reopen_every) {
      disk.tried = clock_.Now();
      disk.store = LogStore::Open(path_, clock_, limits_);
    }
    Write(disk, std::move(batch));
    if (question && disk.store.ok()) {
      Answer(&*disk.store, *std::move(question));
    } else if (question) {
      Answer(disk.store.status(), *std::move(question));
    }
    if (last) return;
    lock.lock();
  }
}

void LogHistory::Write(Disk& disk, LogBatch batch) {
  for (const auto& [script, events] : disk.missed) batch.missed[script] += events;
  if (batch.events.empty() && batch.missed.empty()) return;
  const absl::Status kept = disk.store.ok() ? disk.store->Append(batch) : disk.store.status();
  if (!kept.ok() && !disk.failing) LogError("events are not kept: {}", Message(kept));
  disk.failing = !kept.ok();
  disk.missed.clear();
  if (kept.ok()) return;
  disk.missed = std::move(batch.missed);
  for (const v1::TailEvent& event : batch.events) ++disk.missed[event.script()];
}

void LogHistory::Answer(const absl::StatusOr<LogStore*>& store, Question question) {
  auto answer = std::make_shared<absl::StatusOr<v1::TailHistoryResponse>>(
      store.ok() ? (*store)->Query(question.request) : store.status());
  loop_.Post([alive = std::weak_ptr(alive_), answer, done = std::move(question.done)] {
    if (!alive.expired()) done(std::move(*answer));
  });
}

}  // namespace terrella::control
