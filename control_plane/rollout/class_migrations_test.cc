// What deploys make of Durable Object classes. A world is the deployed scripts; each deploy plans
// against it and, when it may, becomes part of it.
#include "control_plane/rollout/class_migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Migration New(const std::string& tag, const std::vector<std::string>& names) {
  v1::Migration migration;
  migration.set_tag(tag);
  for (const std::string& name : names) migration.add_new_sqlite_classes(name);
  return migration;
}
v1::Migration Deleted(const std::string& tag, const std::string& name) {
  v1::Migration migration;
  migration.set_tag(tag);
  migration.add_deleted_classes(name);
  return migration;
}
v1::Migration Renamed(const std::string& tag, const std::string& from, const std::string& to) {
  v1::Migration migration;
  migration.set_tag(tag);
  v1::ClassMove& move = *migration.add_renamed_classes();
  move.set_from(from);
  move.set_to(to);
  return migration;
}
v1::Migration Transferred(const std::string& tag, const std::string& script,
                          const std::string& from, const std::string& to) {
  v1::Migration migration;
  migration.set_tag(tag);
  v1::ClassMove& move = *migration.add_transferred_classes();
  move.set_from_script(script);
  move.set_from(from);
  move.set_to(to);
  return migration;
}

// A class to bind; of another script: "script/Class".
v1::Binding Bound(const std::string& text) {
  const size_t slash = text.find('/');
  v1::Binding binding;
  binding.set_name("NS");
  if (slash != std::string::npos)
    binding.mutable_durable_object()->set_script(text.substr(0, slash));
  binding.mutable_durable_object()->set_class_name(
      slash == std::string::npos ? text : text.substr(slash + 1));
  return binding;
}

class ClassMigrationsTest : public ::testing::Test {
 protected:
  struct Change {
    std::string script = "s";
    std::vector<std::string> bound = {};
    std::vector<v1::Migration> migrations = {};
    bool migrate = true;
  };
  // "" when it went well, else what is said.
  std::string Deploy(const Change& change) {
    v1::Version version;
    version.set_script(change.script);
    version.set_id("v" + std::to_string(++number_));
    for (const std::string& text : change.bound) *version.add_bindings() = Bound(text);
    version.mutable_migrations()->Assign(change.migrations.begin(), change.migrations.end());
    ResourceTable table;
    RangeResult range;
    for (const auto& [name, resource] : live_) {
      range.records.push_back({ResourceTable::Key(name), resource.SerializeAsString(), 1, 1});
    }
    table.Load(range, 1);
    auto plan = PlanClasses({version, number_, change.migrate}, table);
    if (!plan.ok()) return std::string(Message(plan.status()));
    last_ = *plan;
    for (const auto& [script, deployment] : plan->others) {
      *live_["deployment/" + script].mutable_deployment() = deployment;
    }
    v1::Deployment& deployment = *live_["deployment/" + change.script].mutable_deployment();
    deployment.set_script(change.script);
    deployment.mutable_actor_classes()->Assign(plan->classes.begin(), plan->classes.end());
    deployment.mutable_migrations()->Assign(plan->tags.begin(), plan->tags.end());
    *live_["version/" + change.script + "/live"].mutable_version() = version;
    return "";
  }
  // "Class=namespace", with "->" for one that is forwarded.
  std::vector<std::string> Classes(const std::string& script = "s") {
    std::vector<std::string> out;
    for (const auto& one : live_["deployment/" + script].deployment().actor_classes()) {
      out.push_back(one.class_name() + (one.forwarded() ? "->" : "=") + one.namespace_id());
    }
    return out;
  }

  std::map<std::string, v1::Resource> live_;
  uint64_t number_ = 0;
  ClassPlan last_;
};

TEST_F(ClassMigrationsTest, AMigrationIsAppliedOnce) {
  EXPECT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A", "B"})}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.1.B"));
  EXPECT_THAT(last_.notes, ElementsAre("class 'A' of Durable Objects is new",
                                       "class 'B' of Durable Objects is new"));
  EXPECT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A", "B"})}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.1.B")) << "the tag was applied";
  EXPECT_THAT(last_.notes, IsEmpty());
  EXPECT_EQ(Deploy({.migrations = {New("v1", {"A", "B"}), New("v2", {"C"})}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.1.B", "C=s.3.C"));
  EXPECT_THAT(last_.tags, ElementsAre("v1", "v2"));
  EXPECT_EQ(Deploy({.migrations = {New("v3", {"D"})}}), "") << "old ones may be taken out";
  EXPECT_THAT(last_.tags, ElementsAre("v1", "v2", "v3"));
}

TEST_F(ClassMigrationsTest, OneBeforeThoseAppliedIsPassedOver) {
  ASSERT_EQ(Deploy({.migrations = {New("v1", {"A"})}}), "");
  ASSERT_EQ(Deploy({.migrations = {New("v0", {"B"}), New("v1", {"A"})}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A"));
  EXPECT_THAT(last_.notes,
              ElementsAre("migration 'v0' is ignored: it stands before 'v1', which was "
                          "applied already"));
}

TEST_F(ClassMigrationsTest, ADeletedClassIsGoneAndAnotherOfItsNameIsNew) {
  ASSERT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A"})}}), "");
  ASSERT_EQ(Deploy({.migrations = {New("v1", {"A"}), Deleted("v2", "A")}}), "");
  EXPECT_THAT(Classes(), IsEmpty());
  EXPECT_THAT(last_.deleted, ElementsAre("s.1.A"));
  ASSERT_EQ(Deploy({.bound = {"A"},
                    .migrations = {New("v1", {"A"}), Deleted("v2", "A"), New("v3", {"A"})}}),
            "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.3.A"));
}

TEST_F(ClassMigrationsTest, AllStepsAtOnceEndAsOneByOne) {
  ASSERT_EQ(Deploy({.bound = {"A"},
                    .migrations = {New("v1", {"A"}), Deleted("v2", "A"), New("v3", {"A"})}}),
            "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A.2"));
  EXPECT_THAT(last_.deleted, IsEmpty()) << "the first one never had an object";
}

TEST_F(ClassMigrationsTest, ARenamedClassKeepsItsNamespaceAndIsForwarded) {
  ASSERT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A"})}}), "");
  ASSERT_EQ(Deploy({.script = "t", .bound = {"s/A"}}), "");
  ASSERT_EQ(Deploy({.bound = {"B"}, .migrations = {New("v1", {"A"}), Renamed("v2", "A", "B")}}),
            "");
  EXPECT_THAT(Classes(), ElementsAre("A->s.1.A", "B=s.1.A"));
  EXPECT_EQ(Deploy({.script = "t", .bound = {"s/A"}}),
            "binding 'NS' names class 'A', which is 'B' of worker 's' now: name that one");
  EXPECT_EQ(Deploy({.script = "t", .bound = {"s/B"}}), "");
  ASSERT_EQ(Deploy({.migrations = {Renamed("v2", "A", "B"), Renamed("v3", "B", "C")}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A->s.1.A", "B->s.1.A", "C=s.1.A"));
  ASSERT_EQ(Deploy({.migrations = {Renamed("v3", "B", "C"), New("v4", {"A"})}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.7.A", "B->s.1.A", "C=s.1.A"));
  EXPECT_EQ(Deploy({.migrations = {New("v4", {"A"}), Deleted("v5", "C")}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.7.A"));
}

TEST_F(ClassMigrationsTest, ATransferMovesTheNamespaceBetweenScripts) {
  ASSERT_EQ(Deploy({.script = "old", .bound = {"A"}, .migrations = {New("v1", {"A", "K"})}}), "");
  ASSERT_EQ(Deploy({.bound = {"B"}, .migrations = {Transferred("v1", "old", "A", "B")}}), "");
  EXPECT_THAT(Classes(), ElementsAre("B=old.1.A"));
  EXPECT_THAT(Classes("old"), ElementsAre("A->old.1.A", "K=old.1.K"));
  EXPECT_EQ(Deploy({.script = "old", .bound = {"A"}, .migrations = {New("v1", {"A", "K"})}}),
            "binding 'NS' names class 'A', which is 'B' of worker 's' now: name that one");
  ASSERT_EQ(Deploy({.script = "old",
                    .bound = {"A"},
                    .migrations = {New("v1", {"A"}), Transferred("v2", "s", "B", "A")}}),
            "");
  EXPECT_THAT(Classes("old"), ElementsAre("A=old.1.A", "K=old.1.K")) << "and back";
  EXPECT_THAT(Classes(), ElementsAre("B->old.1.A"));
}

TEST_F(ClassMigrationsTest, WithoutMigrationsWhatIsBoundIsMade) {
  EXPECT_EQ(Deploy({.bound = {"A", "elsewhere/X"}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A"));
  EXPECT_EQ(Deploy({.bound = {"A", "B"}}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.2.B"));
  EXPECT_EQ(Deploy({}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.2.B")) << "nothing goes but by a migration";
}

TEST_F(ClassMigrationsTest, AWayBackChangesNoClass) {
  ASSERT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A"})}}), "");
  ASSERT_EQ(Deploy({.migrations = {New("v1", {"A"}), New("v2", {"B"})}}), "");
  EXPECT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A"})}, .migrate = false}), "");
  EXPECT_THAT(Classes(), ElementsAre("A=s.1.A", "B=s.2.B"));
  EXPECT_THAT(last_.tags, ElementsAre("v1", "v2"));
  ASSERT_EQ(Deploy({.migrations = {New("v2", {"B"}), Deleted("v3", "A")}}), "");
  EXPECT_THAT(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A"})}, .migrate = false}),
              HasSubstr("there is no way back behind a migration that deleted it"));
}

TEST_F(ClassMigrationsTest, WhatCannotBeIsSaidAndChangesNothing) {
  ASSERT_EQ(Deploy({.bound = {"A"}, .migrations = {New("v1", {"A", "B"})}}), "");
  ASSERT_EQ(Deploy({.script = "t", .bound = {"s/B"}}), "");
  const std::vector<std::string> before = Classes();
  const struct {
    Change change;
    std::string said;
  } rows[] = {
      {{.bound = {"A"}, .migrations = {Deleted("v2", "A")}},
       "migration 'v2' deletes class 'A', which binding 'NS' still uses: remove the binding first"},
      {{.migrations = {Deleted("v2", "B")}},
       "migration 'v2' deletes class 'B', which binding 'NS' of worker 't' still uses: remove the "
       "binding first"},
      {{.migrations = {Deleted("v2", "X")}},
       "migration 'v2' deletes class 'X', which does not exist"},
      {{.migrations = {New("v2", {"A"})}}, "migration 'v2' makes class 'A', which exists already"},
      {{.migrations = {Renamed("v2", "A", "B")}},
       "migration 'v2' renames class 'A' to class 'B', which exists already"},
      {{.migrations = {Renamed("v2", "X", "Y")}},
       "migration 'v2' renames class 'X', which does not exist"},
      {{.bound = {"A"}, .migrations = {Renamed("v2", "A", "C")}},
       "binding 'NS' names class 'A', which is 'C' now: name that one"},
      {{.migrations = {Transferred("v2", "nobody", "A", "C")}},
       "migration 'v2' transfers class 'A' of worker 'nobody', which is not deployed"},
      {{.migrations = {Transferred("v2", "t", "A", "C")}},
       "migration 'v2' transfers class 'A' of worker 't', which has no such class"},
      {{.migrations = {Transferred("v2", "s", "A", "C")}},
       "migration 'v2' transfers class 'A' of this very worker: renamed_classes does that"},
      {{.script = "t", .migrations = {New("v1", {"A"}), Transferred("v2", "s", "B", "A")}},
       "migration 'v2' transfers class 'B' to class 'A', which exists already"},
      {{.bound = {"C"}, .migrations = {New("v1", {"A", "B"})}},
       "binding 'NS' names class 'C', which no migration makes: add one with new_sqlite_classes = "
       "[\"C\"]"},
      {{.script = "u", .bound = {"s/C"}},
       "binding 'NS' names class 'C' of worker 's', which has no such class of Durable Objects"},
  };
  for (const auto& [change, said] : rows) EXPECT_EQ(Deploy(change), said);
  EXPECT_EQ(Classes(), before);
}

TEST(DeletedActors, AreRememberedUpToALimit) {
  v1::Resource before;
  *before.mutable_deleted_actors() = AddDeletedActors(nullptr, "s", {"s.1.A"});
  EXPECT_EQ(before.deleted_actors().script(), "s");
  const v1::DeletedActors after =
      AddDeletedActors(&before, "s", {"s.2.A", "s.3.A"}, {.deleted_max = 2});
  EXPECT_THAT(after.namespace_ids(), ElementsAre("s.2.A", "s.3.A"));
}

}  // namespace
}  // namespace terrella::control
