#include "edge_node/shard/live_deployment.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace terrella::edge {
namespace {

std::shared_ptr<const LiveScript> Version(const std::string& id) {
  auto code = std::make_shared<runtime::WorkerCode>();
  code->script = "shop";
  code->version_id = id;
  auto live = std::make_shared<LiveScript>();
  live->code = std::move(code);
  return live;
}

LiveDeployment Split(uint32_t new_basis_points) {
  static const auto newer = Version("new"), older = Version("old");
  return LiveDeployment({{newer, new_basis_points}, {older, 10'000 - new_basis_points}});
}

std::string IdOf(const std::shared_ptr<const LiveScript>& script) {
  return script->code->version_id;
}

TEST(LiveDeployment, OneVersionHasAll) {
  const LiveDeployment live(Version("only"));
  EXPECT_FALSE(live.is_split());
  EXPECT_EQ(IdOf(live.PickByKey("anybody")), "only");
  EXPECT_EQ(IdOf(live.Pick({}, "anybody").script), "only");
}

TEST(LiveDeployment, SharesAreWhatWasAskedFor) {
  const LiveDeployment live({{Version("c"), 500}, {Version("b"), 2'000}, {Version("a"), 7'500}});
  EXPECT_EQ(IdOf(live.main()), "a");
  std::map<std::string, int> picked;
  for (int i = 0; i < 20'000; ++i) ++picked[IdOf(live.PickByKey("user " + std::to_string(i)))];
  EXPECT_NEAR(picked["c"], 1'000, 100);
  EXPECT_NEAR(picked["b"], 4'000, 200);
}

TEST(LiveDeployment, RaisingAShareTakesKeysAndGivesNoneBack) {
  int moved = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = "user " + std::to_string(i);
    bool came = false;
    for (const uint32_t share : {0u, 100u, 1'000u, 5'000u, 9'999u, 10'000u}) {
      const bool is_new = IdOf(Split(share).PickByKey(key)) == "new";
      EXPECT_TRUE(is_new || !came) << key << " went back at " << share;
      came |= is_new;
    }
    moved += came;
  }
  EXPECT_EQ(moved, 2'000) << "at 100 % all have come";
}

TEST(LiveDeployment, ThePlaceOfAKeyIsAPromise) {
  // From SHA-256 of "shop", NUL, "alice": whatever computes it elsewhere agrees.
  EXPECT_EQ(IdOf(Split(2509).PickByKey("alice")), "old");
  EXPECT_EQ(IdOf(Split(2510).PickByKey("alice")), "new");
}

TEST(LiveDeployment, ARequestsKeyDecidesOverWhatElseItIs) {
  http::Headers headers;
  headers.Set("cloudflare-workers-version-key", "alice");
  const LiveDeployment live = Split(5'000);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(live.Pick(headers, std::to_string(i)).script, live.PickByKey("alice"));
  }
}

struct OverrideCase {
  std::string field, expected;
  bool by_name = false;
};

TEST(LiveDeployment, AnOverrideNamesAVersionWhateverItsShare) {
  const OverrideCase cases[] = {
      {R"(shop="new")", "new", true},
      {R"(other="x", shop="new")", "new", true},
      {R"(shop="old")", "old", true},
      {R"(shop="gone")", "old"},  // not one of them: as if it had not been asked for
      {R"(other="new")", "old"},
      {R"(shop)", "old"},
      {R"(=,,"")", "old"},
  };
  for (const OverrideCase& one : cases) {
    http::Headers headers;
    headers.Set("cloudflare-workers-version-overrides", one.field);
    const LiveDeployment live = Split(0);
    const LiveDeployment::Picked picked = live.Pick(headers, "anybody");
    EXPECT_EQ(IdOf(picked.script), one.expected) << one.field;
    EXPECT_EQ(picked.by_name, one.by_name) << one.field;
  }
}

}  // namespace
}  // namespace terrella::edge
