#include "control_plane/kv/kv_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KvStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    clock_.Advance(std::chrono::seconds(1'000'000));
    Open();
  }
  int64_t NowS() const { return clock_.Now().time_since_epoch() / std::chrono::seconds(1); }
  void Open() {
    store_.reset();
    auto store = KvStore::Open(folder_.path(), clock_);
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

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<KvStore> store_;
};

TEST_F(KvStoreTest, KeepsWhatWasPutAcrossARestart) {
  ASSERT_TRUE(store_->Put("ns", {{"a", "1", "{\"m\":1}"}, {"b", std::string("\0x", 2)}}).ok());
  ASSERT_TRUE(store_->Put("ns", {{"a", "2"}}).ok());
  Open();
  EXPECT_EQ(Value("a"), "2");
  EXPECT_EQ(Value("b"), std::string("\0x", 2));
  ASSERT_TRUE(store_->Delete("ns", {"a", "unknown"}).ok());
  EXPECT_EQ(Value("a"), "(none)");
}

TEST_F(KvStoreTest, GivesNothingThatHasExpired) {
  ASSERT_TRUE(store_->Put("ns", {{"a", "1", "", NowS() + 60}, {"b", "2"}}).ok());
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_EQ(Value("a"), "1");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Value("a"), "(none)");
  EXPECT_THAT(Keys(), ElementsAre("b"));
  EXPECT_EQ((*store_->Namespaces())[0].keys, 2u);
  ASSERT_TRUE(store_->Put("ns", {{"c", "3"}}).ok());  // sweeps
  EXPECT_EQ((*store_->Namespaces())[0].keys, 2u);
}

TEST_F(KvStoreTest, ListsByPrefixInPages) {
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

TEST_F(KvStoreTest, RefusesWhatBreaksARuleWholly) {
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

TEST_F(KvStoreTest, CountsAndDeletesNamespaces) {
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

}  // namespace
}  // namespace terrella::control
