#include "control_plane/store/etcd_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::control {
namespace {

using ::testing::ElementsAre;

TEST(EtcdAddressTest, HasEndpointsAndAPrefix) {
  const auto address = EtcdAddress::Parse("etcd://10.0.0.1:2379,db-2.local:12379/terrella/prod/");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_THAT(address->endpoints, ElementsAre("10.0.0.1:2379", "db-2.local:12379"));
  EXPECT_EQ(address->prefix, "terrella/prod");
}

TEST(EtcdAddressTest, PortAndPrefixMayBeLeftOut) {
  const auto address = EtcdAddress::Parse("etcd://localhost,[::1]");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_THAT(address->endpoints, ElementsAre("localhost:2379", "[::1]:2379"));
  EXPECT_EQ(address->prefix, "");
}

TEST(EtcdAddressTest, MayBeReachedByTls) {
  EXPECT_FALSE(EtcdAddress::Parse("etcd://a")->tls);
  const auto system = EtcdAddress::Parse("etcds://a:1/p");
  ASSERT_TRUE(system.ok() && system->tls) << system.status();
  EXPECT_TRUE(system->tls->authority.empty() && system->tls->certificates.empty());
  EXPECT_TRUE(system->CheckFiles().ok());
  const auto own = EtcdAddress::Parse("etcds://a:1,b/p/q?key=/c/k.pem&ca=/c/ca.pem&cert=/c/c.pem");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(own->endpoints, ElementsAre("a:1", "b:2379"));
  EXPECT_EQ(own->prefix, "p/q");
  EXPECT_EQ(own->tls->authority, "/c/ca.pem");
  EXPECT_EQ(own->tls->certificates, "/c/c.pem");
  EXPECT_EQ(own->tls->key, "/c/k.pem");
  EXPECT_EQ(own->CheckFiles().code(), absl::StatusCode::kNotFound);
  for (const char* text :
       {"etcd://a?ca=x", "etcds://a?ca", "etcds://a?ca=", "etcds://a?ca=x&ca=y", "etcds://a?user=x",
        "etcds://a?cert=x", "etcds://a?key=x", "etcds://?ca=x"}) {
    EXPECT_EQ(EtcdAddress::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(EtcdAddressTest, SaysWhatIsWrong) {
  for (const char* text : {"", "http://a:1", "etcd:a", "etcd://", "etcd:///x", "etcd://a:1,",
                           "etcd://a:0", "etcd://a:65536", "etcd://a:x", "etcd://a b:1"}) {
    EXPECT_EQ(EtcdAddress::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  std::string many = "etcd://a";
  for (int i = 0; i < 16; ++i) many += ",a";
  EXPECT_EQ(EtcdAddress::Parse(many).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace terrella::control
