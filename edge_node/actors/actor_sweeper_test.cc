#include "edge_node/actors/actor_sweeper.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "edge_node/actors/actor_store.h"

namespace terrella::edge {
namespace {

class ActorSweeperTest : public ::testing::Test {
 protected:
  ActorSweeperTest() {
    std::string name = (std::filesystem::temp_directory_path() / "terrella-sweep-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    alarms_ = *AlarmIndex::Open(folder_);
  }
  ~ActorSweeperTest() override {
    alarms_.reset();
    std::filesystem::remove_all(folder_);
  }
  // An object with a value and an alarm.
  std::unique_ptr<ActorStore> Make(const std::string& namespace_id, const std::string& id) {
    auto store =
        *ActorStore::Open(folder_, {.namespace_id = namespace_id, .id = id, .name = "", .epoch = 1},
                          {.alarms = alarms_.get()});
    EXPECT_TRUE(store->Put("k", "v").ok());
    EXPECT_TRUE(store->SetAlarm(ActorStore::Alarm{1000, 0}).ok());
    EXPECT_TRUE(store->Commit().ok());
    return store;
  }
  size_t Files(const std::string& namespace_id) {
    std::error_code error;
    size_t files = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(FolderOfNamespace(folder_, namespace_id), error)) {
      files += file.path().extension() == ".sqlite" ? 1 : 0;
    }
    return files;
  }
  void Sweep(ActorSweeper& sweeper, const std::set<std::string, std::less<>>& ids) {
    sweeper.Sweep(ids);
    while (!sweeper.idle()) loop_.RunOnce();
  }

  std::filesystem::path folder_;
  EventLoop loop_;
  std::unique_ptr<AlarmIndex> alarms_;
};

TEST_F(ActorSweeperTest, FilesAndAlarmsOfADeletedNamespaceGoAndNoOthers) {
  for (int i = 0; i < 20; ++i) Make("dead", std::to_string(i));
  Make("alive", "0");
  ActorSweeper sweeper(loop_, {.folder = folder_, .files_max = 3});
  Sweep(sweeper, {"dead", "never was"});
  EXPECT_FALSE(std::filesystem::exists(FolderOfNamespace(folder_, "dead")));
  EXPECT_EQ(Files("alive"), 1u);
  const auto due = *alarms_->Due(2000, 100);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].address.namespace_id, "alive");
}

TEST_F(ActorSweeperTest, AnObjectThatIsStillOpenCannotBringItsFileBack) {
  auto open = Make("dead", "0");
  ActorSweeper sweeper(loop_, {.folder = folder_});
  Sweep(sweeper, {"dead"});
  (void)open->Put("k", "late");
  (void)open->Commit();
  open.reset();
  EXPECT_EQ(Files("dead"), 0u);
}

TEST_F(ActorSweeperTest, WhatAnotherNodeWroteMeanwhileGoesWithTheNextSweeper) {
  Make("dead", "0");
  ActorSweeper first(loop_, {.folder = folder_});
  Sweep(first, {"dead"});
  Make("dead", "1");  // by a node that did not know
  ActorSweeper second(loop_, {.folder = folder_});
  Sweep(second, {"dead"});
  EXPECT_EQ(Files("dead"), 0u);
  EXPECT_TRUE(alarms_->Due(2000, 100)->empty());
}

}  // namespace
}  // namespace terrella::edge
