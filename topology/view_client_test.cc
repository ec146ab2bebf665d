// Views arrive, and arrive again after the control plane was gone; leaving never hangs.
#include "topology/view_client.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/check.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::topology {
namespace {

v1::View MakeView(uint64_t serial) {
  v1::View view;
  view.set_serial(serial);
  return view;
}

// A control plane that says what the test says.
class FakeControl final : public v1::Topology::Service {
 public:
  // Starts serving; port 0 picks one, which stays the same over restarts.
  void Start() {
    const std::lock_guard lock(mutex_);
    ending_ = false;
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port_),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    CHECK(server_ != nullptr);
  }
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    server_->Shutdown();
    server_.reset();
  }
  void Send(v1::View view) {
    {
      const std::lock_guard lock(mutex_);
      views_.push_back(std::move(view));
    }
    changed_.notify_all();
  }
  ViewClientOptions options() const {
    return {.control = {.target = "127.0.0.1:" + std::to_string(port_), .credentials = nullptr},
            .watcher = "somebody"};
  }

 private:
  grpc::Status WatchView(grpc::ServerContext* context, const v1::WatchViewRequest* request,
                         grpc::ServerWriter<v1::View>* writer) override {
    EXPECT_EQ(request->watcher(), "somebody");
    std::unique_lock lock(mutex_);
    while (!ending_ && !context->IsCancelled()) {
      // Short waits because a cancelled call notifies nobody here.
      changed_.wait_for(lock, std::chrono::milliseconds(20),
                        [this] { return ending_ || !views_.empty(); });
      for (; !views_.empty(); views_.pop_front()) writer->Write(views_.front());
    }
    return grpc::Status::OK;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::View> views_;  // guarded by mutex_
  bool ending_ = false;         // guarded by mutex_
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// What the client reported, waited for.
class Received {
 public:
  ViewClient::ViewCallback Callback() {
    return [this](v1::View view, bool first) {
      const std::lock_guard lock(mutex_);
      reports_.emplace_back(view.serial(), first);
      changed_.notify_all();
    };
  }
  std::pair<uint64_t, bool> Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !reports_.empty(); })) {
      return {0, false};
    }
    const auto report = reports_.front();
    reports_.pop_front();
    return report;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<uint64_t, bool>> reports_;
};

using Report = std::pair<uint64_t, bool>;

TEST(ViewClient, FollowsAndReconnectsWhenTheControlPlaneRestarts) {
  FakeControl control;
  control.Start();
  Received received;
  {
    ViewClient client(control.options(), received.Callback());
    control.Send(MakeView(1));
    EXPECT_EQ(received.Next(), Report(1, true));
    control.Send(MakeView(2));
    EXPECT_EQ(received.Next(), Report(2, false));
    control.Stop();
    control.Start();
    control.Send(MakeView(3));
    EXPECT_EQ(received.Next(), Report(3, true));
  }
  control.Stop();
}

TEST(ViewClient, WaitsForAControlPlaneThatStartsLater) {
  FakeControl control;
  control.Start();  // only to get a port
  control.Stop();
  Received received;
  ViewClient client(control.options(), received.Callback());
  control.Start();
  control.Send(MakeView(1));
  EXPECT_EQ(received.Next(), Report(1, true));
  control.Stop();
}

TEST(ViewClient, LeavesWhileStreamingAndWhileNobodyAnswers) {
  FakeControl control;
  control.Start();
  for (int i = 0; i < 20; ++i) {
    const ViewClient streaming(control.options(), [](v1::View, bool) {});
    const ViewClient waiting(
        {.control = {.target = "127.0.0.1:1", .credentials = nullptr}, .watcher = "somebody"},
        [](v1::View, bool) { ADD_FAILURE(); });
  }
  control.Stop();
}

}  // namespace
}  // namespace terrella::topology
