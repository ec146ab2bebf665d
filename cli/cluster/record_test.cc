#include "cli/cluster/record.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "cli/testing/temp_cluster.h"

namespace terrella::cli {
namespace {

TEST(Record, NodesHaveAddressesByNumberAndIndex) {
  EXPECT_EQ(NodeHost(0, 0), "127.16.0.1");
  EXPECT_EQ(NodeHost(0, 249), "127.16.0.250");
  EXPECT_EQ(NodeHost(15, 250), "127.31.1.1");
}

TEST(Record, IngressesShareOneAddress) {
  TempCluster cluster;
  cluster.record.ingresses = 2;
  LayOut(cluster.record, {"FRA"});
  ASSERT_NE(cluster.record.Find("ingress-2"), nullptr);
  EXPECT_EQ(cluster.record.Find("ingress-2")->kind, PartKind::kIngress);
  EXPECT_EQ(cluster.record.Find("ingress-2")->address, cluster.record.Find("ingress")->address);
  EXPECT_EQ(cluster.record.nodes().size(), 1u);
  EXPECT_EQ(ParseClusterRecord(ToJson(cluster.record))->ingresses, 2);
}

TEST(Record, NodesGetTheShardsThatItSays) {
  TempCluster cluster;
  const auto flags = [&](const char* part) {
    const Part& one = *cluster.record.Find(part);
    const auto all = CommandFor(cluster.record, one, cluster.paths, cluster.programs).arguments;
    std::string shards;
    for (const std::string& flag : all) {
      if (flag.starts_with("--shards")) shards += flag;
    }
    return shards;
  };
  EXPECT_EQ(flags("FRA"), "") << "edge_node's own default";
  cluster.record.shards = "1..4";
  cluster.record = *ParseClusterRecord(ToJson(cluster.record));
  EXPECT_EQ(flags("FRA"), "--shards=1..4");
  EXPECT_EQ(flags("ingress"), "");
}

TEST(Record, SurvivesTheDisk) {
  TempCluster cluster;
  cluster.record.http_port = 8080;
  cluster.record.parts[3].process = {12, 345, "/bin/edge_node"};
  ASSERT_TRUE(SaveRecord(cluster.paths, cluster.record).ok());
  const auto loaded = LoadRecord(cluster.paths);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(ToJson(*loaded), ToJson(cluster.record));
  EXPECT_EQ(loaded->Find("fra")->process, (ProcessIdentity{12, 345, "/bin/edge_node"}));
  EXPECT_EQ(loaded->nodes().size(), 3u);
}

TEST(Record, ForgetsProcessesOfAnEarlierBoot) {
  TempCluster cluster;
  cluster.record.boot_id = "another";
  cluster.record.parts[0].process = {1, 2, "/sbin/init"};
  ASSERT_TRUE(SaveRecord(cluster.paths, cluster.record).ok());
  EXPECT_EQ(LoadRecord(cluster.paths)->parts[0].process.pid, 0);
}

TEST(Record, RefusesWhatIsNoRecord) {
  for (const char* bad : {"", "{", "[]", "{}", R"({"format": 2})",
                          R"({"format":1,"name":"x","number":99,"preset":"","zone":"","http_port":1,
                              "dns_port":1,"control_port":1,"boot_id":"","started_unix_ms":0,"parts":[]})"}) {
    EXPECT_EQ(ParseClusterRecord(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(Record, OnlyNodesAreFoundAsNodes) {
  TempCluster cluster;
  EXPECT_EQ(cluster.record.FindNode("control"), nullptr);
  EXPECT_NE(cluster.record.FindNode("nrt"), nullptr);
}

TEST(ClusterName, IsAFolderAndNothingElse) {
  EXPECT_TRUE(CheckClusterName("my-cluster_2").ok());
  for (const char* bad : {"", "..", "a/b", "-x", "a b", "ü"})
    EXPECT_FALSE(CheckClusterName(bad).ok()) << bad;
}

}  // namespace
}  // namespace terrella::cli
