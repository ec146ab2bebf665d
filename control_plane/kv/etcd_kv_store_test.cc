// What only KV over etcd has: a fence, parts that nobody needs any more, leases that remove what
// has expired.
#include "control_plane/kv/etcd_kv_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/status.h"
#include "control_plane/store/testing/etcd_members.h"

namespace terrella::control {
namespace {

class EtcdKvStoreTest : public ::testing::Test {
 protected:
  EtcdKvStoreTest() {
    auto etcd = EtcdStore::Open(members_.Address("kv"), {}, {.patience = std::chrono::seconds(20)});
    EXPECT_TRUE(etcd.ok()) << etcd.status();
    etcd_ = *std::move(etcd);
  }
  // Keys of etcd's under the prefix, with their leases.
  std::vector<std::pair<std::string, int64_t>> Under(const std::string& prefix) {
    etcd::RangeRequest request;
    request.set_key(prefix);
    request.set_range_end(EtcdKeys::End(prefix));
    const auto response = etcd_->client().Range(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::pair<std::string, int64_t>> keys;
    for (const etcd::KeyValue& kv : response->kvs()) keys.emplace_back(kv.key(), kv.lease());
    return keys;
  }
  std::vector<std::pair<std::string, int64_t>> Parts() { return Under("kv/kv-part/"); }

  const EtcdMembers members_{1};
  SystemClock clock_;
  std::unique_ptr<EtcdStore> etcd_;
};

TEST_F(EtcdKvStoreTest, WhoWasDeposedWritesNoMore) {
  auto leadership = etcd_->Campaign({.name = "control", .holder = "one"});
  ASSERT_TRUE(leadership.ok()) << leadership.status();
  EtcdKvStore store(*etcd_, (*leadership)->fence(), clock_);
  ASSERT_TRUE(store.Put("ns", {{"k", "1"}}).ok());
  leadership = absl::CancelledError("given up");
  EXPECT_EQ(store.Put("ns", {{"k", "2"}}).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store.Delete("ns", {"k"}).code(), absl::StatusCode::kAborted);
  EXPECT_EQ((*store.Get("ns", {"k"}))[0].value, "1");
}

TEST_F(EtcdKvStoreTest, PartsOfAReplacedOrDeletedValueAreGone) {
  EtcdKvStore store(*etcd_, std::nullopt, clock_);
  ASSERT_TRUE(store.Put("ns", {{"k", std::string(2 << 20, 'a')}}).ok());
  const auto first = Parts();
  EXPECT_EQ(first.size(), 4u);
  for (const auto& [key, lease] : first) EXPECT_EQ(lease, 0) << key;
  ASSERT_TRUE(store.Put("ns", {{"k", std::string(1 << 20, 'b')}}).ok());
  EXPECT_EQ(Parts().size(), 2u);
  EXPECT_NE(Parts()[0].first, first[0].first);
  ASSERT_TRUE(store.Put("ns", {{"k", "small"}}).ok());
  EXPECT_TRUE(Parts().empty());
  ASSERT_TRUE(store.Put("ns", {{"k", std::string(1 << 20, 'c')}}).ok());
  ASSERT_TRUE(store.Delete("ns", {"k"}).ok());
  EXPECT_TRUE(Parts().empty());
}

TEST_F(EtcdKvStoreTest, FewLeasesServeAllThatExpires) {
  EtcdKvStore store(*etcd_, std::nullopt, clock_);
  const int64_t now = clock_.WallNow().time_since_epoch() / std::chrono::seconds(1);
  std::vector<KvEntry> entries;
  for (int i = 0; i < 100; ++i) {
    entries.push_back(
        {std::to_string(i), std::string(i == 0 ? 1 << 20 : 1, 'x'), "", now + 3600 + i});
  }
  entries.push_back({"far", "x", "", int64_t{1} << 62});
  ASSERT_TRUE(store.Put("ns", entries).ok());
  std::set<int64_t> leases;
  for (const auto& [key, lease] : Under("kv/kv/")) leases.insert(lease);
  EXPECT_LE(leases.size(), 3u);  // with 0, of the one that is too far away
  for (const auto& [key, lease] : Parts()) EXPECT_NE(lease, 0) << key;
  // Another control plane uses the same ones, also when they have ended without its knowing.
  EtcdKvStore other(*etcd_, std::nullopt, clock_);
  ASSERT_TRUE(other.Put("ns", {entries[0]}).ok());
  for (const int64_t lease : leases) {
    if (lease == 0) continue;
    etcd::LeaseRevokeRequest revoke;
    revoke.set_id(lease);
    ASSERT_TRUE(etcd_->client().RevokeLease(revoke).ok());
  }
  EXPECT_EQ(Under("kv/kv/").size(), 1u);  // the far one
  EXPECT_TRUE(Parts().empty());
  const absl::Status again = other.Put("ns", {entries[0], entries[1]});
  EXPECT_TRUE(again.ok()) << again;
  EXPECT_EQ(other.Get("ns", {"0", "1"})->size(), 2u);
}

TEST_F(EtcdKvStoreTest, AReaderFindsAWholeValueWhateverIsWrittenMeanwhile) {
  EtcdKvStore store(*etcd_, std::nullopt, clock_);
  const auto put = [&](char c) { return store.Put("ns", {{"k", std::string(600'000, c)}}); };
  ASSERT_TRUE(put('a').ok());
  std::atomic<bool> ended = false;
  std::thread writer([&] {
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(put(static_cast<char>('a' + i % 26)).ok());
    ended = true;
  });
  size_t reads = 0;
  while (!ended) {
    const auto entries = store.Get("ns", {"k"});
    ASSERT_TRUE(entries.ok()) << entries.status();
    ASSERT_EQ(entries->size(), 1u);
    const std::string& value = (*entries)[0].value;
    EXPECT_EQ(value, std::string(600'000, value[0]));
    ++reads;
  }
  writer.join();
  EXPECT_GT(reads, 0u);
}

}  // namespace
}  // namespace terrella::control
