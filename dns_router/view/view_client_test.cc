// The live path on real gRPC: views in, reconnection, publication, and Resolve.Explain out.
#include "dns_router/view/view_client.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/check.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/view/admin_server.h"
#include "dns_router/view/publisher.h"
#include "terrella/v1/resolve.grpc.pb.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::dns {
namespace {

v1::View MakeView(uint64_t serial, v1::NodeState state = v1::NODE_STATE_READY) {
  v1::View view;
  view.set_serial(serial);
  view.set_zone("edge.test");
  view.add_hostnames("hello.edge.test");
  v1::Node& node = *view.add_nodes();
  node.set_state(state);
  node.mutable_info()->set_id("M");
  node.mutable_info()->set_address("127.0.0.2");
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
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  grpc::Status WatchView(grpc::ServerContext* context, const v1::WatchViewRequest* request,
                         grpc::ServerWriter<v1::View>* writer) override {
    EXPECT_EQ(request->watcher(), "dns_router");
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
    ViewClient client(control.target(), received.Callback());
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
  ViewClient client(control.target(), received.Callback());
  control.Start();
  control.Send(MakeView(1));
  EXPECT_EQ(received.Next(), Report(1, true));
  control.Stop();
}

TEST(ViewClient, StopsWhileNobodyAnswers) {
  Received received;
  const ViewClient client("127.0.0.1:1", received.Callback());
}

TEST(Publisher, PublishesTheNewestViewAndHoldsAWorseOneAfterAReconnection) {
  EventLoop loop;
  SnapshotCell cell;
  Publisher publisher(loop, MakeThreePoints(), {.hold = std::chrono::milliseconds(50)}, cell);
  publisher.Offer(MakeView(1), true);
  publisher.Offer(MakeView(2), false);  // replaces the first before anybody built it
  loop.RunOnce();
  ASSERT_NE(cell.Get(), nullptr);
  EXPECT_EQ(cell.Get()->view().serial, 2u);
  EXPECT_EQ(cell.version(), 1u);

  publisher.Offer(MakeView(3, v1::NODE_STATE_DOWN), true);
  loop.RunOnce();
  EXPECT_EQ(cell.Get()->view().serial, 2u) << "held";
  while (cell.version() == 1) loop.RunOnce();
  EXPECT_EQ(cell.Get()->view().serial, 3u) << "believed after the hold";

  v1::View bad = MakeView(4);
  bad.set_zone("not a name");
  publisher.Offer(bad, false);
  loop.RunOnce();
  EXPECT_EQ(cell.Get()->view().serial, 3u) << "the last good one stays";
}

TEST(AdminServer, ExplainsOverGrpc) {
  SnapshotCell cell;
  const auto admin = AdminServer::Start(*SocketAddress::Parse("127.0.0.1:0"), cell);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const auto stub = v1::Resolve::NewStub(
      grpc::CreateChannel((*admin)->address().ToString(), grpc::InsecureChannelCredentials()));
  v1::ExplainRequest request;
  request.set_name("hello.edge.test");
  request.set_place("East");
  const auto ask = [&](v1::ExplainResponse* response) {
    grpc::ClientContext context;
    return stub->Explain(&context, request, response);
  };
  v1::ExplainResponse response;
  EXPECT_EQ(ask(&response).error_code(), grpc::StatusCode::UNAVAILABLE);
  std::vector<std::string> ignored;
  cell.Set(*Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), {}, nullptr, &ignored));
  EXPECT_TRUE(ask(&response).ok());
  EXPECT_EQ(response.candidates(0).node(), "E");
  request.set_place("Atlantis");
  EXPECT_EQ(ask(&response).error_code(), grpc::StatusCode::NOT_FOUND);

  const auto second = AdminServer::Start((*admin)->address(), cell);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace terrella::dns
