#include "topology/view_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::topology {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kBackoffMin{100}, kBackoffMax{2000};
constexpr int kMessageBytesMax = 16 << 20;
constexpr int kConnectMsMax =
    2000;  // handshake included: what gRPC makes of its "minimum of the backoff"

std::shared_ptr<grpc::Channel> DialControl(const rpc::Upstream& control) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  // The channel's own backoff must not be slower than ours.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(kBackoffMin.count()));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMsMax);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(kBackoffMax.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  return rpc::Dial(control, arguments);
}

// One call of WatchView with the callback API.
class Watch final : public grpc::ClientReadReactor<v1::View> {
 public:
  // All outlive the stream; `following` is set with the first view.
  Watch(v1::Topology::Stub& stub, const ViewClientOptions& options,
        const ViewClient::ViewCallback& on_view, std::atomic<bool>& following)
      : options_(options), on_view_(on_view), following_(following) {
    request_.set_watcher(options.watcher);
    stub.async()->WatchView(&context_, &request_, this);
    StartRead(&view_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }
  // Waits for the end of the stream. True when it gave at least one view.
  bool Await(grpc::Status* status) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    *status = status_;
    return !first_;
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (first_) LogInfo("following the control plane at {}", options_.control.target);
    on_view_(std::move(view_), std::exchange(first_, false));
    following_ = true;
    view_.Clear();
    StartRead(&view_);
  }
  void OnDone(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    status_ = status;
    done_ = true;
    changed_.notify_one();  // under the lock: this may be gone right after
  }

  const ViewClientOptions& options_;
  const ViewClient::ViewCallback& on_view_;
  std::atomic<bool>& following_;
  grpc::ClientContext context_;
  v1::WatchViewRequest request_;
  v1::View view_;
  bool first_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;  // guarded by mutex_
  grpc::Status status_;
};

}  // namespace

struct ViewClient::Impl {
  Impl(ViewClientOptions options_in, ViewCallback on_view_in)
      : options(std::move(options_in)),
        on_view(std::move(on_view_in)),
        stub(v1::Topology::NewStub(DialControl(options.control))),
        thread([this] { Run(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      if (watch != nullptr) watch->Cancel();
    }
    wakeup.notify_one();
    thread.join();
  }

  void Run();
  // One stream from dial to end; true when it gave views.
  bool FollowOnce();

  const ViewClientOptions options;
  const ViewCallback on_view;
  const std::unique_ptr<v1::Topology::Stub> stub;
  std::mutex mutex;
  std::condition_variable wakeup;
  bool stopping = false;   // guarded by mutex
  Watch* watch = nullptr;  // guarded by mutex; the running stream
  bool complained = false;
  std::atomic<bool> following{false};
  std::thread thread;  // last: it uses everything above
};

bool ViewClient::Impl::FollowOnce() {
  std::unique_ptr<Watch> stream;
  {
    const std::lock_guard lock(mutex);
    if (stopping) return false;
    stream = std::make_unique<Watch>(*stub, options, on_view, following);
    watch = stream.get();
  }
  grpc::Status status;
  const bool had_views = stream->Await(&status);
  following = false;
  const std::lock_guard lock(mutex);
  watch = nullptr;
  if (!stopping && (had_views || !complained)) {
    LogWarn("control plane at {}: {}; keeping the last view and trying again",
            options.control.target, status.ok() ? "the stream ended" : status.error_message());
    complained = true;
  }
  return had_views;
}

void ViewClient::Impl::Run() {
  uint64_t seed = 0;
  FillRandom(&seed, sizeof(seed));
  CounterRandom random(seed);
  milliseconds backoff = kBackoffMin;
  while (true) {
    backoff = FollowOnce() ? kBackoffMin : std::min(backoff * 2, kBackoffMax);
    const auto pause = std::chrono::duration<double, std::milli>(
        static_cast<double>(backoff.count()) * (0.5 + 0.5 * random.Uniform()));
    std::unique_lock lock(mutex);
    if (wakeup.wait_for(lock, pause, [this] { return stopping; })) return;
  }
}

ViewClient::ViewClient(ViewClientOptions options, ViewCallback on_view)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_view))) {}
ViewClient::~ViewClient() = default;
bool ViewClient::is_following() const {
  return impl_->following;
}

}  // namespace terrella::topology
