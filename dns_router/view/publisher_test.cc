// Views in, publication, and Resolve.Explain out on real gRPC.
#include "dns_router/view/publisher.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/view/admin_server.h"
#include "terrella/v1/resolve.grpc.pb.h"

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

TEST(Publisher, WhatTakesLongComesWhenTheViewIsInUse) {
  EventLoop loop;
  SnapshotCell cell;
  std::vector<uint64_t> in_use;  // before and after each view
  const auto note = [&] { in_use.push_back(cell.Get() ? cell.Get()->view().serial : 0); };
  Publisher publisher(loop, MakeThreePoints(),
                      {.before_publish =
                           [&](auto snapshot) {
                             note();
                             return snapshot;
                           },
                       .after_publish = [&](const Snapshot&) { note(); }},
                      cell);
  for (const uint64_t serial : {1, 2}) {
    publisher.Offer(MakeView(serial), false);
    loop.RunOnce();
  }
  EXPECT_EQ(in_use, (std::vector<uint64_t>{0, 1, 1, 2}));
}

TEST(Publisher, HoldsAWorseFirstViewThanTheKeptOne) {
  EventLoop loop;
  SnapshotCell cell;
  Publisher publisher(loop, MakeThreePoints(), {.hold = std::chrono::milliseconds(50)}, cell);
  publisher.Recall(MakeView(9));
  ASSERT_NE(cell.Get(), nullptr);
  EXPECT_EQ(cell.Get()->view().serial, 9u);
  publisher.Offer(MakeView(1, v1::NODE_STATE_DOWN), true);
  loop.RunOnce();
  EXPECT_EQ(cell.Get()->view().serial, 9u) << "held: both may have restarted together";
  while (cell.version() == 1) loop.RunOnce();
  EXPECT_EQ(cell.Get()->view().serial, 1u) << "believed after the hold";
}

TEST(Publisher, ANodeThatFlapsChangesAnswersAFewTimesOnly) {
  EventLoop loop;
  SnapshotCell cell;
  Publisher publisher(loop, MakeThreePoints(), {}, cell);
  int changes = 0;
  bool was_ready = false;
  for (uint64_t serial = 1; serial <= 100; ++serial) {
    const bool up = serial % 2 == 1;
    v1::View view = MakeView(serial, up ? v1::NODE_STATE_READY : v1::NODE_STATE_DOWN);
    *view.add_nodes() = view.nodes(0);
    view.mutable_nodes(1)->mutable_info()->set_id("N");
    view.mutable_nodes(1)->set_state(v1::NODE_STATE_READY);
    publisher.Offer(std::move(view), false);
    loop.RunOnce();
    EXPECT_EQ(cell.Get()->view().serial, serial) << "the rest of the view is news";
    const NodeFacts& node = cell.Get()->node(0);
    changes += (node.state == NodeState::kReady) != was_ready;
    was_ready = node.state == NodeState::kReady;
  }
  EXPECT_LE(changes, 7) << "of 100";
  EXPECT_FALSE(was_ready);
}

TEST(AdminServer, ExplainsOverGrpc) {
  Backend backend;
  SnapshotCell& cell = backend.snapshot;
  const auto admin = AdminServer::Start(*SocketAddress::Parse("127.0.0.1:0"), {}, backend);
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
  EXPECT_EQ(ask(&response).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  std::vector<std::string> ignored;
  cell.Set(*Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), {}, nullptr, &ignored));
  EXPECT_TRUE(ask(&response).ok());
  EXPECT_EQ(response.candidates(0).node(), "E");
  request.set_place("Atlantis");
  EXPECT_EQ(ask(&response).error_code(), grpc::StatusCode::NOT_FOUND);

  const auto second = AdminServer::Start((*admin)->address(), {}, backend);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace terrella::dns
