// One suite for every engine.
#include "control_plane/kv/kv_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/kv/etcd_kv_store.h"
#include "control_plane/kv/sqlite_kv_store.h"
#include "control_plane/store/testing/etcd_members.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class Engine { kSqlite, kEtcd };

class KvStoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  static void TearDownTestSuite() { members_.reset(); }
  void SetUp() override {
    clock_.Advance(std::chrono::seconds(1'000'000));
    if (GetParam() == Engine::kEtcd && members_ == nullptr) {
      members_ = std::make_unique<EtcdMembers>(1);
    }
    Open();
  }
  int64_t NowS() const { return clock_.Now().time_since_epoch() / std::chrono::seconds(1); }
  // As a control plane that starts again.
  void Open() {
    store_.reset();
    if (GetParam() == Engine::kEtcd) {
      const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
      auto etcd = EtcdStore::Open(members_->Address(test.substr(0, test.find('/'))), {},
                                  {.patience = std::chrono::seconds(20)});
      ASSERT_TRUE(etcd.ok()) << etcd.status();
      etcd_ = *std::move(etcd);
      store_ = std::make_unique<EtcdKvStore>(*etcd_, std::nullopt, clock_);
      return;
    }
    auto store = SqliteKvStore::Open(folder_.path(), clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::string Value(const std::string& key) {
    auto entries = store_->Get("ns", {key});
    EXPECT_TRUE(entries.ok()) << entries.status();
    return entries->empty() ? "(none)" : (*entries)[0].value;
  }
  std::vector<std::string> Keys(const KvStore::ListOptions& options = {}) {
    auto page = store_->List("ns", options);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> keys;
    for (const KvEntry& entry : page->entries) keys.push_back(entry.key);
    if (!page->complete) keys.push_back("...");
    return keys;
  }

  static inline std::unique_ptr<EtcdMembers> members_;
  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<EtcdStore> etcd_;
  std::unique_ptr<KvStore> store_;
};

TEST_P(KvStoreTest, KeepsWhatWasPutAcrossARestart) {
  ASSERT_TRUE(store_->Put("ns", {{"a", "1", "{\"m\":1}"}, {"b", std::string("\0x", 2)}}).ok());
  ASSERT_TRUE(store_->Put("ns", {{"a", "2"}}).ok());
  Open();
  EXPECT_EQ(Value("a"), "2");
  EXPECT_EQ(Value("b"), std::string("\0x", 2));
  ASSERT_TRUE(store_->Delete("ns", {"a", "unknown"}).ok());
  EXPECT_EQ(Value("a"), "(none)");
}

TEST_P(KvStoreTest, GivesNothingThatHasExpired) {
  ASSERT_TRUE(store_->Put("ns", {{"a", "1", "", NowS() + 60}, {"b", "2"}}).ok());
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_EQ(Value("a"), "1");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Value("a"), "(none)");
  EXPECT_THAT(Keys(), ElementsAre("b"));
  EXPECT_EQ((*store_->Namespaces())[0].keys, 2u);
  ASSERT_TRUE(store_->Put("ns", {{"c", "3"}}).ok());
  if (GetParam() == Engine::kSqlite) {
    EXPECT_EQ((*store_->Namespaces())[0].keys, 2u);  // swept
  }
}

TEST_P(KvStoreTest, ListsByPrefixInPages) {
  ASSERT_TRUE(
      store_
          ->Put("ns",
                {{"b/1", ""}, {"a", ""}, {"b/3", ""}, {"b/2", ""}, {"c", ""}, {"\xFF\xFF", ""}})
          .ok());
  ASSERT_TRUE(store_->Put("other", {{"b/4", ""}}).ok());
  EXPECT_THAT(Keys(), ElementsAre("a", "b/1", "b/2", "b/3", "c", "\xFF\xFF"));
  EXPECT_THAT(Keys({.prefix = "b/"}), ElementsAre("b/1", "b/2", "b/3"));
  EXPECT_THAT(Keys({.prefix = "b/", .limit = 2}), ElementsAre("b/1", "b/2", "..."));
  EXPECT_THAT(Keys({.prefix = "b/", .after = "b/2", .limit = 2}), ElementsAre("b/3"));
  EXPECT_THAT(Keys({.prefix = "\xFF"}), ElementsAre("\xFF\xFF"));
  EXPECT_THAT(Keys({.prefix = "d"}), ElementsAre());
  EXPECT_FALSE(store_->List("ns", {.limit = 1001}).ok());
}

TEST_P(KvStoreTest, RefusesWhatBreaksARuleWholly) {
  const struct {
    KvEntry entry;
    const char* words;
  } rows[] = {
      {{"", "x"}, "no KV key"},
      {{"..", "x"}, "no KV key"},
      {{std::string(513, 'k'), "x"}, "1 to 512 bytes"},
      {{"k", std::string((25 << 20) + 1, 'x')}, "the value has 26214401 bytes"},
      {{"k", "x", std::string(1025, 'm')}, "the metadata has 1025 bytes"},
      {{"k", "x", "", NowS() + 59}, "less than 60 s"},
  };
  for (const auto& row : rows) {
    absl::Status status = store_->Put("ns", {{"fine", "1"}, row.entry});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(status)), HasSubstr(row.words));
  }
  EXPECT_EQ(Value("fine"), "(none)");
  EXPECT_FALSE(store_->Put("a b", {{"k", "v"}}).ok());
  EXPECT_FALSE(store_->Get("ns", std::vector<std::string>(101, "k")).ok());
}

TEST_P(KvStoreTest, CountsAndDeletesNamespaces) {
  ASSERT_TRUE(store_->Put("a", {{"k", "123"}, {"l", "45"}}).ok());
  ASSERT_TRUE(store_->Put("b", {{"k", ""}}).ok());
  auto sizes = store_->Namespaces();
  ASSERT_TRUE(sizes.ok());
  ASSERT_EQ(sizes->size(), 2u);
  EXPECT_EQ((*sizes)[0].name, "a");
  EXPECT_EQ((*sizes)[0].keys, 2u);
  EXPECT_EQ((*sizes)[0].value_bytes, 5u);
  EXPECT_TRUE(store_->DeleteNamespace("a").ok());
  EXPECT_TRUE(absl::IsNotFound(store_->DeleteNamespace("a")));
  EXPECT_EQ(store_->Namespaces()->size(), 1u);
}

TEST_P(KvStoreTest, KeepsValuesOfEverySize) {
  std::vector<KvEntry> entries;
  for (const size_t bytes : {0u, 4096u, 4097u, 512u << 10, (512u << 10) + 1, 3u << 20, 25u << 20}) {
    entries.push_back({std::to_string(bytes), std::string(bytes, static_cast<char>(bytes % 251))});
  }
  ASSERT_TRUE(store_->Put("ns", entries).ok());
  for (const KvEntry& entry : entries) EXPECT_TRUE(Value(entry.key) == entry.value) << entry.key;
  for (KvEntry& entry : entries) entry.value += "!";
  entries.pop_back();
  ASSERT_TRUE(store_->Put("ns", entries).ok());
  Open();
  for (const KvEntry& entry : entries) EXPECT_TRUE(Value(entry.key) == entry.value) << entry.key;
}

TEST_P(KvStoreTest, TakesManyEntriesInOneCallAndTheLastOfAKeyCounts) {
  std::vector<KvEntry> entries;
  for (int i = 0; i < 2500; ++i) entries.push_back({fmt::format("{:04}", i), std::to_string(i)});
  entries.push_back({"0007", "again"});
  ASSERT_TRUE(store_->Put("ns", entries).ok());
  EXPECT_EQ((*store_->Namespaces())[0].keys, 2500u);
  EXPECT_EQ(Value("0007"), "again");
  EXPECT_EQ(Value("2499"), "2499");
  std::vector<std::string> keys;
  for (int i = 0; i < 2499; ++i) keys.push_back(fmt::format("{:04}", i));
  ASSERT_TRUE(store_->Delete("ns", keys).ok());
  EXPECT_THAT(Keys(), ElementsAre("2499"));
}

TEST_P(KvStoreTest, IsCopiedWhole) {
  ASSERT_TRUE(store_->Put("a-b", {{"x", "1"}}).ok());
  ASSERT_TRUE(store_
                  ->Put("a", {{"gone", "x", "", NowS() + 60},
                              {"kept", std::string(1 << 20, 'v'), "{\"m\":1}", NowS() + 90}})
                  .ok());
  clock_.Advance(std::chrono::seconds(60));
  TempFolder other;
  auto copy = *SqliteKvStore::Open(other.path(), clock_, {.expires_in_s_min = 0});
  const auto copied = CopyKv(*store_, *copy, NowS());
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(*copied, 2u);
  const auto kept = copy->Get("a", {"gone", "kept"});
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ((*kept)[0].metadata, "{\"m\":1}");
  EXPECT_EQ((*kept)[0].expires_unix_s, NowS() + 30);
  EXPECT_EQ((*kept)[0].value.size(), size_t{1} << 20);
  ASSERT_TRUE(ClearKv(*store_).ok());
  EXPECT_TRUE(store_->Namespaces()->empty());
}

INSTANTIATE_TEST_SUITE_P(Engines, KvStoreTest, ::testing::Values(Engine::kSqlite, Engine::kEtcd),
                         [](const auto& info) {
                           return info.param == Engine::kSqlite ? "Sqlite" : "Etcd";
                         });

}  // namespace
}  // namespace terrella::control
