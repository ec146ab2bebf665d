#include "control_plane/store/etcd_follower.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(20);
constexpr Duration kPauseMax = std::chrono::milliseconds(500);
constexpr int kReplaysMax = 5;

uint64_t ParseNumber(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

absl::Status Compacted(Revision compacted, Revision after) {
  return OutOfRange("the log before revision {} is compacted, asked from {}", compacted, after);
}

}  // namespace

EtcdFollower::~EtcdFollower() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Break();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status EtcdFollower::Start() {
  ASSIGN_OR_RETURN(const Position position, ReadPosition());
  ASSIGN_OR_RETURN(const Revision compacted, ReadCompacted());
  delivered_ = position.now;
  head_ = position.head;
  epoch_ = position.epoch;
  compacted_ = std::min(compacted, position.now);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::StatusOr<EtcdFollower::Position> EtcdFollower::ReadPosition() {
  etcd::TxnRequest request;  // both keys of one snapshot
  request.add_success()->mutable_request_range()->set_key(keys_.head());
  request.add_success()->mutable_request_range()->set_key(keys_.epoch());
  ASSIGN_OR_RETURN(const etcd::TxnResponse response, client_.Txn(request));
  if (response.responses_size() != 2)
    return Internal("etcd answered {} of 2 operations", response.responses_size());
  Position position{.now = static_cast<Revision>(response.header().revision())};
  for (const etcd::KeyValue& kv : response.responses(0).response_range().kvs()) {
    position.head = static_cast<Revision>(kv.mod_revision());
  }
  for (const etcd::KeyValue& kv : response.responses(1).response_range().kvs()) {
    position.epoch = ParseNumber(kv.value());
  }
  return position;
}

// etcd tells how far it is compacted only to a watch that starts before. The key watched exists.
absl::StatusOr<Revision> EtcdFollower::ReadCompacted() {
  etcd::WatchCreateRequest request;
  request.set_key(keys_.epoch());
  request.set_start_revision(1);
  etcd::WatchResponse response;
  for (int i = 0; i < kReplaysMax; ++i) {
    auto stream = client_.Watch(request);
    // First that the watch is there, then the key's first event or that it cannot be had.
    while (stream->Read(response)) {
      if (response.compact_revision() != 0) return response.compact_revision();
      if (!response.events().empty()) return 0;
    }
    const absl::Status status = stream->Finish();
    if (i + 1 == kReplaysMax) return status;
  }
  return 0;
}

etcd::WatchCreateRequest EtcdFollower::LogAfter(Revision revision) const {
  etcd::WatchCreateRequest request;
  request.set_key(keys_.log());
  request.set_range_end(EtcdKeys::End(keys_.log()));
  request.set_start_revision(static_cast<int64_t>(revision + 1));
  return request;
}

void EtcdFollower::Run() {
  Duration pause = kPauseMin;
  while (true) {
    Revision before;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      before = delivered_;
    }
    Follow();
    std::unique_lock lock(mutex_);
    pause = delivered_ > before ? kPauseMin : std::min(pause * 2, kPauseMax);
    const Duration jitter(RandomU64() % static_cast<uint64_t>(pause.count()));
    changed_.wait_for(lock, pause + jitter, [this] { return stopping_; });
  }
}

void EtcdFollower::Follow() {
  // Not under the lock: it may take a connection. Only this thread moves delivered_.
  const std::shared_ptr<EtcdClient::WatchStream> stream = client_.Watch(LogAfter(delivered_));
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stream_ = stream;
  }
  etcd::WatchResponse response;
  while (stream->Read(response)) {
    if (response.compact_revision() != 0) {
      SkipGap(static_cast<Revision>(response.compact_revision()));
      break;
    }
    if (response.canceled()) break;
    Deliver(response);
  }
  {
    std::lock_guard lock(mutex_);
    stream_.reset();
  }
  const absl::Status status = stream->Finish();
  if (!status.ok()) LogDebug("watch of the store: {}", Message(status));
}

std::vector<Event> EtcdFollower::NextRevision(const etcd::WatchResponse& response, int& begin,
                                              bool& is_transaction, uint64_t* epoch) const {
  std::vector<Event> events;
  const int64_t revision = response.events(begin).kv().mod_revision();
  const std::string map = keys_.map("");
  is_transaction = false;
  for (; begin < response.events_size(); ++begin) {
    const etcd::Event& event = response.events(begin);
    const etcd::KeyValue& kv = event.kv();
    if (kv.mod_revision() != revision) break;
    if (kv.key() == keys_.head()) is_transaction = true;
    if (kv.key() == keys_.epoch() && epoch != nullptr) *epoch = ParseNumber(kv.value());
    if (!kv.key().starts_with(map)) continue;
    const bool deleted = event.type() == etcd::Event::DELETE;
    events.push_back(
        {deleted,
         {kv.key().substr(map.size()), deleted ? std::string() : kv.value(),
          static_cast<Revision>(kv.create_revision()), static_cast<Revision>(kv.mod_revision())}});
  }
  return events;
}

void EtcdFollower::Deliver(const etcd::WatchResponse& response) {
  {
    std::lock_guard lock(mutex_);
    for (int next = 0; next < response.events_size();) {
      const auto revision = static_cast<Revision>(response.events(next).kv().mod_revision());
      bool is_transaction;
      const auto events = NextRevision(response, next, is_transaction, &epoch_);
      if (revision <= delivered_) continue;
      if (!events.empty()) hub_.Publish(revision, events);
      delivered_ = revision;
      // A leader's key that ran out is a change, too, though nobody's transaction.
      if (is_transaction || !events.empty()) head_ = revision;
    }
  }
  changed_.notify_all();
}

void EtcdFollower::SkipGap(Revision compacted) {
  const absl::StatusOr<Position> position = ReadPosition();
  if (!position.ok()) return;  // the next stream ends the same way
  std::lock_guard lock(mutex_);
  LogWarn("the store's log is compacted up to {}, {} was the last revision known here", compacted,
          delivered_);
  compacted_ = std::max(compacted_, compacted);
  delivered_ = position->now;
  head_ = position->head;
  epoch_ = position->epoch;
  hub_.PublishGap(delivered_);
  changed_.notify_all();
}

absl::StatusOr<std::unique_ptr<Watch>> EtcdFollower::Add(std::string_view prefix, Revision after,
                                                         WatchCallback callback) {
  std::lock_guard lock(mutex_);
  if (after < compacted_) return Compacted(compacted_, after);
  if (after < head_) RETURN_IF_ERROR(Replay(prefix, after, callback));
  // A snapshot may be newer than what has been delivered here.
  return hub_.Add(prefix, [after, callback = std::move(callback)](Revision revision,
                                                                  std::span<const Event> events) {
    if (revision > after) callback(revision, events);
  });
}

absl::Status EtcdFollower::Replay(std::string_view prefix, Revision after,
                                  const WatchCallback& callback) {
  absl::Status status;
  for (int i = 0; i < kReplaysMax; ++i) {
    auto stream = client_.Watch(LogAfter(after));
    etcd::WatchResponse response;
    while (stream->Read(response)) {
      if (response.compact_revision() != 0) {
        compacted_ = std::max(compacted_, static_cast<Revision>(response.compact_revision()));
        return Compacted(compacted_, after);
      }
      for (int next = 0; next < response.events_size();) {
        after = static_cast<Revision>(response.events(next).kv().mod_revision());
        bool is_transaction;
        const auto events = NextRevision(response, next, is_transaction, nullptr);
        if (after <= head_) WatchHub::Deliver(prefix, callback, after, events);
        if (after >= head_) return absl::OkStatus();
      }
    }
    status = stream->Finish();
  }
  return status;
}

void EtcdFollower::Await(Revision revision, Duration patience) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, patience, [&] { return stopping_ || delivered_ >= revision; }))
    return;
  LogWarn("the store's watch lags behind revision {}; it moves to another member", revision);
  if (stream_ != nullptr) stream_->Break();
}

Revision EtcdFollower::revision() {
  std::lock_guard lock(mutex_);
  return head_;
}

Revision EtcdFollower::compacted() {
  std::lock_guard lock(mutex_);
  return compacted_;
}

void EtcdFollower::SetCompacted(Revision revision) {
  std::lock_guard lock(mutex_);
  compacted_ = std::max(compacted_, revision);
}

uint64_t EtcdFollower::epoch() {
  std::lock_guard lock(mutex_);
  return epoch_;
}

void EtcdFollower::SetEpoch(uint64_t epoch) {
  std::lock_guard lock(mutex_);
  epoch_ = epoch;
}

}  // namespace terrella::control
