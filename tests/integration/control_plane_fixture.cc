#include "tests/integration/control_plane_fixture.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/digest.h"

namespace terrella::control {
namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // A connection of its own for every node, as separate processes have.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

FakeNode::FakeNode(const std::string& control_plane, Options options)
    : options_(std::move(options)), stub_(v1::NodeSync::NewStub(Connect(control_plane))) {
  context_.set_wait_for_ready(true);
  stream_ = stub_->Subscribe(&context_);
  v1::NodeMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_cluster(options_.cluster);
  hello.set_store_epoch(options_.store_epoch);
  hello.set_revision(options_.revision);
  hello.set_sealing_key(std::string(32, 'k'));
  hello.mutable_node()->set_id(options_.id);
  hello.mutable_node()->set_pop(options_.id);
  hello.mutable_node()->set_continent(options_.continent);
  hello.mutable_node()->set_address("127.16.0.1");
  hello.mutable_node()->set_port(8080);
  stream_->Write(message);
  reader_ = std::thread([this] { Read(); });
}

FakeNode::~FakeNode() {
  Kill();
  reader_.join();
}

void FakeNode::Kill() {
  context_.TryCancel();
}

void FakeNode::Heartbeat(bool draining) {
  v1::Heartbeat heartbeat;
  heartbeat.set_draining(draining);
  Heartbeat(heartbeat);
}

void FakeNode::Heartbeat(const v1::Heartbeat& heartbeat) {
  v1::NodeMessage message;
  *message.mutable_heartbeat() = heartbeat;
  std::lock_guard lock(write_mutex_);
  stream_->Write(message);
}

void FakeNode::Read() {
  v1::Push push;
  while (stream_->Read(&push)) {
    if (push.trial() && options_.die_in_trial) Kill();
    Take(push);
  }
  grpc::Status status = stream_->Finish();
  std::lock_guard lock(mutex_);
  ended_ = true;
  end_ = status;
  changed_.notify_all();
}

void FakeNode::Take(const v1::Push& push) {
  std::vector<v1::Rejected> rejected;
  bool report;
  {
    std::lock_guard lock(mutex_);
    report = options_.report;
    if (options_.judge) rejected = options_.judge(push);
    pushes_.push_back(push);
    if (!push.trial()) {
      if (push.full()) resources_.clear();
      for (const v1::Resource& resource : push.upsert()) resources_[resource.name()] = resource;
      for (const std::string& name : push.removed()) resources_.erase(name);
      revision_ = push.revision();
    }
    changed_.notify_all();
  }
  if (report) Report(push, rejected);
}

void FakeNode::ReportNow() {
  v1::Push last;
  {
    std::lock_guard lock(mutex_);
    options_.report = true;
    CHECK(!pushes_.empty());
    last = pushes_.back();
  }
  Report(last, {});
}

void FakeNode::Report(const v1::Push& push, const std::vector<v1::Rejected>& rejected) {
  v1::NodeMessage message;
  message.mutable_report()->set_nonce(push.nonce());
  message.mutable_report()->set_revision(push.revision());
  for (const v1::Rejected& r : rejected) *message.mutable_report()->add_rejected() = r;
  std::lock_guard lock(write_mutex_);
  stream_->Write(message);
}

bool FakeNode::WaitForPushes(const std::function<bool(const std::vector<v1::Push>&)>& done) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return done(pushes_); });
}

bool FakeNode::WaitForPushCount(size_t count) {
  return WaitForPushes([&](const auto& pushes) { return pushes.size() >= count; });
}

bool FakeNode::WaitForRevision(uint64_t revision) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return revision_ >= revision; });
}

grpc::Status FakeNode::WaitForEnd() {
  std::unique_lock lock(mutex_);
  bool ended = changed_.wait_for(lock, kPatience, [&] { return ended_; });
  return ended ? end_ : grpc::Status(grpc::StatusCode::UNKNOWN, "the stream has not ended");
}

std::vector<v1::Push> FakeNode::pushes() {
  std::lock_guard lock(mutex_);
  return pushes_;
}

std::map<std::string, v1::Resource> FakeNode::resources() {
  std::lock_guard lock(mutex_);
  return resources_;
}

uint64_t FakeNode::revision() {
  std::lock_guard lock(mutex_);
  return revision_;
}

CoordinatorOptions TestControlPlane::DefaultOptions() {
  CoordinatorOptions options;
  options.lease = std::chrono::minutes(5);
  return options;
}

TestControlPlane::TestControlPlane(StateStore& store, CoordinatorOptions options,
                                   bool require_auth) {
  access_ = *AccessControl::Open(store, clock_);
  coordinator_ = *Coordinator::Create(loop_, access_->store(), options);
  kv_ = *SqliteKvStore::Open(kv_folder_.path(), clock_);
  actors_ = *ActorRegistry::Open(kv_folder_.path(), clock_);
  server_ = *ApiServer::Start(
      *coordinator_, *kv_, *actors_, *access_,
      {.listen = *SocketAddress::Parse("127.0.0.1:0"), .require_auth = require_auth});
  thread_ = std::thread([this] { loop_.Run(); });
  address_ = server_->address().ToString();
  channel_ = Connect(address_);
  deployments_ = v1::Deployments::NewStub(channel_);
  admin_ = v1::Admin::NewStub(channel_);
}

TestControlPlane::~TestControlPlane() {
  server_->Stop();
  loop_.Stop();
  thread_.join();
}

v1::NodeState TestControlPlane::StateOf(const std::string& node) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetStatusResponse status;
  EXPECT_TRUE(admin_->GetStatus(&context, {}, &status).ok());
  for (const v1::NodeStatus& n : status.nodes()) {
    if (n.node().info().id() == node) return n.node().state();
  }
  return v1::NODE_STATE_DOWN;
}

bool TestControlPlane::WaitForState(const std::string& node, v1::NodeState state) {
  grpc::ClientContext context;
  SetDeadline(context);
  auto watch = v1::Topology::NewStub(channel_)->WatchView(&context, {});
  v1::View view;
  while (watch->Read(&view)) {
    for (const v1::Node& n : view.nodes()) {
      if (n.info().id() == node && n.state() == state) return true;
    }
  }
  return false;
}

v1::Version MakeVersion(const std::string& script, const std::string& source) {
  v1::Version version;
  version.set_script(script);
  version.set_main_module("index.js");
  v1::Module* module = version.add_modules();
  module->set_name("index.js");
  module->set_kind(v1::MODULE_KIND_ESM);
  module->set_sha256(Sha256(source));
  module->set_size_bytes(source.size());
  return version;
}

grpc::Status Upload(v1::Deployments::Stub& stub, const v1::Version& version,
                    const std::vector<std::string>& contents, v1::UploadResponse* response) {
  grpc::ClientContext context;
  SetDeadline(context);
  auto writer = stub.UploadVersion(&context, response);
  v1::UploadRequest part;
  *part.mutable_version() = version;
  bool open = writer->Write(part);
  constexpr size_t kPartBytes = 1 << 20;
  for (const std::string& content : contents) {
    for (size_t at = 0; open && (at == 0 || at < content.size()); at += kPartBytes) {
      (at == 0 ? *part.mutable_blob() : *part.mutable_blob_more()) = content.substr(at, kPartBytes);
      open = writer->Write(part);
    }
  }
  writer->WritesDone();
  return writer->Finish();
}

std::string UploadSource(v1::Deployments::Stub& stub, const std::string& script,
                         const std::string& source) {
  v1::UploadResponse response;
  grpc::Status status = Upload(stub, MakeVersion(script, source), {source}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.version_id();
}

grpc::Status Deploy(v1::Deployments::Stub& stub, const v1::DeployRequest& request,
                    v1::DeployResponse* response) {
  grpc::ClientContext context;
  SetDeadline(context);
  return stub.Deploy(&context, request, response);
}

v1::DeployRequest MakeDeploy(const std::string& script, const std::string& version_id,
                             const std::string& request_id) {
  v1::DeployRequest request;
  request.set_request_id(request_id);
  request.set_script(script);
  request.set_version_id(version_id);
  return request;
}

v1::Convergence WaitForConvergence(v1::Deployments::Stub& stub, uint64_t revision) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::WatchConvergenceRequest request;
  request.set_revision(revision);
  auto watch = stub.WatchConvergence(&context, request);
  v1::Convergence last;
  while (watch->Read(&last)) {
  }
  grpc::Status status = watch->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return last;
}

}  // namespace terrella::control
