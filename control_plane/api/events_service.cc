#include "control_plane/api/events_service.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/status.h"
#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/api/loop_stream.h"

namespace terrella::control {
namespace {

// Orders that wait for a node that does not read: fires are bounded by the triggers, sets of tails
// replace each other.
constexpr size_t kOrdersMax = 1000;
// Events that wait for a person's terminal; beyond, they are counted and left out.
constexpr size_t kTailEventsMax = 2000;

// One node's stream.
class AttendStream final : public LoopStream<v1::NodeEvent, v1::NodeOrder>, public AttendLink {
 public:
  explicit AttendStream(Coordinator& coordinator)
      : LoopStream(coordinator), call_(CallScope::Current()) {}

  void Send(const v1::NodeOrder& order) override {
    std::lock_guard lock(mutex_);
    if (finished()) return;
    // A set of tails is whole: the newer one replaces one that waits behind what is being written.
    if (order.has_tails() && !waiting_.empty() && waiting_.back().has_tails()) {
      waiting_.back() = order;
      return;
    }
    // A fire that is lost like this is sent again.
    if (waiting_.size() + (writing() ? 1 : 0) >= kOrdersMax) return;
    waiting_.push_back(order);
    Pump();
  }
  void Close(const absl::Status& why) override { End(why); }

 private:
  bool TakeNext(v1::NodeOrder& out) override {
    if (waiting_.empty()) return false;
    out = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }

  absl::Status Handle(v1::NodeEvent& event) override {
    if (event.has_attendance()) {
      if (id_) return InvalidArgument("a stream has one Attendance");
      RETURN_IF_ERROR(call_->Permit(event.attendance().node()));
      ASSIGN_OR_RETURN(
          id_, coordinator_.events().Connect(
                   event.attendance(), std::static_pointer_cast<AttendStream>(shared_from_this())));
      return absl::OkStatus();
    }
    if (!id_) return InvalidArgument("a stream begins with Attendance");
    coordinator_.events().OnEvent(*id_, event);
    return absl::OkStatus();
  }
  void Gone() override {
    if (id_) coordinator_.events().OnDisconnect(*id_);
  }

  const std::shared_ptr<Call> call_;
  std::optional<AttendanceId> id_;     // on the loop
  std::deque<v1::NodeOrder> waiting_;  // guarded by mutex_
};

// One person's tail.
class TailStream final : public grpc::ServerWriteReactor<v1::TailItem>,
                         public std::enable_shared_from_this<TailStream> {
 public:
  static std::shared_ptr<TailStream> Create(Coordinator& coordinator) {
    std::shared_ptr<TailStream> stream(new TailStream(coordinator));
    stream->self_ = stream;
    return stream;
  }

  // On the loop.
  void Open(const v1::TailRequest& request) {
    if (gone_) return;
    if (coordinator_.catalog().DeploymentOf(request.script()) == nullptr) {
      return End(NotFound("there is no script '{}'", request.script()));
    }
    auto session = coordinator_.events().tails().Open(
        request, [self = shared_from_this()](v1::TailItem item) { self->Offer(std::move(item)); });
    if (!session.ok()) return End(session.status());
    session_ = *session;
    v1::TailItem first;
    first.mutable_started()->set_session(session_);
    first.mutable_started()->set_nodes(static_cast<uint32_t>(coordinator_.events().attending()));
    Offer(std::move(first));
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) Pump();
  }
  void OnCancel() override {
    PostClose();
    End(absl::CancelledError("the reader is gone"));
  }
  void OnDone() override {
    PostClose();
    self_.reset();
  }

 private:
  explicit TailStream(Coordinator& coordinator) : coordinator_(coordinator) {}

  void Offer(v1::TailItem item) {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    const auto more = static_cast<size_t>(item.events_size());
    const auto waiting = static_cast<size_t>(next_.events_size());
    if (waiting + more > kTailEventsMax) {
      const size_t kept = kTailEventsMax - std::min(kTailEventsMax, waiting);
      dropped_ += more - std::min(kept, more);
      item.mutable_events()->DeleteSubrange(static_cast<int>(kept), static_cast<int>(more - kept));
    }
    next_.MergeFrom(item);
    Pump();
  }
  void End(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(ToGrpc(status));
  }
  // With the lock held.
  void Pump() {
    if (writing_ || finished_) return;
    if (dropped_ > 0) next_.add_drops()->set_events(std::exchange(dropped_, 0));
    if (!next_.has_started() && next_.events().empty() && next_.drops().empty()) return;
    writing_ = true;
    outgoing_ = std::move(next_);
    next_.Clear();
    StartWrite(&outgoing_);
  }
  void PostClose() {
    coordinator_.Post([self = shared_from_this()] {
      self->gone_ = true;
      if (!self->session_.empty()) self->coordinator_.events().tails().Close(self->session_);
    });
  }

  Coordinator& coordinator_;
  std::shared_ptr<TailStream> self_;  // until OnDone
  std::string session_;               // on the loop
  bool gone_ = false;                 // on the loop

  std::mutex mutex_;  // guards everything below
  bool writing_ = false;
  bool finished_ = false;
  uint64_t dropped_ = 0;
  v1::TailItem next_;
  v1::TailItem outgoing_;
};

}  // namespace

grpc::ServerBidiReactor<v1::NodeEvent, v1::NodeOrder>* NodeEventsService::Attend(
    grpc::CallbackServerContext*) {
  auto stream = std::make_shared<AttendStream>(coordinator_);
  stream->Start();
  return stream.get();
}

grpc::ServerUnaryReactor* CronsService::ListCrons(grpc::CallbackServerContext* context,
                                                  const v1::ListCronsRequest* request,
                                                  v1::ListCronsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    const std::string& script = request->script();
    if (!script.empty() && coordinator_.catalog().DeploymentOf(script) == nullptr) {
      return reactor->Finish(ToGrpc(NotFound("there is no script '{}'", script)));
    }
    *response = coordinator_.events().crons().List(script);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* StatsService::Query(grpc::CallbackServerContext* context,
                                              const v1::StatsRequest* request,
                                              v1::StatsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    absl::StatusOr<v1::StatsResponse> stats = coordinator_.events().stats().Query(*request);
    if (stats.ok()) *response = *std::move(stats);
    reactor->Finish(ToGrpc(stats.status()));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::TailItem>* TailService::Open(grpc::CallbackServerContext*,
                                                          const v1::TailRequest* request) {
  auto stream = TailStream::Create(coordinator_);
  coordinator_.Post([stream, request = *request] { stream->Open(request); });
  return stream.get();
}

grpc::ServerUnaryReactor* TailService::History(grpc::CallbackServerContext* context,
                                               const v1::TailHistoryRequest* request,
                                               v1::TailHistoryResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    if (coordinator_.catalog().DeploymentOf(request->script()) == nullptr) {
      return reactor->Finish(ToGrpc(NotFound("there is no script '{}'", request->script())));
    }
    coordinator_.events().QueryLogs(*request, [reactor, response](auto answer) {
      if (answer.ok()) *response = *std::move(answer);
      reactor->Finish(ToGrpc(answer.status()));
    });
  });
  return reactor;
}

}  // namespace terrella::control
