// kill -9 of the real control plane at random moments of an upload and a deploy, over and over on
// one state folder. After each restart the client retries with the same request id, and then: what
// was answered before the crash is answered again, the deploy happened exactly once, every version
// of every round is there whole, and there is one route.
//
// Also its manners as a process: what it says to a second one on its folder or port, and how it
// stops.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "base/testing/temp_folder.h"
#include "tests/integration/control_plane_fixture.h"

namespace terrella::control {
namespace {

class Process {
 public:
  Process(const std::filesystem::path& state, const std::filesystem::path& log,
          const std::string& listen = "127.0.0.1:0")
      : ready_(state.string() + ".ready") {
    std::filesystem::remove(ready_);
    std::vector<std::string> args = {CONTROL_PLANE_BINARY, "--state",    state.string(),
                                     "--listen",           listen,       "--ready-file",
                                     ready_.string(),      "--lease-ms", "2000"};
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(fd, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Process() {
    if (pid_ > 0) Kill(SIGKILL);
  }
  // The address it serves on; empty when it ended instead.
  std::string WaitForReady() {
    auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (auto text = ReadFile(ready_); text.ok()) {
        size_t at = text->find("127.0.0.1:");
        return text->substr(at, text->find('"', at) - at);
      }
      siginfo_t info{};
      if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == pid_) {
        return {};
      }
      usleep(1000);
    }
    return {};
  }
  // Its exit code, or minus the signal that ended it.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int Kill(int signal) {
    kill(pid_, signal);
    return Wait();
  }
  pid_t pid() const { return pid_; }

 private:
  std::filesystem::path ready_;
  pid_t pid_ = -1;
};

class ControlPlaneProcessTest : public ::testing::Test {
 protected:
  std::string Log() { return ReadFile(folder_ / "log").value_or(""); }

  TempFolder temp_folder_;
  const std::filesystem::path folder_ = temp_folder_.path();
};

std::unique_ptr<v1::Deployments::Stub> StubFor(const std::string& address) {
  return v1::Deployments::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

// Over a megabyte and different each round, so that an upload takes several transactions.
std::vector<std::string> RoundContents(uint64_t round) {
  std::string big(1'300'000, 'x');
  CounterRandom random(round, 1);
  for (char& c : big) c = static_cast<char>(random.Next());
  return {"export default " + std::to_string(round), big};
}

v1::Version RoundVersion(const std::vector<std::string>& contents) {
  v1::Version version = MakeVersion("hello", contents[0]);
  v1::Module* module = version.add_modules();
  module->set_name("data.bin");
  module->set_kind(v1::MODULE_KIND_DATA);
  module->set_sha256(Sha256(contents[1]));
  module->set_size_bytes(contents[1].size());
  return version;
}

struct Attempt {
  std::string uploaded;  // version id, when the upload was answered
  std::string deployed;  // the serialized answer, when there was one
};

// `uploaded_promise` is kept when the upload has been answered, or has failed.
Attempt UploadAndDeploy(const std::string& address, uint64_t round,
                        std::promise<void> uploaded_promise = {}) {
  auto stub = StubFor(address);
  std::vector<std::string> contents = RoundContents(round);
  Attempt attempt;
  v1::UploadResponse uploaded;
  bool ok = Upload(*stub, RoundVersion(contents), contents, &uploaded).ok();
  uploaded_promise.set_value();
  if (!ok) return attempt;
  attempt.uploaded = uploaded.version_id();
  grpc::ClientContext context;
  v1::DeployResponse deployed;
  v1::DeployRequest request =
      MakeDeploy("hello", uploaded.version_id(), "round-" + std::to_string(round));
  if (stub->Deploy(&context, request, &deployed).ok()) {
    attempt.deployed = deployed.SerializeAsString();
  }
  return attempt;
}

void CheckState(const std::string& address, uint64_t round, const v1::DeployResponse& deployed) {
  auto stub = StubFor(address);
  grpc::ClientContext c1, c2;
  v1::ListVersionsRequest request;
  request.set_script("hello");
  v1::ListVersionsResponse versions;
  ASSERT_TRUE(stub->ListVersions(&c1, request, &versions).ok());
  EXPECT_EQ(static_cast<uint64_t>(versions.versions_size()), round);
  int live = 0;
  for (const v1::VersionSummary& version : versions.versions()) live += version.live();
  EXPECT_EQ(live, 1);
  v1::ListScriptsResponse scripts;
  ASSERT_TRUE(stub->ListScripts(&c2, {}, &scripts).ok());
  ASSERT_EQ(scripts.scripts_size(), 1);
  EXPECT_EQ(scripts.scripts(0).version_id(), deployed.version_id());
  EXPECT_EQ(scripts.scripts(0).routes_size(), 1);
  // A deployment too many or too few would shift the number.
  EXPECT_EQ(deployed.deployment_id(), "hello-" + std::to_string(round));
}

void CheckContents(const std::string& address, uint64_t round) {
  auto stub =
      v1::NodeSync::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  for (const std::string& content : RoundContents(round)) {
    grpc::ClientContext context;
    v1::FetchBlobRequest request;
    request.set_sha256(Sha256(content));
    auto reader = stub->FetchBlob(&context, request);
    std::string bytes;
    v1::BlobChunk chunk;
    while (reader->Read(&chunk)) bytes += chunk.data();
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_TRUE(bytes == content);
  }
}

TEST_F(ControlPlaneProcessTest, LosesNothingAnsweredAndDoesNothingTwiceWhenKilled) {
  constexpr uint64_t kRounds = 20;
  uint64_t seed;
  FillRandom(&seed, sizeof(seed));
  if (const char* given = getenv("TERRELLA_TEST_SEED")) seed = std::strtoull(given, nullptr, 10);
  CounterRandom random(seed);
  int before_upload = 0, between = 0, after_deploy = 0;
  // How long the calls take here: the first is learnt from the retries, the second a guess.
  double upload_ms = 1;
  const double deploy_ms = 3;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of seed " + std::to_string(seed));
    Attempt first;
    {
      Process process(folder_ / "state", folder_ / "log");
      std::string address = process.WaitForReady();
      ASSERT_FALSE(address.empty()) << Log();
      std::promise<void> promise;
      std::future<void> uploaded = promise.get_future();
      auto attempt =
          std::async(std::launch::async, UploadAndDeploy, address, round, std::move(promise));
      // Odd rounds aim at the upload, even ones at the deploy, which is much shorter.
      if (round % 2 == 0) uploaded.wait();
      double delay_ms = random.Uniform() * (round % 2 == 0 ? deploy_ms * 1.5 : upload_ms);
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(delay_ms));
      ASSERT_EQ(process.Kill(SIGKILL), -SIGKILL);
      first = attempt.get();
      ++(first.uploaded.empty() ? before_upload : first.deployed.empty() ? between : after_deploy);
    }
    Process process(folder_ / "state", folder_ / "log");
    std::string address = process.WaitForReady();
    ASSERT_FALSE(address.empty()) << Log();
    auto start = std::chrono::steady_clock::now();
    Attempt again = UploadAndDeploy(address, round);
    upload_ms = std::max(upload_ms, ToMs(std::chrono::steady_clock::now() - start));
    ASSERT_FALSE(again.deployed.empty());
    if (!first.uploaded.empty()) {
      EXPECT_EQ(first.uploaded, again.uploaded);
    }
    if (!first.deployed.empty()) {
      EXPECT_EQ(first.deployed, again.deployed);
    }
    v1::DeployResponse deployed;
    deployed.ParseFromString(again.deployed);
    CheckState(address, round, deployed);
    CheckContents(address, round);
    if (round == kRounds) {
      for (uint64_t old = 1; old < round; ++old) CheckContents(address, old);
    }
    EXPECT_EQ(process.Kill(SIGTERM), 0) << Log();
    if (HasFailure()) break;
  }
  printf("killed before the upload's answer %d times, before the deploy's %d, after both %d\n",
         before_upload, between, after_deploy);
}

// A 100 KiB script, inline in the push, to thirty nodes on connections of their own: the figure is
// from the commit to the last report, by the control plane's clock; the bar is far off on purpose.
TEST_F(ControlPlaneProcessTest, ThirtyNodesAcknowledgeADeploy) {
  Process process(folder_ / "state", folder_ / "log");
  std::string address = process.WaitForReady();
  ASSERT_FALSE(address.empty()) << Log();
  std::vector<std::unique_ptr<FakeNode>> nodes;
  for (int i = 0; i < 30; ++i) {
    nodes.push_back(
        std::make_unique<FakeNode>(address, FakeNode::Options{.id = "N" + std::to_string(i)}));
  }
  auto stub = StubFor(address);
  std::vector<double> converged_ms, total_ms;
  for (int round = 0; round < 11; ++round) {
    for (auto& node : nodes) node->Heartbeat();
    std::string source(100 << 10, static_cast<char>('a' + round));
    std::string version = UploadSource(*stub, "hello", source);
    auto start = std::chrono::steady_clock::now();
    v1::DeployResponse response;
    ASSERT_TRUE(Deploy(*stub, MakeDeploy("hello", version), &response).ok());
    v1::Convergence end = WaitForConvergence(*stub, response.revision());
    total_ms.push_back(ToMs(std::chrono::steady_clock::now() - start));
    EXPECT_EQ(end.acked(), round == 0 ? end.total() : 30u);
    converged_ms.push_back(static_cast<double>(end.elapsed_us()) / 1e3);
  }
  std::sort(converged_ms.begin(), converged_ms.end());
  std::sort(total_ms.begin(), total_ms.end());
  std::string status = ReadFile("/proc/" + std::to_string(process.pid()) + "/status").value_or("");
  size_t rss = status.find("VmRSS:");
  printf(
      "commit to 30/30: median %.1f ms, max %.1f; deploy call to 30/30 seen: median %.1f, max "
      "%.1f; %s\n",
      converged_ms[5], converged_ms[10], total_ms[5], total_ms[10],
      status.substr(rss, status.find('\n', rss) - rss).c_str());
  EXPECT_LT(total_ms[5], 5000);
  EXPECT_EQ(process.Kill(SIGTERM), 0) << Log();
}

TEST_F(ControlPlaneProcessTest, SaysWhyItCannotStart) {
  Process first(folder_ / "state", folder_ / "log");
  std::string address = first.WaitForReady();
  ASSERT_FALSE(address.empty()) << Log();
  Process same_folder(folder_ / "state", folder_ / "log2");
  EXPECT_EQ(same_folder.Wait(), 1);
  EXPECT_NE(ReadFile(folder_ / "log2")
                ->find("in use by another control plane (pid " + std::to_string(first.pid()) + ")"),
            std::string::npos);
  Process same_port(folder_ / "other", folder_ / "log3", address);
  EXPECT_EQ(same_port.Wait(), 1);
  EXPECT_NE(ReadFile(folder_ / "log3")->find("cannot listen on " + address), std::string::npos);
  EXPECT_EQ(first.Kill(SIGTERM), 0);
}

TEST_F(ControlPlaneProcessTest, StopsCleanlyWithStreamsOpen) {
  Process process(folder_ / "state", folder_ / "log");
  std::string address = process.WaitForReady();
  ASSERT_FALSE(address.empty()) << Log();
  FakeNode node(address, {.id = "FRA"});
  ASSERT_TRUE(node.WaitForPushCount(1));
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(process.Kill(SIGTERM), 0) << Log();
  EXPECT_LT(ToMs(std::chrono::steady_clock::now() - start), 5000);
  EXPECT_EQ(node.WaitForEnd().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace terrella::control
