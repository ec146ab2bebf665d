#include "edge_node/shard/actor_alarms.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(200);
constexpr int64_t kOverdueMs = 2000;
constexpr size_t kRunsMax = 100;  // at once, of a shard

}  // namespace

// One call of alarm(). What goes wrong with it the object knows: it is due again later.
class ActorAlarms::Run final : public runtime::SubrequestObserver {
 public:
  Run(ActorAlarms& owner, std::string id) : owner_(owner), id_(std::move(id)) {}

  std::list<std::unique_ptr<Run>>::iterator position;

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
    });
  }

  ActorAlarms& owner_;
  const std::string id_;
  bool is_done_ = false;
  std::unique_ptr<runtime::Subrequest> call_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

ActorAlarms::ActorAlarms(EventLoop& loop, AlarmIndex& index, ActorRouter& router,
                         std::function<bool(std::string_view)> has_code)
    : loop_(loop),
      index_(index),
      router_(router),
      has_code_(std::move(has_code)),
      look_(loop, [this] { Look(); }) {
  look_.Start(kLookEvery);
}

ActorAlarms::~ActorAlarms() = default;

void ActorAlarms::Look() {
  look_.Start(kLookEvery);
  if (runs_.size() >= kRunsMax) return;
  const auto now = static_cast<int64_t>(ToMs(loop_.clock().WallNow().time_since_epoch()));
  auto due = index_.Due(now, 2 * kRunsMax);
  if (!due.ok()) return LogWarn("alarms cannot be read: {}", Message(due.status()));
  for (const auto& [address, due_ms] : *due) {
    if (runs_.size() >= kRunsMax || running_.contains(address.id)) continue;
    if (!has_code_(address.namespace_id)) continue;
    if (!router_.IsOwn(address) && due_ms + kOverdueMs > now) continue;
    running_.insert(address.id);
    runs_.push_front(std::make_unique<Run>(*this, address.id));
    runs_.front()->position = runs_.begin();
    runs_.front()->Start(address);
  }
}

}  // namespace terrella::edge
