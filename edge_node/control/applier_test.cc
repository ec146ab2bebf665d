#include "edge_node/control/applier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/status.h"
#include "base/zstd.h"
#include "bundle/version_shares.h"
#include "edge_node/control/test_push.h"

namespace terrella::edge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Code that begins with "bad" does not compile, "slow" breaks the start-up limit.
class ApplierTest : public ::testing::Test {
 protected:
  ApplierTest() { Renew(); }

  void Renew() {
    blobs_ = std::make_unique<BlobStore>(folder_.path() / "cas", 1 << 20);
    applier_ = std::make_unique<Applier>(*blobs_, Applier::Options{.pop = "FRA",
                                                                   .continent = "EU",
                                                                   .build = "1+a",
                                                                   .sealing_key = key_,
                                                                   .limits = limits_});
  }
  absl::Status Check(const runtime::WorkerCode& code) {
    ++checks_;
    const std::string& text = code.modules[0].bytes;
    if (text.starts_with("bad")) return InvalidArgument("index.js:1:1: bad");
    if (text.starts_with("slow")) return DeadlineExceeded("400 ms");
    return absl::OkStatus();
  }
  void BuildAll() {
    while (true) {
      const Applier::Step step = applier_->BuildNext();
      if (step == Applier::Step::kDone) return;
      if (step == Applier::Step::kTrial) applier_->EndTrial(Check(*applier_->on_trial()));
    }
  }
  Applier::Outcome Apply(const v1::Push& push) {
    applier_->Start(push);
    BuildAll();
    Applier::Outcome outcome = applier_->Finish();
    if (outcome.state != nullptr) state_ = outcome.state;
    return outcome;
  }
  // The version that answers, "" when none.
  std::string Serves(const std::string& script) const {
    const auto found = state_->scripts.find(script);
    return found == state_->scripts.end() ? "" : found->second.main()->code->version_id;
  }
  v1::Push Hello(uint64_t nonce, uint64_t revision, std::string id, std::string_view code) {
    return PushOf(nonce, revision,
                  {VersionOf("hello", id, code, revision), DeploymentOf("hello", id, revision),
                   RouteOf("hello.edge.test/*", "hello", revision)});
  }

  // The worker's env, as the version that answers has it.
  std::string Env(const std::string& script, const std::string& name) const {
    const auto found = state_->scripts.find(script);
    if (found == state_->scripts.end()) return "";
    for (const runtime::Binding& binding : found->second.main()->code->bindings) {
      if (binding.name == name) return binding.value;
    }
    return "";
  }
  // A push that brings the script, and its secret with that value, to whom the key belongs.
  v1::Push WithSecret(uint64_t revision, std::string_view value, const rpc::SealingKey& to) {
    const std::string key(32, static_cast<char>(revision));
    v1::Push push = Hello(revision, revision, "v1", "good");
    *push.add_upsert() = SecretOf("hello", "TOKEN", value, key, revision);
    push.set_secrets_key(rpc::SealTo(to.public_key(), key).value());
    return push;
  }

  TempFolder folder_;
  std::shared_ptr<const rpc::SealingKey> key_ = rpc::SealingKey::Make();
  VersionLimits limits_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<Applier> applier_;
  std::shared_ptr<const ServingState> state_ = std::make_shared<ServingState>();
  int checks_ = 0;
};

TEST_F(ApplierTest, AppliesVersionDeploymentAndRouteTogether) {
  const auto outcome = Apply(Hello(3, 5, "v1", "good"));
  EXPECT_EQ(outcome.report.nonce(), 3u);
  EXPECT_EQ(outcome.report.revision(), 5u);
  EXPECT_THAT(outcome.report.rejected(), IsEmpty());
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(*state_->routes.Find("hello.edge.test", "/"), "hello");
  EXPECT_EQ(state_->revision, 5u);
}

TEST_F(ApplierTest, SecretsAreOpenInTheEnvAndSealedInWhatIsKept) {
  EXPECT_THAT(Apply(WithSecret(1, "hunter2", *key_)).report.rejected(), IsEmpty());
  EXPECT_EQ(Env("hello", "TOKEN"), "hunter2");
  const v1::Push kept = applier_->Snapshot();
  EXPECT_EQ(kept.SerializeAsString().find("hunter2"), std::string::npos);
  // A restart with the key, and one without it, which asks for everything again.
  Renew();
  state_ = applier_->Restore(kept);
  EXPECT_EQ(Env("hello", "TOKEN"), "hunter2");
  EXPECT_EQ(applier_->revision(), 1u);
  key_ = rpc::SealingKey::Make();
  Renew();
  state_ = applier_->Restore(kept);
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(Env("hello", "TOKEN"), "");
  EXPECT_EQ(applier_->revision(), 0u);
}

TEST_F(ApplierTest, SecretsThatWereKeptInTheClearAreServedAndKeptSealed) {
  Apply(Hello(1, 1, "v1", "good"));
  v1::Push kept = applier_->Snapshot();
  v1::Resource& row = *kept.add_upsert();
  row.set_name("secret/hello");
  row.set_revision(1);
  row.mutable_secrets()->set_script("hello");
  v1::Secret& secret = *row.mutable_secrets()->add_secrets();
  secret.set_name("TOKEN");
  secret.set_value("hunter2");
  Renew();
  state_ = applier_->Restore(kept);
  EXPECT_EQ(Env("hello", "TOKEN"), "hunter2");
  EXPECT_EQ(applier_->revision(), 1u) << "nothing is missing";
  EXPECT_TRUE(applier_->sealed_anew());
  EXPECT_EQ(applier_->Snapshot().SerializeAsString().find("hunter2"), std::string::npos);
}

TEST_F(ApplierTest, SecretsSealedToAnotherNodeAreRefusedAndTheOldOnesStay) {
  Apply(WithSecret(1, "hunter2", *key_));
  for (const bool full : {false, true}) {
    v1::Push push = WithSecret(2, "stolen", *rpc::SealingKey::Make());
    push.set_full(full);
    const auto outcome = Apply(push);
    ASSERT_EQ(outcome.report.rejected_size(), 1);
    EXPECT_EQ(outcome.report.rejected(0).name(), "secret/hello");
    EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::INTERNAL);
    EXPECT_TRUE(outcome.try_again);
    EXPECT_EQ(Env("hello", "TOKEN"), "hunter2");
  }
  v1::Push moved = WithSecret(3, "moved", *key_);
  for (v1::Resource& resource : *moved.mutable_upsert()) {
    if (resource.has_secrets()) resource.mutable_secrets()->set_script("other");
  }
  EXPECT_EQ(Apply(moved).report.rejected_size(), 1) << "sealed for another script";
  EXPECT_EQ(Env("hello", "TOKEN"), "hunter2");
}

TEST_F(ApplierTest, AVersionThatItsBuildHasRunElsewhereIsNotRunAgain) {
  v1::Push push = Hello(1, 1, "v1", "good");
  v1::Vouch& vouch = *push.add_vouches();
  vouch.set_name(bundle::VersionName("hello", "v1"));
  vouch.set_build("1+a");
  EXPECT_THAT(Apply(push).report.rejected(), IsEmpty());
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(checks_, 0);
}

TEST_F(ApplierTest, AnotherBuildsWordIsNotTaken) {
  v1::Push push = Hello(1, 1, "v1", "bad");
  v1::Vouch& vouch = *push.add_vouches();
  vouch.set_name(bundle::VersionName("hello", "v1"));
  vouch.set_build("1+b");
  EXPECT_EQ(Apply(push).report.rejected_size(), 2);  // the version, and with it its deployment
  EXPECT_EQ(checks_, 1);
}

TEST_F(ApplierTest, ContentIsVerifiedWhoeverVouches) {
  v1::Push push = Hello(1, 1, "v1", "good");
  v1::Vouch& vouch = *push.add_vouches();
  vouch.set_name(bundle::VersionName("hello", "v1"));
  vouch.set_build("1+a");
  push.mutable_upsert(0)->mutable_version()->mutable_modules(0)->set_inline_bytes("other");
  const auto outcome = Apply(push);
  ASSERT_GT(outcome.report.rejected_size(), 0);
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::HASH);
}

// The first module of a push of "hello", with a frame in place of its content.
v1::Module& Framed(v1::Push& push, std::string_view content) {
  v1::Module& module = *push.mutable_upsert(0)->mutable_version()->mutable_modules(0);
  module.clear_inline_bytes();
  module.set_inline_zstd(ZstdCompress(content));
  return module;
}

TEST_F(ApplierTest, ContentMayComeCompressed) {
  const std::string code = "good" + std::string(10'000, ' ');
  v1::Push push = Hello(1, 1, "v1", code);
  Framed(push, code);
  EXPECT_EQ(Apply(push).report.rejected_size(), 0);
  EXPECT_EQ(checks_, 1);
}

TEST_F(ApplierTest, AFrameOfOtherContentOrOfAnotherLengthIsRefused) {
  v1::Push other = Hello(1, 1, "v1", "good");
  Framed(other, "evil");
  EXPECT_EQ(Apply(other).report.rejected(0).code(), v1::Rejected::HASH);
  v1::Push longer = Hello(2, 2, "v2", "good");
  Framed(longer, std::string(1 << 20, 'x'));
  EXPECT_EQ(Apply(longer).report.rejected(0).code(), v1::Rejected::HASH);
  v1::Push endless = Hello(3, 3, "v3", "good");
  Framed(endless, "good").set_size_bytes(uint64_t{1} << 40);
  EXPECT_EQ(Apply(endless).report.rejected(0).code(), v1::Rejected::LIMIT);
}

TEST_F(ApplierTest, AScriptThatDidNotChangeIsTheSameObject) {
  Apply(Hello(1, 1, "v1", "good"));
  const auto before = state_->scripts.at("hello");
  Apply(PushOf(2, 2, {VersionOf("other", "o1", "good too", 2), DeploymentOf("other", "o1", 2)}));
  EXPECT_EQ(state_->scripts.at("hello"), before);
  EXPECT_EQ(checks_, 2);
}

TEST_F(ApplierTest, RefusesAPoisonedVersionAloneAndKeepsTheOldOne) {
  Apply(Hello(1, 1, "v1", "good"));
  v1::Push push = Hello(2, 2, "v2", "bad code");
  *push.add_upsert() = VersionOf("other", "o1", "fine", 2);
  *push.add_upsert() = DeploymentOf("other", "o1", 2);
  const auto outcome = Apply(push);
  ASSERT_EQ(outcome.report.rejected_size(), 2);
  EXPECT_EQ(outcome.report.rejected(0).name(), "version/hello/v2");
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::COMPILE);
  EXPECT_THAT(outcome.report.rejected(0).detail(), HasSubstr("index.js:1:1"));
  EXPECT_EQ(outcome.report.rejected(1).name(), "deployment/hello");
  EXPECT_EQ(outcome.report.rejected(1).code(), v1::Rejected::COMPILE);
  EXPECT_FALSE(outcome.try_again);
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(Serves("other"), "o1");
}

TEST_F(ApplierTest, AFullPushDoesNotTakeTheOldVersionFromARefusedOne) {
  Apply(Hello(1, 1, "v1", "good"));
  v1::Push push = Hello(2, 2, "v2", "bad");
  push.set_full(true);
  Apply(push);
  EXPECT_EQ(Serves("hello"), "v1");
}

TEST_F(ApplierTest, AFullPushForgetsEverythingElse) {
  Apply(Hello(1, 1, "v1", "good"));
  Apply(PushOf(2, 2, {VersionOf("other", "o1", "fine", 2), DeploymentOf("other", "o1", 2)}, true));
  EXPECT_EQ(Serves("hello"), "");
  EXPECT_EQ(Serves("other"), "o1");
  EXPECT_EQ(state_->routes.size(), 0u);
}

TEST_F(ApplierTest, DoesNotTryTheSameRevisionTwiceButANewOne) {
  Apply(Hello(1, 1, "v1", "bad"));
  const auto again = Apply(Hello(2, 1, "v1", "bad"));
  EXPECT_EQ(checks_, 1);
  EXPECT_EQ(again.report.rejected(0).code(), v1::Rejected::COMPILE);
  Apply(Hello(3, 2, "v1", "bad"));
  EXPECT_EQ(checks_, 2);
}

TEST_F(ApplierTest, DoesNotCheckAVersionItHolds) {
  Apply(Hello(1, 1, "v1", "good"));
  Apply(Hello(2, 9, "v1", "good"));
  EXPECT_EQ(checks_, 1);
}

TEST_F(ApplierTest, NamesTheKindOfRefusal) {
  EXPECT_EQ(Apply(Hello(1, 1, "v1", "slow")).report.rejected(0).code(), v1::Rejected::LIMIT);
  v1::Push wrong = Hello(2, 2, "v2", "good");
  wrong.mutable_upsert(0)->mutable_version()->mutable_modules(0)->set_inline_bytes("evil");
  EXPECT_EQ(Apply(wrong).report.rejected(0).code(), v1::Rejected::HASH);
  v1::Push large = Hello(3, 3, "v3", "good");
  large.mutable_upsert(0)->mutable_version()->mutable_modules(0)->set_size_bytes(30 << 20);
  const auto outcome = Apply(large);
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::LIMIT);
  EXPECT_THAT(outcome.report.rejected(0).detail(), HasSubstr("25 MiB"));
  EXPECT_EQ(Serves("hello"), "");
}

TEST_F(ApplierTest, AsksForBlobsItLacksAndOnlyThose) {
  const auto push = PushOf(
      1, 1, {VersionOf("a", "v1", "content", 1, false), VersionOf("b", "v1", "content", 1, false)});
  applier_->Start(push);
  ASSERT_EQ(applier_->missing().size(), 1u) << "asked once for what two need";
  EXPECT_EQ(applier_->missing()[0].sha256, Sha256("content"));
  EXPECT_EQ(applier_->missing()[0].size_bytes, 7u);
  applier_->AddBlob(Sha256("content"), "content");
  BuildAll();
  EXPECT_THAT(applier_->Finish().report.rejected(), IsEmpty());
  Renew();
  applier_->Start(push);
  EXPECT_THAT(applier_->missing(), IsEmpty()) << "they are on the disk";
}

TEST_F(ApplierTest, ABlobThatDidNotComeIsAPassingRefusal) {
  const auto push = PushOf(1, 1, {VersionOf("a", "v1", "x", 1, false), DeploymentOf("a", "v1", 1)});
  applier_->Start(push);
  applier_->FailBlob(Sha256("x"), Unavailable("connection lost"));
  BuildAll();
  const auto outcome = applier_->Finish();
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::TIMEOUT);
  EXPECT_TRUE(outcome.try_again);
  v1::Push again = PushOf(2, 1, {VersionOf("a", "v1", "x", 1), DeploymentOf("a", "v1", 1)});
  EXPECT_THAT(Apply(again).report.rejected(), IsEmpty());
}

TEST_F(ApplierTest, ATrialChangesNothingAndSparesTheSecondCheck) {
  Apply(Hello(1, 1, "v1", "good"));
  v1::Push trial = PushOf(2, 1, {VersionOf("hello", "v2", "good 2", 2)});
  trial.set_trial(true);
  const auto outcome = Apply(trial);
  EXPECT_EQ(outcome.state, nullptr);
  EXPECT_EQ(outcome.report.revision(), 1u);
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(checks_, 2);
  Apply(Hello(3, 2, "v2", "good 2"));
  EXPECT_EQ(Serves("hello"), "v2");
  EXPECT_EQ(checks_, 2);
}

TEST_F(ApplierTest, ATrialReportsWhatIsWrong) {
  v1::Push trial = PushOf(1, 0, {VersionOf("hello", "v1", "bad", 1)});
  trial.set_trial(true);
  const auto outcome = Apply(trial);
  ASSERT_EQ(outcome.report.rejected_size(), 1);
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::COMPILE);
}

TEST_F(ApplierTest, RemovalsComeLastAndSpareAVersionThatAnswers) {
  Apply(Hello(1, 1, "v1", "good"));
  v1::Push push = PushOf(2, 2, {});
  push.add_removed("version/hello/v1");
  push.add_removed("route/hello.edge.test/*");
  Apply(push);
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(state_->routes.size(), 0u);
  v1::Push next = Hello(3, 3, "v2", "good 2");
  next.add_removed("version/hello/v1");
  Apply(next);
  EXPECT_EQ(Serves("hello"), "v2");
  EXPECT_EQ(applier_->BlobsInUse(), std::set<std::string>{Sha256("good 2")});
}

TEST_F(ApplierTest, FetchesTheListOfAssetsAndKeepsWhatItNames) {
  v1::AssetManifest manifest;
  manifest.add_assets()->set_path("/a.txt");
  manifest.mutable_assets(0)->set_sha256(Sha256("asset"));
  const std::string list = manifest.SerializeAsString();
  v1::Resource resource = VersionOf("hello", "v1", "unused", 1);
  v1::Version& version = *resource.mutable_version();
  version.clear_modules();
  version.clear_main_module();
  version.mutable_assets()->set_manifest_sha256(Sha256(list));
  version.mutable_assets()->set_manifest_bytes(list.size());
  applier_->Start(PushOf(1, 1, {resource, DeploymentOf("hello", "v1", 1)}));
  ASSERT_EQ(applier_->missing().size(), 1u);
  applier_->AddBlob(Sha256(list), list);
  BuildAll();
  const auto outcome = applier_->Finish();
  ASSERT_EQ(outcome.report.rejected_size(), 0) << outcome.report.DebugString();
  const LiveScript& live = *outcome.state->scripts.at("hello").main();
  EXPECT_FALSE(live.has_worker());
  EXPECT_NE(live.site->table().Find("/a.txt"), nullptr);
  EXPECT_EQ(applier_->BlobsInUse(), (std::set<std::string>{Sha256(list), Sha256("asset")}));
}

TEST_F(ApplierTest, RollsBackToAVersionItHoldsFromTheDisk) {
  Apply(Hello(1, 1, "v1", "good"));
  Apply(Hello(2, 2, "v2", "good 2"));
  Apply(PushOf(3, 3, {DeploymentOf("hello", "v1", 3)}));
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(state_->scripts.at("hello").main()->code->modules[0].bytes, "good");
  EXPECT_EQ(checks_, 2);
}

TEST_F(ApplierTest, RefusesADeploymentOfAVersionItDoesNotHave) {
  const auto outcome = Apply(PushOf(1, 1, {DeploymentOf("hello", "v9", 1)}));
  EXPECT_EQ(outcome.report.rejected(0).code(), v1::Rejected::INTERNAL);
  EXPECT_TRUE(outcome.try_again);
}

TEST_F(ApplierTest, RestoresWhatASnapshotSaysWithoutChecks) {
  Apply(Hello(1, 5, "v1", "good"));
  const v1::Push snapshot = applier_->Snapshot();
  EXPECT_THAT(snapshot.upsert(2).version().modules(0).inline_bytes(), IsEmpty());
  checks_ = 0;
  Renew();
  state_ = applier_->Restore(snapshot);
  EXPECT_EQ(Serves("hello"), "v1");
  EXPECT_EQ(applier_->revision(), 5u);
  EXPECT_EQ(applier_->store_epoch(), 7u);
  EXPECT_EQ(checks_, 0);
}

TEST_F(ApplierTest, ATornBlobCostsItsScriptOnlyAndAsksForEverythingAgain) {
  Apply(Hello(1, 5, "v1", "good"));
  Apply(PushOf(2, 6, {VersionOf("other", "o1", "fine", 6), DeploymentOf("other", "o1", 6)}));
  const v1::Push snapshot = applier_->Snapshot();
  const std::string hex = ToHex(Sha256("good"));
  std::ofstream(folder_.path() / "cas" / hex) << "go";
  Renew();
  state_ = applier_->Restore(snapshot);
  EXPECT_EQ(Serves("hello"), "");
  EXPECT_EQ(Serves("other"), "o1");
  EXPECT_EQ(applier_->revision(), 0u);
}

TEST_F(ApplierTest, PicksTheDistanceOfItsOwnPop) {
  v1::Resource version = VersionOf("a", "v1", "x", 1);
  v1::Origin& origin = *version.mutable_version()->add_origins();
  origin.set_host("API.example");
  origin.set_address("127.0.0.1:9000");
  for (const auto& [pop, ms] : {std::pair("LHR", 11.0), std::pair("FRA", 1.5)}) {
    origin.add_rtts()->set_pop(pop);
    origin.mutable_rtts(origin.rtts_size() - 1)->set_rtt_ms(ms);
  }
  Apply(PushOf(1, 1, {version, DeploymentOf("a", "v1", 1)}));
  const LiveScript& live = *state_->scripts.at("a").main();
  EXPECT_EQ(live.origins[0].rtt, FromMs(1.5));
  EXPECT_EQ(live.code->origin_hosts[0], "api.example");
}

TEST_F(ApplierTest, VersionsShareTheRequestsOfAScript) {
  Apply(Hello(1, 5, "v1", "good"));
  const auto first = state_->scripts.at("hello").main();
  const auto outcome = Apply(PushOf(2, 6,
                                    {VersionOf("hello", "v2", "good too", 6),
                                     SplitOf("hello", {{"v2", 1'000}, {"v1", 9'000}}, 6)}));
  EXPECT_THAT(outcome.report.rejected(), IsEmpty());
  const LiveDeployment& live = state_->scripts.at("hello");
  ASSERT_EQ(live.shares().size(), 2u);
  EXPECT_EQ(live.main(), first) << "what stays is the same object: its isolates stay warm";
  EXPECT_EQ(live.shares()[0].script->code->version_id, "v2");
  EXPECT_EQ(live.shares()[0].basis_points, 1'000u);

  v1::Push whole = PushOf(3, 7, {DeploymentOf("hello", "v2", 7)});
  whole.add_removed(bundle::VersionName("hello", "v1"));
  Apply(std::move(whole));
  EXPECT_FALSE(state_->scripts.at("hello").is_split());
  EXPECT_EQ(Serves("hello"), "v2");
  EXPECT_EQ(applier_->Snapshot().upsert_size(), 3) << "version, deployment, route";
}

TEST_F(ApplierTest, ASplitWithAVersionThatIsRefusedLeavesWhatWas) {
  Apply(Hello(1, 5, "v1", "good"));
  const auto outcome = Apply(PushOf(
      2, 6,
      {VersionOf("hello", "v2", "bad", 6), SplitOf("hello", {{"v2", 1'000}, {"v1", 9'000}}, 6)}));
  EXPECT_EQ(outcome.report.rejected_size(), 2) << "the version, and the deployment for it";
  EXPECT_FALSE(state_->scripts.at("hello").is_split());
  EXPECT_EQ(Serves("hello"), "v1");
}

TEST_F(ApplierTest, SharesThatAreNoWholeAreRefused) {
  Apply(Hello(1, 5, "v1", "good"));
  const auto outcome = Apply(PushOf(2, 6,
                                    {VersionOf("hello", "v2", "good too", 6),
                                     SplitOf("hello", {{"v2", 1'000}, {"v1", 8'000}}, 6)}));
  ASSERT_EQ(outcome.report.rejected_size(), 1);
  EXPECT_THAT(outcome.report.rejected(0).detail(), HasSubstr("90.00 %"));
  EXPECT_EQ(Serves("hello"), "v1");
}

TEST_F(ApplierTest, ASplitIsThereAgainAfterARestart) {
  Apply(Hello(1, 5, "v1", "good"));
  Apply(PushOf(2, 6,
               {VersionOf("hello", "v2", "good too", 6),
                SplitOf("hello", {{"v2", 1'000}, {"v1", 9'000}}, 6)}));
  const v1::Push saved = applier_->Snapshot();
  Renew();
  state_ = applier_->Restore(saved);
  EXPECT_EQ(state_->scripts.at("hello").shares().size(), 2u);
}

TEST_F(ApplierTest, SharesOfItsPlaceGoBeforeThoseOfTheRest) {
  Apply(Hello(1, 5, "v1", "good"));
  Apply(PushOf(2, 6,
               {VersionOf("hello", "v2", "good too", 6),
                WithShares(DeploymentOf("hello", "v1", 6), "EU", {{"v2", 500}, {"v1", 9'500}})}));
  ASSERT_EQ(state_->scripts.at("hello").shares().size(), 2u);
  EXPECT_EQ(state_->scripts.at("hello").shares()[0].basis_points, 500u);
}

TEST_F(ApplierTest, AVersionOfOtherPlacesSleepsUntilItAnswersHere) {
  Apply(Hello(1, 5, "v1", "good"));
  const v1::Resource elsewhere =
      WithShares(DeploymentOf("hello", "v1", 6), "NA", {{"v2", 500}, {"v1", 9'500}});
  const auto kept = Apply(PushOf(2, 6, {VersionOf("hello", "v2", "good too", 6), elsewhere}));
  EXPECT_THAT(kept.report.rejected(), IsEmpty());
  EXPECT_EQ(checks_, 1) << "nothing of it ran here";
  EXPECT_FALSE(state_->scripts.at("hello").is_split());

  Apply(PushOf(3, 7, {SplitOf("hello", {{"v2", 5'000}, {"v1", 5'000}}, 7)}));
  EXPECT_EQ(checks_, 2);
  EXPECT_TRUE(state_->scripts.at("hello").is_split());
  Apply(PushOf(4, 8, {SplitOf("hello", {{"v2", 6'000}, {"v1", 4'000}}, 8)}));
  EXPECT_EQ(checks_, 2);
}

TEST_F(ApplierTest, ASleeperIsCheckedWhenItWakesAndRefused) {
  Apply(Hello(1, 5, "v1", "good"));
  const v1::Resource elsewhere =
      WithShares(DeploymentOf("hello", "v1", 6), "NA", {{"v2", 500}, {"v1", 9'500}});
  Apply(PushOf(2, 6, {VersionOf("hello", "v2", "bad", 6), elsewhere}));
  for (uint64_t revision : {7, 8}) {
    const auto outcome = Apply(
        PushOf(revision, revision, {SplitOf("hello", {{"v2", 5'000}, {"v1", 5'000}}, revision)}));
    ASSERT_EQ(outcome.report.rejected_size(), 2);
    EXPECT_EQ(outcome.report.rejected(1).name(), "deployment/hello");
    EXPECT_EQ(outcome.report.rejected(1).code(), v1::Rejected::COMPILE);
    EXPECT_EQ(Serves("hello"), "v1");
  }
  EXPECT_EQ(checks_, 2) << "refused once, remembered then";
}

TEST_F(ApplierTest, ASleeperSleepsOnAfterARestart) {
  Apply(Hello(1, 5, "v1", "good"));
  Apply(PushOf(2, 6,
               {VersionOf("hello", "v2", "bad", 6),
                WithShares(DeploymentOf("hello", "v1", 6), "NA", {{"v2", 500}, {"v1", 9'500}})}));
  const v1::Push saved = applier_->Snapshot();
  Renew();
  state_ = applier_->Restore(saved);
  EXPECT_EQ(Serves("hello"), "v1");
  Apply(PushOf(3, 7, {SplitOf("hello", {{"v2", 5'000}, {"v1", 5'000}}, 7)}));
  EXPECT_FALSE(state_->scripts.at("hello").is_split()) << "it is checked all the same";
}

}  // namespace
}  // namespace terrella::edge
