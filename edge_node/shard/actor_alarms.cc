#include "edge_node/shard/actor_alarms.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(200);
constexpr int64_t kOverdueMs = 2000;
constexpr size_t kRunsMax = 100;        // at once, of objects that live here,
constexpr size_t kOverdueRunsMax = 20;  // and of others; but for those that take long:
constexpr Duration kSlow = std::chrono::seconds(5);
constexpr size_t kSlowRunsMax = 10'000;
constexpr Duration kRunTimeMax = std::chrono::minutes(15);
constexpr size_t kLookAt = 500;       // entries of the index, in one go
constexpr size_t kLookAtMax = 5'000;  // in one look

}  // namespace

// One call of alarm(). What goes wrong with it the object knows: it is due again later.
class ActorAlarms::Run final : public runtime::SubrequestObserver {
 public:
  Run(ActorAlarms& owner, std::string id, bool is_own)
      : owner_(owner), id_(std::move(id)), is_own_(is_own), end_(owner.loop_, [this] {
          LogWarn("alarm of Durable Object {}: stopped after {:.0f} minutes", id_,
                  ToMs(kRunTimeMax) / 60'000);
          call_.reset();
          Done();
        }) {
    end_.Start(kRunTimeMax);
  }

  std::list<std::unique_ptr<Run>>::iterator position;
  MonotonicTime started() const { return started_; }
  bool is_own() const { return is_own_; }

  void Start(const runtime::ActorAddress& address) {
    runtime::OutboundRequest request;
    request.actor = runtime::ActorTarget{address.namespace_id, address.id, address.name, ""};
    request.is_alarm = true;
    request.method = "POST";
    request.url = "http://alarm/";
    call_ = owner_.router_.Start({.authority = "alarm", .host = "alarm", .target = "/"},
                                 std::move(request), *this);
  }
  void OnSubrequestResponse(http::ResponseHead, std::unique_ptr<http::BodySource>) override {
    Done();
  }
  void OnSubrequestSocket(http::ResponseHead, std::unique_ptr<http::MessageChannel>) override {
    Done();
  }
  void OnSubrequestError(const absl::Status& status) override {
    LogWarn("alarm of Durable Object {}: {}", id_, Message(status));
    Done();
  }

 private:
  void Done() {
    if (std::exchange(is_done_, true)) return;
    owner_.loop_.Defer([owner = &owner_, position = position, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      owner->running_.erase((*position)->id_);
      owner->runs_.erase(position);
      if (owner->has_more_ && owner->RoomNow().own > kRunsMax / 2) owner->look_.Start(Duration(0));
    });
  }

  ActorAlarms& owner_;
  const MonotonicTime started_ = owner_.loop_.Now();
  const std::string id_;
  const bool is_own_;
  Timer end_;
  bool is_done_ = false;
  std::unique_ptr<runtime::Subrequest> call_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

ActorAlarms::ActorAlarms(EventLoop& loop, const Clock& clock, AlarmIndex& index,
                         ActorRouter& router, std::function<bool(std::string_view)> has_code)
    : loop_(loop),
      clock_(clock),
      index_(index),
      router_(router),
      has_code_(std::move(has_code)),
      look_(loop, [this] { Look(); }) {
  look_.Start(kLookEvery);
}

ActorAlarms::~ActorAlarms() = default;

// Those that hang must not hold up the others for long, and those of other hosts, which may only be
// slow, not those of this one.
ActorAlarms::Room ActorAlarms::RoomNow() const {
  if (runs_.size() >= kSlowRunsMax) return {};
  Room room{.own = kRunsMax, .overdue = kOverdueRunsMax};
  const MonotonicTime since = loop_.Now() - kSlow;
  for (auto run = runs_.begin(); run != runs_.end() && (*run)->started() > since; ++run) {
    size_t& left = room.Of((*run)->is_own());
    left -= std::min<size_t>(left, 1);
  }
  return room;
}

void ActorAlarms::Look() {
  look_.Start(kLookEvery);
  has_more_ = false;
  Room room = RoomNow();
  const auto now = static_cast<int64_t>(ToMs(clock_.WallNow().time_since_epoch()));
  std::vector<AlarmIndex::Entry> due;
  // Those of other nodes stand in between.
  for (size_t seen = 0; room.own > 0 && seen < kLookAtMax; seen += due.size()) {
    const std::optional<AlarmIndex::Entry> last =
        due.empty() ? std::nullopt : std::optional(due.back());
    auto next = index_.Due(now, kLookAt, last.has_value() ? &*last : nullptr);
    if (!next.ok()) return LogWarn("alarms cannot be read: {}", Message(next.status()));
    due = *std::move(next);
    for (const AlarmIndex::Entry& entry : due) {
      const bool is_own = router_.IsOwn(entry.address);
      if (!IsForHere(entry, is_own, now)) continue;
      if (room.Of(is_own) == 0) {
        has_more_ = true;
        continue;
      }
      --room.Of(is_own);
      running_.insert(entry.address.id);
      runs_.push_front(std::make_unique<Run>(*this, entry.address.id, is_own));
      runs_.front()->position = runs_.begin();
      runs_.front()->Start(entry.address);
    }
    if (due.size() < kLookAt) return;
  }
  has_more_ = true;
}

bool ActorAlarms::IsForHere(const AlarmIndex::Entry& entry, bool is_own, int64_t now_ms) const {
  if (running_.contains(entry.address.id) || !has_code_(entry.address.namespace_id)) return false;
  return is_own || entry.unix_ms + kOverdueMs <= now_ms;
}

}  // namespace terrella::edge
