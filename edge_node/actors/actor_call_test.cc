#include "edge_node/actors/actor_call.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/actor_id.h"

namespace terrella::edge {
namespace {

v1::ActorCall Call() {
  v1::ActorCall call;
  call.set_namespace_id("chat.1.Room");
  call.set_id(runtime::ActorIdFromName("chat.1.Room", "lobby"));
  call.set_scheme("http");
  call.set_epoch(3);
  return call;
}

TEST(ActorCallField, CarriesACallAndRefusesEverythingElse) {
  const auto read = DecodeActorCall(EncodeActorCall(Call()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->epoch(), 3u);
  EXPECT_EQ(read->namespace_id(), "chat.1.Room");
  const auto refused = [](auto change) {
    v1::ActorCall call = Call();
    change(call);
    return !DecodeActorCall(EncodeActorCall(call)).ok();
  };
  EXPECT_TRUE(refused([](auto& c) { c.set_namespace_id("chat.1.Other"); }))
      << "an id of another namespace";
  EXPECT_TRUE(refused([](auto& c) { c.set_id("../../etc/passwd"); }));
  EXPECT_TRUE(refused([](auto& c) { c.clear_namespace_id(); }));
  EXPECT_TRUE(refused([](auto& c) { c.set_scheme("file"); }));
  EXPECT_TRUE(refused([](auto& c) { c.set_name(std::string(2049, 'n')); }));
  EXPECT_TRUE(refused([](auto& c) { c.set_rpc_method(std::string(4097, 'm')); }));
  EXPECT_FALSE(DecodeActorCall("").ok());
  EXPECT_FALSE(DecodeActorCall("%%%").ok());
  EXPECT_FALSE(DecodeActorCall(std::string(40 << 10, 'A')).ok());
}

}  // namespace
}  // namespace terrella::edge
