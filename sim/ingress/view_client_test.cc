// Goal: views arrive, and arrive again after the control plane was gone; leaving never hangs.
#include "sim/ingress/view_client.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::sim {
namespace {

// A control plane with one view for whoever watches; its streams stay open until it stops.
class FakeControl final : public v1::Topology::CallbackService {
 public:
  FakeControl(int port, uint64_t serial) : serial_(serial) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeControl() override { server_->Shutdown(std::chrono::system_clock::now()); }
  int port() const { return port_; }

 private:
  class Stream final : public grpc::ServerWriteReactor<v1::View> {
   public:
    explicit Stream(uint64_t serial) {
      view_.set_serial(serial);
      StartWrite(&view_);
    }
    void OnWriteDone(bool) override {}
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

   private:
    v1::View view_;
  };
  grpc::ServerWriteReactor<v1::View>* WatchView(grpc::CallbackServerContext*,
                                                const v1::WatchViewRequest* request) override {
    EXPECT_EQ(request->watcher(), "ingress");
    return new Stream(serial_);
  }

  const uint64_t serial_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class Views {
 public:
  void Push(const v1::View& view) {
    std::lock_guard lock(mutex_);
    serials_.push_back(view.serial());
    changed_.notify_all();
  }
  // The next serial, 0 when none comes.
  uint64_t Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !serials_.empty(); })) {
      return 0;
    }
    uint64_t serial = serials_.front();
    serials_.pop_front();
    return serial;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<uint64_t> serials_;  // guarded by mutex_
};

TEST(ViewClient, FollowsAcrossARestartOfTheControlPlane) {
  Views views;
  auto control = std::make_unique<FakeControl>(0, 1);
  int port = control->port();
  ASSERT_NE(port, 0);
  ViewClient client("127.0.0.1:" + std::to_string(port), [&](v1::View view) { views.Push(view); });
  EXPECT_EQ(views.Next(), 1u);
  control.reset();
  control = std::make_unique<FakeControl>(port, 2);
  ASSERT_EQ(control->port(), port);
  EXPECT_EQ(views.Next(), 2u);
}

TEST(ViewClient, LeavesWhileStreamingAndWhileNobodyAnswers) {
  FakeControl control(0, 1);
  for (int i = 0; i < 20; ++i) {
    ViewClient streaming("127.0.0.1:" + std::to_string(control.port()), [](v1::View) {});
    ViewClient waiting("127.0.0.1:1", [](v1::View) { ADD_FAILURE(); });
  }
}

}  // namespace
}  // namespace terrella::sim
