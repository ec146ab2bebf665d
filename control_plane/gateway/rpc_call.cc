#include "control_plane/gateway/rpc_call.h"

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <condition_variable>
#include <mutex>

#include "base/status.h"

namespace terrella::control {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  out.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

}  // namespace

// What gRPC has not let go of. Thread: any.
class RunningCalls {
 public:
  void Begin() {
    std::lock_guard lock(mutex_);
    ++calls_;
  }
  void End() {
    std::lock_guard lock(mutex_);
    if (--calls_ == 0) ended_.notify_all();
  }
  void AwaitNone() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return calls_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int calls_ = 0;  // guarded by mutex_
};

namespace {

// gRPC's side of a call, which it keeps until OnDone. Between a message and Next there is no
// operation under way; the hold keeps gRPC from ending the call then.
class Reactor final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // What of the call lives on the loop; empty once the call is destroyed.
  struct Side {
    RpcCall::Events events;
    bool waiting = false;  // for Next
  };

  Reactor(EventLoop& loop, std::shared_ptr<grpc::Channel> channel,
          std::shared_ptr<RunningCalls> running, std::weak_ptr<Side> side)
      : loop_(loop), stub_(channel), running_(std::move(running)), side_(std::move(side)) {}

  void Start(RpcRequest request, std::shared_ptr<Reactor> self) {
    self_ = std::move(self);
    running_->Begin();
    for (const auto& [name, value] : request.metadata) context_.AddMetadata(name, value);
    if (request.timeout > Duration::zero()) {
      context_.set_deadline(std::chrono::system_clock::now() + request.timeout);
    }
    wires_ = std::move(request.wires);
    stub_.PrepareBidiStreamingCall(&context_, request.path, grpc::StubOptions(), this);
    AddHold();
    Write();
    StartRead(&response_);
    StartCall();
  }

  void Read() { StartRead(&response_); }
  void Cancel() { context_.TryCancel(); }

  // What the server does not want any more it will have words for.
  void OnWriteDone(bool ok) override {
    if (ok && written_ < wires_.size()) Write();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return RemoveHold();
    loop_.Post([this, bytes = BytesOf(response_)]() mutable {
      const std::shared_ptr<Side> side = side_.lock();
      if (side == nullptr) return Read();  // cancelled: this is how we hear of the end
      side->waiting = true;
      side->events.message(std::move(bytes));
    });
  }
  void OnDone(const grpc::Status& status) override {
    loop_.Post(
        [side = side_, result = absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                                             ToAbsl(status.error_message()))] {
          if (const std::shared_ptr<Side> alive = side.lock()) {
            alive->waiting = false;
            alive->events.done(result);
          }
        });
    const std::shared_ptr<RunningCalls> running = running_;
    self_.reset();  // may be the end of this
    running->End();
  }

 private:
  // The next message, or the end of none.
  void Write() {
    if (wires_.empty()) return StartWritesDone();
    const grpc::Slice slice(wires_[written_]);
    wires_[written_++].clear();
    request_ = grpc::ByteBuffer(&slice, 1);
    if (written_ == wires_.size()) {
      StartWriteLast(&request_, grpc::WriteOptions());
    } else {
      StartWrite(&request_);
    }
  }

  EventLoop& loop_;
  grpc::GenericStub stub_;
  const std::shared_ptr<RunningCalls> running_;
  std::shared_ptr<Reactor> self_;  // until OnDone
  const std::weak_ptr<Side> side_;
  grpc::ClientContext context_;
  std::vector<std::string> wires_;  // those written are empty
  size_t written_ = 0;
  grpc::ByteBuffer request_, response_;
};

class Call final : public RpcCall {
 public:
  Call(EventLoop& loop, std::shared_ptr<grpc::Channel> channel,
       std::shared_ptr<RunningCalls> running, RpcRequest request, Events events)
      : side_(std::make_shared<Reactor::Side>()) {
    side_->events = std::move(events);
    reactor_ = std::make_shared<Reactor>(loop, std::move(channel), std::move(running), side_);
    reactor_->Start(std::move(request), reactor_);
  }
  // The reactor may be done already, or hears of the end by a read that fails.
  ~Call() override {
    const bool waiting = side_->waiting;
    side_.reset();
    reactor_->Cancel();
    if (waiting) reactor_->Read();
  }
  void Next() override {
    if (!side_->waiting) return;
    side_->waiting = false;
    reactor_->Read();
  }

 private:
  std::shared_ptr<Reactor::Side> side_;
  std::shared_ptr<Reactor> reactor_;
};

}  // namespace

RpcCaller::RpcCaller(EventLoop& loop, std::shared_ptr<grpc::Channel> channel)
    : loop_(loop), channel_(std::move(channel)), running_(std::make_shared<RunningCalls>()) {}

RpcCaller::~RpcCaller() {
  running_->AwaitNone();
}

std::unique_ptr<RpcCall> RpcCaller::Call(RpcRequest request, RpcCall::Events events) {
  return std::make_unique<control::Call>(loop_, channel_, running_, std::move(request),
                                         std::move(events));
}

}  // namespace terrella::control
