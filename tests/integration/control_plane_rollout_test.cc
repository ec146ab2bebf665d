// Rollouts as the control plane leads them, over nodes that report made-up figures: what each wave
// makes answer where, and that a restart in any wave neither loses nor doubles a step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/rollout_plan.h"
#include "bundle/version_shares.h"
#include "control_plane/store/memory_store.h"
#include "terrella/v1/rollouts.grpc.pb.h"
#include "tests/integration/control_plane_fixture.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Place {
  const char* pop;
  const char* continent;
};
constexpr Place kPlaces[] = {{"FRA", "EU"}, {"MAD", "EU"}, {"NRT", "AS"}};

class RolloutTest : public ::testing::Test {
 protected:
  RolloutTest() {
    StartControlPlane();
    old_ = UploadSource(control_->deployments(), "shop", "old");
    v1::DeployResponse response;
    EXPECT_TRUE(Deploy(control_->deployments(), MakeDeploy("shop", old_), &response).ok());
    new_ = UploadSource(control_->deployments(), "shop", "new");
    plan_ = bundle::SafePlan();
    for (v1::Wave& wave : *plan_.mutable_waves()) wave.set_bake_ms(1);
    plan_.mutable_waves(0)->set_place("MAD");
    plan_.mutable_waves(1)->set_place("EU");
  }

  void StartControlPlane() {
    nodes_.clear();
    control_.reset();
    control_.emplace(store_);
    rollouts_ = v1::Rollouts::NewStub(control_->channel());
    for (const Place& place : kPlaces) {
      FakeNode::Options options;
      options.id = place.pop;
      options.continent = place.continent;
      options.judge = [this, pop = options.id](const v1::Push& push) { return Judge(pop, push); };
      options.report = place.pop != silent_;
      nodes_[place.pop] = std::make_unique<FakeNode>(control_->address(), options);
    }
    for (const Place& place : kPlaces) {
      if (place.pop != silent_) {
        EXPECT_TRUE(control_->WaitForState(place.pop, v1::NODE_STATE_READY));
      }
    }
  }

  std::vector<v1::Rejected> Judge(const std::string& pop, const v1::Push& push) const {
    std::vector<v1::Rejected> rejected;
    for (const v1::Resource& resource : push.upsert()) {
      if (push.trial() || pop != refuses_ || !resource.has_deployment()) continue;
      rejected.emplace_back().set_name(resource.name());
      rejected.back().set_code(v1::Rejected::COMPILE);
      rejected.back().set_detail("index.js:1:1");
    }
    return rejected;
  }

  grpc::Status Begin(v1::DeployResponse* response) {
    v1::DeployRequest request = MakeDeploy("shop", new_);
    *request.mutable_rollout() = plan_;
    return Deploy(control_->deployments(), request, response);
  }

  // A report of every node: each version has answered its share of 400 requests.
  void Beat() {
    for (const Place& place : kPlaces) {
      FakeNode& node = *nodes_[place.pop];
      const auto resources = node.resources();
      const auto live = resources.find("deployment/shop");
      v1::Heartbeat beat;
      if (live != resources.end()) {
        for (const v1::VersionShare& share :
             bundle::SharesAt(live->second.deployment(), {place.pop, place.continent})) {
          v1::ScriptStats& stats = *beat.add_scripts();
          stats.set_script("shop");
          stats.set_version_id(share.version_id());
          stats.set_requests(400 * share.basis_points() / 10'000);
          const bool fails = share.version_id() == new_ && place.pop == fails_;
          stats.set_responses_5xx(fails ? stats.requests() / 3 : 0);
        }
      }
      node.Heartbeat(beat);
    }
  }

  v1::RolloutProgress Look() {
    grpc::ClientContext context;
    v1::WatchRolloutRequest request;
    request.set_script("shop");
    request.set_once(true);
    auto reader = rollouts_->WatchRollout(&context, request);
    v1::RolloutProgress progress;
    reader->Read(&progress);
    reader->Finish();
    return progress;
  }

  // Traffic until the condition holds.
  template <class Condition>
  v1::RolloutProgress RunUntil(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    v1::RolloutProgress progress = Look();
    while (!condition(progress) && std::chrono::steady_clock::now() < until) {
      Beat();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      progress = Look();
    }
    EXPECT_TRUE(condition(progress)) << progress.ShortDebugString();
    return progress;
  }
  v1::RolloutProgress RunToTheEnd() {
    return RunUntil([](const auto& p) { return p.phase() == v1::RolloutProgress::ENDED; });
  }

  grpc::Status Change(v1::ChangeRolloutRequest::Change change) {
    grpc::ClientContext context;
    v1::ChangeRolloutRequest request;
    request.set_script("shop");
    request.set_change(change);
    v1::Rollout rollout;
    return rollouts_->ChangeRollout(&context, request, &rollout);
  }

  // Versions that answer on the node, with their basis points.
  std::map<std::string, uint32_t> SharesOn(const std::string& pop) {
    std::map<std::string, uint32_t> shares;
    const auto resources = nodes_[pop]->resources();
    const v1::Deployment& deployment = resources.at("deployment/shop").deployment();
    const auto* place = std::find_if(std::begin(kPlaces), std::end(kPlaces),
                                     [&](const Place& one) { return one.pop == pop; });
    for (const v1::VersionShare& share :
         bundle::SharesAt(deployment, {place->pop, place->continent})) {
      shares[share.version_id() == new_ ? "new" : "old"] = share.basis_points();
    }
    return shares;
  }

  static std::vector<std::string> Kinds(const v1::Rollout& rollout) {
    std::vector<std::string> kinds;
    for (const v1::RolloutEvent& event : rollout.events()) kinds.push_back(event.kind());
    return kinds;
  }

  MemoryStore store_;
  std::optional<TestControlPlane> control_;
  std::unique_ptr<v1::Rollouts::Stub> rollouts_;
  std::map<std::string, std::unique_ptr<FakeNode>> nodes_;
  std::string old_, new_, fails_, refuses_, silent_;
  v1::RolloutPlan plan_;
};

TEST_F(RolloutTest, EveryWaveAnswersWhereItSays) {
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  EXPECT_EQ(response.rollout_id(), "shop-r1");
  ASSERT_TRUE(nodes_["NRT"]->WaitForRevision(response.revision()));
  ASSERT_TRUE(nodes_["MAD"]->WaitForRevision(response.revision()));
  EXPECT_EQ(SharesOn("MAD"), (std::map<std::string, uint32_t>{{"new", 500}, {"old", 9'500}}));
  EXPECT_EQ(SharesOn("NRT"), (std::map<std::string, uint32_t>{{"old", 10'000}}));
  const v1::RolloutProgress end = RunToTheEnd();
  EXPECT_EQ(end.rollout().state(), v1::Rollout::DONE);
  EXPECT_THAT(Kinds(end.rollout()), ElementsAre("started", "wave", "wave", "wave"));
  EXPECT_GT(end.rollout().revision(), response.revision());
  ASSERT_TRUE(nodes_["NRT"]->WaitForRevision(end.rollout().revision()));
  EXPECT_EQ(SharesOn("NRT"), (std::map<std::string, uint32_t>{{"new", 10'000}}));
  EXPECT_FALSE(nodes_["NRT"]->resources().contains(bundle::VersionName("shop", old_)));
}

TEST_F(RolloutTest, ARestartInEveryWaveLosesAndDoublesNothing) {
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  for (uint32_t wave = 0; wave < 3; ++wave) {
    const auto before =
        RunUntil([&](const v1::RolloutProgress& p) { return p.rollout().wave() >= wave; });
    StartControlPlane();
    const v1::Rollout after = Look().rollout();
    EXPECT_EQ(after.SerializeAsString(), before.rollout().SerializeAsString());
  }
  const v1::RolloutProgress end = RunToTheEnd();
  EXPECT_THAT(Kinds(end.rollout()), ElementsAre("started", "wave", "wave", "wave"));
  EXPECT_EQ(end.rollout().events(3).deployment_id(), "shop-5");
}

TEST_F(RolloutTest, AGateThatTripsGoesBackAlsoAfterARestart) {
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  RunUntil([](const v1::RolloutProgress& p) { return p.rollout().wave() == 1; });
  StartControlPlane();
  fails_ = "FRA";
  const v1::RolloutProgress end = RunToTheEnd();
  EXPECT_EQ(end.rollout().state(), v1::Rollout::ROLLED_BACK);
  EXPECT_EQ(end.rollout().wave(), 1u);
  EXPECT_THAT(end.why(), HasSubstr("errors: "));
  const v1::RolloutEvent& last = *end.rollout().events().rbegin();
  EXPECT_EQ(last.figures().gates(0).verdict(), v1::GateReading::TRIPPED);
  ASSERT_TRUE(nodes_["MAD"]->WaitForRevision(end.rollout().revision()));
  EXPECT_EQ(SharesOn("MAD"), (std::map<std::string, uint32_t>{{"old", 10'000}}));
}

TEST_F(RolloutTest, ANodeThatRefusesTheCodeEndsIt) {
  refuses_ = "FRA";
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  const v1::RolloutProgress end = RunToTheEnd();
  EXPECT_EQ(end.rollout().state(), v1::Rollout::ROLLED_BACK);
  EXPECT_EQ(end.rollout().wave(), 1u) << "outside the wave its refusal is nobody's verdict";
  EXPECT_THAT(end.why(), HasSubstr("FRA refuses it: COMPILE: index.js:1:1"));
}

TEST_F(RolloutTest, ANodeThatDoesNotReportIsNamedAndWaitedFor) {
  silent_ = "MAD";
  StartControlPlane();
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  const auto stuck =
      RunUntil([](const v1::RolloutProgress& p) { return p.convergence().lagging_size() == 1; });
  EXPECT_EQ(stuck.phase(), v1::RolloutProgress::CONVERGING);
  EXPECT_THAT(stuck.why(), HasSubstr("MAD"));
  EXPECT_EQ(stuck.convergence().total(), 1u);
  nodes_["MAD"]->ReportNow();
  EXPECT_EQ(RunToTheEnd().rollout().state(), v1::Rollout::DONE);
}

TEST_F(RolloutTest, PausedItStaysAlsoOverARestart) {
  plan_.mutable_waves(0)->set_bake_ms(600'000);
  v1::DeployResponse response;
  ASSERT_TRUE(Begin(&response).ok());
  ASSERT_TRUE(Change(v1::ChangeRolloutRequest::PAUSE).ok());
  EXPECT_EQ(Change(v1::ChangeRolloutRequest::PAUSE).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  StartControlPlane();
  EXPECT_EQ(Look().phase(), v1::RolloutProgress::PAUSED);
  ASSERT_TRUE(Change(v1::ChangeRolloutRequest::PROMOTE).ok());
  EXPECT_EQ(Look().rollout().wave(), 1u);
  ASSERT_TRUE(Change(v1::ChangeRolloutRequest::ABORT).ok());
  const v1::RolloutProgress end = Look();
  EXPECT_EQ(end.rollout().state(), v1::Rollout::ABORTED);
  EXPECT_THAT(Kinds(end.rollout()), ElementsAre("started", "paused", "promoted", "aborted"));
  EXPECT_EQ(Change(v1::ChangeRolloutRequest::ABORT).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Change(v1::ChangeRolloutRequest::CHANGE_UNSPECIFIED).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(RolloutTest, TheSameRequestBeginsItOnce) {
  v1::DeployRequest request = MakeDeploy("shop", new_, "once");
  *request.mutable_rollout() = plan_;
  v1::DeployResponse first, again, other;
  ASSERT_TRUE(Deploy(control_->deployments(), request, &first).ok());
  ASSERT_TRUE(Deploy(control_->deployments(), request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  request.set_request_id("twice");
  EXPECT_EQ(Deploy(control_->deployments(), request, &other).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace terrella::control
