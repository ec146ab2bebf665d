#include "control_plane/actors/actor_registry.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/status.h"

namespace terrella::control {
namespace {

class ActorRegistryTest : public ::testing::Test {
 protected:
  ActorRegistryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "terrella-actors-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    Reopen();
    Add("FRA", 50.1, 8.7);
    Add("GRU", -23.4, -46.5);
    Add("NRT", 35.8, 140.4);
  }
  ~ActorRegistryTest() override {
    registry_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Reopen() {
    registry_.reset();
    registry_ = *ActorRegistry::Open(folder_, clock_);
    EXPECT_TRUE(registry_->SetClasses(classes_).ok());
  }
  void Add(const std::string& node, double latitude_deg, double longitude_deg) {
    ActorRegistry::NodeFacts facts{.is_ready = true};
    facts.info.set_id(node);
    facts.info.set_latitude_deg(latitude_deg);
    facts.info.set_longitude_deg(longitude_deg);
    nodes_[node] = facts;
    EXPECT_TRUE(registry_->Join(Host(node)).ok());
  }
  v1::ActorHost Host(const std::string& node, const std::string& instance = "1") {
    v1::ActorHost host;
    host.set_node(node);
    host.set_instance(instance);
    host.set_door("127.0.0.1:1");
    return host;
  }
  absl::StatusOr<v1::LocateActorResponse> Locate(const std::string& id, const std::string& caller,
                                                 const std::string& hint = "",
                                                 const std::string& instance = "1") {
    v1::LocateActorRequest request;
    *request.mutable_caller() = Host(caller, instance);
    request.set_namespace_id("s.1.C");
    request.set_id(id);
    request.set_location_hint(hint);
    return registry_->Locate(request, [this](std::string_view node) {
      const auto found = nodes_.find(std::string(node));
      return found == nodes_.end() ? std::nullopt
                                   : std::optional<ActorRegistry::NodeFacts>(found->second);
    });
  }
  std::string At(const std::string& id, const std::string& caller, const std::string& hint = "") {
    auto found = Locate(id, caller, hint);
    if (!found.ok()) return std::string(Message(found.status()));
    return found->owner().node() + " " + std::to_string(found->epoch());
  }

  std::filesystem::path folder_;
  std::vector<ActorClassPlace> classes_ = {{"s", "C", "s.1.C"}};
  ManualClock clock_;
  std::unique_ptr<ActorRegistry> registry_;
  std::map<std::string, ActorRegistry::NodeFacts> nodes_;
};

TEST_F(ActorRegistryTest, TheFirstAskersNodeIsTheHomeForEverybody) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  EXPECT_EQ(At("a", "FRA"), "NRT 1");
  EXPECT_EQ(At("b", "FRA", "sam"), "GRU 1") << "a hint is nearer than the asker";
  EXPECT_EQ(At("b", "FRA"), "GRU 1");
}

TEST_F(ActorRegistryTest, AnObjectWhoseNodeIsGoneMovesWithAHigherEpoch) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  nodes_.erase("NRT");
  EXPECT_EQ(At("a", "FRA"), "FRA 2");
  Add("NRT", 35.8, 140.4);
  EXPECT_EQ(At("a", "NRT"), "FRA 2") << "it stays where it is now";
}

TEST_F(ActorRegistryTest, AnotherProcessOfTheSameNodeIsAnotherHost) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  const auto again = Locate("a", "NRT", "", "2");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->owner().instance(), "2");
  EXPECT_EQ(again->epoch(), 2u);
}

TEST_F(ActorRegistryTest, ANodeThatIsLeavingGetsNoNewObjects) {
  nodes_["NRT"].is_ready = false;
  EXPECT_EQ(At("a", "NRT"), "FRA 1") << "Frankfurt is nearer to Tokyo than Sao Paulo";
}

TEST_F(ActorRegistryTest, AHostThatDoesNotJoinAgainIsGone) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  clock_.Advance(std::chrono::seconds(6));
  ASSERT_TRUE(registry_->Join(Host("FRA")).ok());
  EXPECT_EQ(At("a", "FRA"), "FRA 2");
}

TEST_F(ActorRegistryTest, AfterARestartOwnersHaveTimeToComeBack) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  Reopen();
  EXPECT_TRUE(absl::IsUnavailable(Locate("a", "FRA").status()));
  ASSERT_TRUE(registry_->Join(Host("NRT")).ok());
  EXPECT_EQ(At("a", "FRA"), "NRT 1");
  Reopen();
  clock_.Advance(std::chrono::seconds(6));
  EXPECT_EQ(At("a", "FRA"), "FRA 2") << "it had time, and did not come";
}

TEST_F(ActorRegistryTest, ObjectsOfAClassThatIsGoneAreForgottenForGood) {
  EXPECT_EQ(At("a", "NRT"), "NRT 1");
  ASSERT_TRUE(registry_->SetClasses({{"s", "Renamed", "s.1.C"}}).ok());
  EXPECT_EQ(At("a", "FRA"), "NRT 1");
  EXPECT_EQ(registry_->List({})->actors(0).class_name(), "Renamed");
  ASSERT_TRUE(registry_->SetClasses({}).ok());
  EXPECT_TRUE(absl::IsNotFound(Locate("a", "FRA").status()));
  ASSERT_TRUE(registry_->SetClasses(classes_).ok());
  EXPECT_EQ(At("a", "FRA"), "FRA 1");
}

TEST_F(ActorRegistryTest, ListsWhatIsPlaced) {
  At("b", "FRA");
  At("a", "NRT");
  v1::ListActorsRequest request;
  auto all = registry_->List(request);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->actors_size(), 2);
  EXPECT_EQ(all->actors(0).id(), "a");
  request.set_script("other");
  EXPECT_EQ(registry_->List(request)->actors_size(), 0);
}

}  // namespace
}  // namespace terrella::control
