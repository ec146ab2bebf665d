#include "sim/ingress/view_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::sim {
namespace {

constexpr int kBackoffMinMs = 100, kBackoffMaxMs = 2000;
constexpr int kMessageBytesMax = 16 << 20;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kBackoffMinMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kBackoffMinMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kBackoffMaxMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// Keeps one stream at a time; its own thread only sleeps between streams.
struct ViewClient::Impl {
  class Stream;

  Impl(const std::string& target_in, std::function<void(v1::View)> on_view_in)
      : target(target_in),
        on_view(std::move(on_view_in)),
        stub(v1::Topology::NewStub(ChannelTo(target_in))),
        thread([this] { Follow(); }) {}
  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
      if (context != nullptr) context->TryCancel();
    }
    changed.notify_all();
    thread.join();
  }
  void Follow();
  // Runs one stream to its end; true when it gave a view.
  bool RunStream();

  const std::string target;
  const std::function<void(v1::View)> on_view;
  const std::unique_ptr<v1::Topology::Stub> stub;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;                   // guarded by mutex
  grpc::ClientContext* context = nullptr;  // guarded by mutex; of the running stream
  bool ended = false;                      // guarded by mutex
  grpc::Status end_status;                 // guarded by mutex
  std::thread thread;                      // last: it uses all above
};

class ViewClient::Impl::Stream final : public grpc::ClientReadReactor<v1::View> {
 public:
  explicit Stream(Impl& owner) : owner_(owner) {
    request_.set_watcher("ingress");
    owner.stub->async()->WatchView(&context_, &request_, this);
    StartRead(&view_);
    StartCall();
  }
  grpc::ClientContext& context() { return context_; }
  bool had_view() const { return had_view_; }  // after its end

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (!had_view_) LogInfo("following the control plane at {}", owner_.target);
    had_view_ = true;
    owner_.on_view(std::move(view_));
    view_.Clear();
    StartRead(&view_);
  }
  void OnDone(const grpc::Status& status) override {
    std::lock_guard lock(owner_.mutex);
    owner_.end_status = status;
    owner_.ended = true;
    owner_.changed.notify_all();  // under the lock: this may be gone right after
  }

  Impl& owner_;
  grpc::ClientContext context_;
  v1::WatchViewRequest request_;
  v1::View view_;
  bool had_view_ = false;
};

bool ViewClient::Impl::RunStream() {
  std::unique_lock lock(mutex);
  if (stopping) return false;
  ended = false;
  // Starting a call needs no lock of ours and cannot call back on this thread.
  Stream stream(*this);
  context = &stream.context();
  changed.wait(lock, [this] { return ended; });
  context = nullptr;
  return stream.had_view();
}

void ViewClient::Impl::Follow() {
  uint64_t seed = 0;
  FillRandom(&seed, sizeof seed);
  CounterRandom random(seed);
  int backoff_ms = kBackoffMinMs;
  bool complained = false;
  while (true) {
    bool had_view = RunStream();
    std::unique_lock lock(mutex);
    if (stopping) return;
    if (had_view || !complained) {
      LogWarn("control plane at {}: {}; keeping the last view and trying again", target,
              end_status.ok() ? "the stream ended" : end_status.error_message());
      complained = true;
    }
    backoff_ms = had_view ? kBackoffMinMs : std::min(2 * backoff_ms, kBackoffMaxMs);
    Duration pause = FromMs(backoff_ms * (0.5 + 0.5 * random.Uniform()));
    if (changed.wait_for(lock, pause, [this] { return stopping; })) return;
  }
}

ViewClient::ViewClient(const std::string& target, std::function<void(v1::View)> on_view)
    : impl_(std::make_unique<Impl>(target, std::move(on_view))) {}
ViewClient::~ViewClient() = default;

}  // namespace terrella::sim
