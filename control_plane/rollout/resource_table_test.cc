#include "control_plane/rollout/resource_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Event Set(const std::string& name, Revision revision, const std::string& mark = "") {
  v1::Resource resource;
  resource.mutable_route()->set_script(mark);
  return {false, {ResourceTable::Key(name), resource.SerializeAsString(), revision, revision}};
}
Event Unset(const std::string& name, Revision revision) {
  return {true, {ResourceTable::Key(name), "", 0, revision}};
}
void Apply(ResourceTable& table, Revision revision, std::vector<Event> events) {
  table.Apply(revision, events);
}
std::vector<std::string> Names(const ResourceTable::Diff& diff) {
  std::vector<std::string> names;
  for (const v1::Resource* resource : diff.upsert) names.push_back(resource->name());
  return names;
}

TEST(ResourceTable, GivesWhatIsUsedBeforeItsUserAndRemovesInTheOppositeOrder) {
  ResourceTable table;
  Apply(table, 1, {Set("route/a/*", 1), Set("deployment/a", 1), Set("version/a/1", 1)});
  EXPECT_THAT(Names(table.Since(0)), ElementsAre("version/a/1", "deployment/a", "route/a/*"));
  Apply(table, 2, {Unset("version/a/1", 2), Unset("route/a/*", 2), Unset("deployment/a", 2)});
  EXPECT_THAT(table.Since(1).removed, ElementsAre("route/a/*", "deployment/a", "version/a/1"));
  EXPECT_THAT(Names(table.Since(1)), IsEmpty());
}

TEST(ResourceTable, TellsEachNameOnceHoweverOftenItChanged) {
  ResourceTable table;
  for (Revision r = 1; r <= 100; ++r) Apply(table, r, {Set("route/a/*", r)});
  EXPECT_THAT(Names(table.Since(3)), ElementsAre("route/a/*"));
  EXPECT_EQ(table.Find("route/a/*")->revision(), 100u);
  EXPECT_THAT(Names(table.Since(100)), IsEmpty());
}

TEST(ResourceTable, AReplayOfWhatIsKnownChangesNothing) {
  ResourceTable table;
  RangeResult range{5, {Set("route/a/*", 4, "new").record}};
  table.Load(range, 2);
  EXPECT_EQ(table.revision(), 4u);
  Apply(table, 3, {Set("route/a/*", 3, "old"), Set("route/b/*", 3)});
  Apply(table, 4, {Set("route/a/*", 4, "new")});
  Apply(table, 5, {Unset("route/b/*", 5)});
  EXPECT_EQ(table.Find("route/a/*")->route().script(), "new");
  EXPECT_EQ(table.Find("route/b/*"), nullptr);
  EXPECT_THAT(table.Since(4).removed, ElementsAre("route/b/*"));
  EXPECT_FALSE(table.Knows(1));
  EXPECT_TRUE(table.Knows(2));
  EXPECT_FALSE(table.Knows(6));
}

TEST(ResourceTable, ForgetsTheOldestDeletionsAndSaysSo) {
  ResourceTable table(/*tombstones_max=*/2);
  Apply(table, 1, {Set("route/a/*", 1), Set("route/b/*", 1), Set("route/c/*", 1)});
  Apply(table, 2, {Unset("route/a/*", 2)});
  Apply(table, 3, {Unset("route/b/*", 3)});
  EXPECT_TRUE(table.Knows(0));
  Apply(table, 4, {Unset("route/c/*", 4)});
  EXPECT_FALSE(table.Knows(1));
  EXPECT_TRUE(table.Knows(2));
  EXPECT_THAT(table.Since(2).removed, ElementsAre("route/c/*", "route/b/*"));
}

TEST(ResourceTable, KeepsCountOfItsSize) {
  ResourceTable table;
  EXPECT_EQ(table.bytes(), 0u);
  Apply(table, 1, {Set("route/a/*", 1, "x")});
  size_t one = table.bytes();
  Apply(table, 2, {Set("route/a/*", 2, std::string(100, 'x'))});
  EXPECT_GE(table.bytes(), one + 99);
  Apply(table, 3, {Unset("route/a/*", 3)});
  EXPECT_EQ(table.bytes(), 0u);
}

// Random histories: a holder that takes the difference at random moments always equals the table.
TEST(ResourceTable, AnyHolderThatTakesTheDifferenceHoldsTheTable) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    CounterRandom random(seed);
    ResourceTable table;
    std::map<std::string, Revision> holder;
    Revision held = 0;
    for (Revision r = 1; r <= 60; ++r) {
      std::vector<Event> events;
      std::string name = "route/" + std::to_string(random.Below(8));
      bool there = table.Find(name) != nullptr;
      events.push_back(there && random.Below(2) == 0 ? Unset(name, r) : Set(name, r));
      Apply(table, r, events);
      if (random.Below(5) != 0) continue;
      ASSERT_TRUE(table.Knows(held));
      ResourceTable::Diff diff = table.Since(held);
      for (const v1::Resource* resource : diff.upsert)
        holder[resource->name()] = resource->revision();
      for (const std::string& gone : diff.removed) holder.erase(gone);
      held = table.revision();
      std::map<std::string, Revision> truth;
      for (const auto& [n, resource] : table.resources()) truth[n] = resource.revision();
      ASSERT_EQ(holder, truth);
    }
  }
}

}  // namespace
}  // namespace terrella::control
