#include "edge_node/shard/actor_router.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "edge_node/actors/actor_call.h"

namespace terrella::edge {
namespace {

constexpr Duration kJoinEvery = std::chrono::seconds(1);

}  // namespace

// One call, until its answer comes or nobody waits for it.
class ActorRouter::ActorCall final : public runtime::SubrequestObserver,
                                     public std::enable_shared_from_this<ActorCall> {
 public:
  ActorCall(ActorRouter& router, UrlParts url, runtime::OutboundRequest request,
            runtime::SubrequestObserver& observer)
      : router_(router),
        url_(std::move(url)),
        request_(std::move(request)),
        observer_(observer),
        made_(++router.last_call_),
        key_(ActorKey(request_.actor->namespace_id, request_.actor->id)),
        wait_(router.loop_, [this] {
          is_ready_ = true;
          router_.Pump(key_);
        }) {}

  ~ActorCall() override { Settle(); }

  const std::string& key() const { return key_; }
  // Calls count up in the order they are made.
  uint64_t made() const { return made_; }
  const runtime::OutboundRequest& request() const { return request_; }
  bool is_ready() const { return is_ready_; }

  // Makes the body one that can be sent again, if it is small; `then` when that is done.
  void KeepBody(const std::function<void()>& then) {
    const auto length =
        request_.body == nullptr ? std::optional<uint64_t>(0) : request_.body->length_bytes();
    if (!length.has_value() || *length > router_.options_.limits.replay_bytes_max) {
      is_ready_ = true;
      may_try_again_ = false;
      return then();
    }
    may_try_again_ = true;
    if (request_.body == nullptr) {
      is_ready_ = true;
      return then();
    }
    has_body_ = true;
    collector_ = std::make_unique<http::Collector>(
        std::move(request_.body), router_.options_.limits.replay_bytes_max,
        [weak = weak_from_this(), then](absl::Status status, std::string bytes) {
          const auto self = weak.lock();
          if (self == nullptr) return;
          self->body_ = std::move(bytes);
          self->is_ready_ = true;
          if (!status.ok()) return self->FailLater(status);
          then();
        });
    collector_->Start();
  }

  void Send(const Owner& owner) {
    epoch_ = owner.epoch;
    runtime::OutboundRequest out;
    out.service = request_.service;
    out.rpc_method = request_.rpc_method;
    out.actor = request_.actor;
    out.is_alarm = request_.is_alarm;
    out.url = request_.url;
    out.method = request_.method;
    out.headers = request_.headers;
    out.depth = request_.depth;
    out.place = request_.place;
    out.body = std::move(request_.body);
    if (has_body_) out.body = http::MakeStringBody(body_);
    if (owner.is_self) {
      runtime::ActorAddress address{.namespace_id = out.actor->namespace_id,
                                    .id = out.actor->id,
                                    .name = out.actor->name,
                                    .epoch = owner.epoch};
      inner_ = router_.deliver_(std::move(address), url_, std::move(out), *this);
      return;
    }
    const auto door = SocketAddress::Parse(owner.host.door());
    if (!door.ok()) return FailLater(door.status());
    auto describe = [this, host = owner.host] { return Describe(host); };
    inner_ = CallDoor(router_.loop_, router_.client_, *door, owner.rtt, std::move(describe), url_,
                      std::move(out), *this);
  }

  // The call is in line again after a while, or fails with `why`.
  void TryAgain(const absl::Status& why) {
    if (!may_try_again_ || ++tries_ >= router_.options_.limits.tries_max) return FailLater(why);
    is_ready_ = false;
    const ActorRouterLimits& limits = router_.options_.limits;
    wait_.Start(std::min(limits.wait_max, limits.first_wait * (1u << std::min(tries_, 10u))));
    router_.lines_[key_].Insert(shared_from_this());
  }
  void FailLater(const absl::Status& status) {
    inner_ = FailSubrequest(router_.loop_, Unavailable("{}", Message(status)), *this);
  }

  void OnSubrequestResponse(http::ResponseHead head,
                            std::unique_ptr<http::BodySource> body) override {
    Settle();
    if (head.headers.Has(kActorRefusedField)) {
      return OnSubrequestError(absl::AbortedError("the Durable Object has moved"));
    }
    observer_.OnSubrequestResponse(std::move(head), std::move(body));
  }
  void OnSubrequestSocket(http::ResponseHead head,
                          std::unique_ptr<http::MessageChannel> end) override {
    Settle();
    observer_.OnSubrequestSocket(std::move(head), std::move(end));
  }
  void OnSubrequestError(const absl::Status& status) override {
    Settle();
    if (!absl::IsAborted(status)) return observer_.OnSubrequestError(status);
    // Whoever called this may be what inner_ holds.
    router_.loop_.Defer([weak = weak_from_this(), status] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->inner_.reset();
      self->router_.Forget(self->key_, self->epoch_);
      self->TryAgain(status);
    });
  }

 private:
  // It waits for nothing that others behind it would have to wait for.
  void Settle() {
    if (number_ != 0) router_.order_.Settle(key_, std::exchange(number_, 0));
  }
  v1::ActorCall Describe(const v1::ActorHost& host) {
    v1::ActorCall call;
    call.set_namespace_id(request_.actor->namespace_id);
    call.set_id(request_.actor->id);
    call.set_name(request_.actor->name);
    call.set_epoch(epoch_);
    call.set_rpc_method(request_.rpc_method);
    call.set_alarm(request_.is_alarm);
    call.set_scheme(request_.url.substr(0, request_.url.find(':')));
    call.set_depth(request_.depth + 1);
    call.set_key(host.key());
    if (!request_.is_alarm) {
      const CallTicket ticket = router_.order_.Leave(key_, host.door());
      number_ = ticket.number;
      call.set_caller(ticket.caller);
      call.set_number(ticket.number);
      call.set_after(ticket.after);
    }
    if (request_.place != nullptr) FillPlace(*request_.place, *call.mutable_place());
    return call;
  }

  ActorRouter& router_;
  const UrlParts url_;
  runtime::OutboundRequest request_;
  runtime::SubrequestObserver& observer_;
  const uint64_t made_;
  const std::string key_;
  uint64_t number_ = 0;  // while it is under way to another host
  std::string body_;     // that is kept for another try
  bool has_body_ = false;
  bool may_try_again_ = false;
  bool is_ready_ = false;
  uint32_t tries_ = 0;
  uint64_t epoch_ = 0;  // of the owner it was sent to
  std::unique_ptr<http::Collector> collector_;
  std::unique_ptr<runtime::Subrequest> inner_;
  Timer wait_;
};

// What the worker's side holds.
class ActorRouter::Handle final : public runtime::Subrequest {
 public:
  explicit Handle(std::shared_ptr<ActorCall> call) : call_(std::move(call)) {}

 private:
  std::shared_ptr<ActorCall> call_;
};

void ActorRouter::Line::Insert(const std::shared_ptr<ActorCall>& call) {
  const auto place = std::find_if(calls.begin(), calls.end(), [&](const auto& other) {
    const auto there = other.lock();
    return there != nullptr && there->made() > call->made();
  });
  calls.insert(place, call);
}

ActorRouter::ActorRouter(EventLoop& loop, http::Client& client, Options options,
                         DeliverToActor deliver)
    : loop_(loop),
      client_(client),
      options_(std::move(options)),
      deliver_(std::move(deliver)),
      join_(loop, [this] { Join(); }) {}

ActorRouter::~ActorRouter() {
  *self_ = nullptr;
}

std::unique_ptr<runtime::Subrequest> ActorRouter::Start(UrlParts url,
                                                        runtime::OutboundRequest request,
                                                        runtime::SubrequestObserver& observer) {
  if (options_.directory == nullptr) {
    return FailSubrequest(loop_, Unavailable("this node hosts no Durable Objects"), observer);
  }
  auto call = std::make_shared<ActorCall>(*this, std::move(url), std::move(request), observer);
  const std::string key = call->key();
  Line& line = lines_[key];
  const auto owner = owners_.find(key);
  if (line.calls.empty() && owner != owners_.end() && owner->second.is_self) {
    lines_.erase(key);
    call->Send(owner->second);
  } else if (line.calls.size() >= options_.limits.calls_max) {
    call->FailLater(ResourceExhausted("more than {} calls wait for this Durable Object",
                                      options_.limits.calls_max));
  } else {
    line.calls.push_back(call);
    call->KeepBody([this, key] { Pump(key); });
  }
  return std::make_unique<Handle>(std::move(call));
}

void ActorRouter::Pump(const std::string& key) {
  const auto found = lines_.find(key);
  if (found == lines_.end()) return;
  Line& line = found->second;
  while (!line.calls.empty()) {
    const auto call = line.calls.front().lock();
    if (call == nullptr) {
      line.calls.pop_front();
      continue;
    }
    if (!call->is_ready()) return;
    const auto owner = owners_.find(key);
    if (owner == owners_.end()) {
      if (!line.is_locating) Locate(key, *call);
      return;
    }
    line.calls.pop_front();
    call->Send(owner->second);
  }
  if (!line.is_locating) lines_.erase(key);
}

void ActorRouter::Locate(const std::string& key, const ActorCall& call) {
  lines_[key].is_locating = true;
  v1::LocateActorRequest request;
  *request.mutable_caller() = options_.self;
  request.set_namespace_id(call.request().actor->namespace_id);
  request.set_id(call.request().actor->id);
  request.set_name(call.request().actor->name);
  request.set_location_hint(call.request().actor->location_hint);
  options_.directory->Locate(loop_, std::move(request),
                             [self = self_, key](absl::StatusOr<v1::LocateActorResponse> response) {
                               if (*self != nullptr) (*self)->Located(key, std::move(response));
                             });
}

void ActorRouter::Located(const std::string& key,
                          absl::StatusOr<v1::LocateActorResponse> response) {
  Line& line = lines_[key];
  line.is_locating = false;
  if (!response.ok()) {
    const bool is_final = absl::IsNotFound(response.status());  // the class was deleted
    for (const auto& waiting : std::exchange(line.calls, {})) {
      const auto call = waiting.lock();
      if (call == nullptr) continue;
      if (is_final) {
        call->FailLater(response.status());
      } else {
        call->TryAgain(response.status());
      }
    }
    if (line.calls.empty()) lines_.erase(key);
    return;
  }
  if (owners_.size() >= options_.limits.owners_max) owners_.clear();
  const v1::ActorHost& host = response->owner();
  Owner owner{.host = host, .epoch = response->epoch()};
  owner.is_self = options_.hosts && host.instance() == options_.self.instance() &&
                  host.door() == options_.self.door();
  if (const auto rtt = options_.rtts.find(host.pop());
      rtt != options_.rtts.end() && host.node() != options_.self.node()) {
    owner.rtt = rtt->second;
  }
  owners_[key] = std::move(owner);
  Pump(key);
}

void ActorRouter::Forget(const std::string& key, uint64_t epoch) {
  const auto found = owners_.find(key);
  if (found != owners_.end() && found->second.epoch <= epoch) owners_.erase(found);
}

bool ActorRouter::IsOwn(const runtime::ActorAddress& address) const {
  const auto found = owners_.find(ActorKey(address.namespace_id, address.id));
  return found != owners_.end() && found->second.is_self;
}

void ActorRouter::StartJoining() {
  if (options_.directory != nullptr && options_.hosts && !join_.active()) Join();
}

void ActorRouter::Join() {
  v1::JoinActorsRequest request;
  *request.mutable_host() = options_.self;
  options_.directory->Join(loop_, std::move(request), [](const auto&) {});
  join_.Start(kJoinEvery);
}

}  // namespace terrella::edge
