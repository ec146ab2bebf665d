#include "control_plane/api/deployments_service.h"

#include <utility>

#include "base/status.h"
#include "bundle/version_id.h"
#include "control_plane/access/call.h"
#include "control_plane/access/needs.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/api/latest_writer.h"
#include "control_plane/rollout/upload.h"

namespace terrella::control {
namespace {

// Each may hold a whole bundle in memory.
constexpr int kUploadsMax = 8;

// One of the uploads that may run at once. Its parts are for whoever derives from it.
template <class Part>
class BoundedUpload : public grpc::ServerReadReactor<Part> {
 public:
  explicit BoundedUpload(std::atomic<int>& running) : running_(running) {
    if (running_.fetch_add(1) < kUploadsMax) {
      this->StartRead(&part_);
    } else {
      this->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED,
                    fmt::format("{} uploads are running, which is the limit", kUploadsMax)});
    }
  }
  void OnDone() final {
    running_.fetch_sub(1);
    delete this;
  }

 protected:
  Part part_;  // the one that came last

 private:
  std::atomic<int>& running_;
};

// What the audit log shows of an upload: "version 2b1f0c9d8e7a..., 3 modules, binds KV, BLOG".
std::string VersionText(const v1::Version& version) {
  constexpr int kBindingsShown = 10;
  std::string text =
      fmt::format("version {}, {} modules", bundle::VersionId(version), version.modules_size());
  for (int i = 0; i < version.bindings_size() && i < kBindingsShown; ++i) {
    text += fmt::format("{} {}", i == 0 ? ", binds" : ",", version.bindings(i).name());
  }
  return text;
}

// Collects one upload; contents are stored on gRPC's thread, the version is committed on the loop.
class UploadStream final : public BoundedUpload<v1::UploadRequest> {
 public:
  UploadStream(Coordinator& coordinator, std::atomic<int>& running, v1::UploadResponse& response)
      : BoundedUpload(running),
        coordinator_(coordinator),
        response_(response),
        call_(CallScope::Current()) {}
  void OnReadDone(bool ok) override {
    if (!ok) return Store();
    if (part_.has_version()) {
      absl::Status status = call_->Permit(part_.version().script());
      if (status.ok()) status = call_->Require(NeedsOf(part_.version()));
      if (!status.ok()) return Finish(ToGrpc(status));
    }
    if (absl::Status status = upload_.Add(std::move(part_)); !status.ok()) {
      return Finish(ToGrpc(status));
    }
    part_.Clear();
    StartRead(&part_);
  }
  void OnCancel() override { cancelled_ = true; }

 private:
  void Store() {
    // A client that went away in the middle has not said that this is all.
    if (cancelled_) return Finish({grpc::StatusCode::CANCELLED, "the upload broke off"});
    absl::StatusOr<v1::Version> version = upload_.Store(coordinator_.store());
    if (!version.ok()) return Finish(ToGrpc(version.status()));
    call_->Describe(VersionText(*version));
    const CallScope scope(call_);
    coordinator_.Post([this, version = *std::move(version)] {
      absl::StatusOr<v1::UploadResponse> result = coordinator_.AddVersion(version);
      if (result.ok()) response_ = *std::move(result);
      Finish(ToGrpc(result.status()));
    });
  }

  Coordinator& coordinator_;
  v1::UploadResponse& response_;
  const std::shared_ptr<Call> call_;
  std::atomic<bool> cancelled_ = false;
  Upload upload_;
};

// Contents ahead of a version, stored on gRPC's thread as they come.
class BlobUploadStream final : public BoundedUpload<v1::UploadBlobsRequest> {
 public:
  BlobUploadStream(StateStore& store, std::atomic<int>& running, v1::UploadBlobsResponse& response)
      : BoundedUpload(running), response_(response), call_(CallScope::Current()), upload_(store) {}
  void OnReadDone(bool ok) override {
    if (!ok) {
      absl::StatusOr<v1::UploadBlobsResponse> done = upload_.Finish();
      if (done.ok()) {
        response_ = *done;
        call_->Describe(fmt::format("{} contents, {} bytes", done->blobs(), done->size_bytes()));
      }
      return Finish(ToGrpc(done.status()));
    }
    if (absl::Status status = upload_.Add(part_); !status.ok()) return Finish(ToGrpc(status));
    StartRead(&part_);
  }

 private:
  v1::UploadBlobsResponse& response_;
  const std::shared_ptr<Call> call_;
  BlobUpload upload_;
};

// Runs `call(answer)` on the loop, where answer takes a StatusOr of the response, once.
template <class Response, class Call>
grpc::ServerUnaryReactor* OnLoop(Coordinator& coordinator, grpc::CallbackServerContext* context,
                                 Response* response, Call call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator.Post([reactor, response, call = std::move(call)] {
    call([reactor, response](const absl::StatusOr<Response>& result) {
      if (result.ok()) *response = *result;
      reactor->Finish(ToGrpc(result.status()));
    });
  });
  return reactor;
}

}  // namespace

grpc::ServerReadReactor<v1::UploadRequest>* DeploymentsService::UploadVersion(
    grpc::CallbackServerContext*, v1::UploadResponse* response) {
  return new UploadStream(coordinator_, uploads_, *response);
}

grpc::ServerReadReactor<v1::UploadBlobsRequest>* DeploymentsService::UploadBlobs(
    grpc::CallbackServerContext*, v1::UploadBlobsResponse* response) {
  return new BlobUploadStream(coordinator_.store(), uploads_, *response);
}

grpc::ServerUnaryReactor* DeploymentsService::FindMissingBlobs(
    grpc::CallbackServerContext* context, const v1::FindMissingBlobsRequest* request,
    v1::FindMissingBlobsResponse* response) {
  // The store takes readers on any thread; thousands of look-ups are nothing for the loop.
  auto found = control::FindMissingBlobs(coordinator_.store(), *request);
  if (found.ok()) *response = *std::move(found);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(found.status()));
  return reactor;
}

grpc::ServerUnaryReactor* DeploymentsService::Deploy(grpc::CallbackServerContext* context,
                                                     const v1::DeployRequest* request,
                                                     v1::DeployResponse* response) {
  return OnLoop(coordinator_, context, response, [this, request](auto answer) {
    const std::vector<std::string> asked(request->routes().begin(), request->routes().end());
    const absl::Status claims = CallScope::Current()->Require(
        NeedsOf(RouteClaim{.script = request->script(),
                           .zone = coordinator_.options().zone,
                           .routes = asked,
                           .held = coordinator_.catalog().RoutesOf(request->script())}));
    if (!claims.ok()) return answer(claims);
    coordinator_.deployer().Deploy(*request, std::move(answer));
  });
}

grpc::ServerUnaryReactor* DeploymentsService::Rollback(grpc::CallbackServerContext* context,
                                                       const v1::RollbackRequest* request,
                                                       v1::DeployResponse* response) {
  return OnLoop(coordinator_, context, response, [this, request](auto answer) {
    coordinator_.deployer().Rollback(*request, std::move(answer));
  });
}

grpc::ServerUnaryReactor* DeploymentsService::DeleteScript(grpc::CallbackServerContext* context,
                                                           const v1::DeleteScriptRequest* request,
                                                           v1::DeployResponse* response) {
  return OnLoop(coordinator_, context, response, [this, request](auto answer) {
    coordinator_.deployer().Delete(*request, std::move(answer));
  });
}

grpc::ServerUnaryReactor* DeploymentsService::ListVersions(grpc::CallbackServerContext* context,
                                                           const v1::ListVersionsRequest* request,
                                                           v1::ListVersionsResponse* response) {
  return OnLoop(coordinator_, context, response, [this, request](auto answer) {
    answer(coordinator_.catalog().ListVersions(request->script()));
  });
}

grpc::ServerUnaryReactor* DeploymentsService::ListDeployments(
    grpc::CallbackServerContext* context, const v1::ListDeploymentsRequest* request,
    v1::ListDeploymentsResponse* response) {
  return OnLoop(coordinator_, context, response, [this, request](auto answer) {
    answer(coordinator_.catalog().ListDeployments(request->script()));
  });
}

grpc::ServerUnaryReactor* DeploymentsService::ListScripts(grpc::CallbackServerContext* context,
                                                          const v1::ListScriptsRequest*,
                                                          v1::ListScriptsResponse* response) {
  return OnLoop(coordinator_, context, response,
                [this](auto answer) { answer(coordinator_.catalog().ListScripts()); });
}

grpc::ServerWriteReactor<v1::Convergence>* DeploymentsService::WatchConvergence(
    grpc::CallbackServerContext*, const v1::WatchConvergenceRequest* request) {
  auto writer = LatestWriter<v1::Convergence>::Create();
  auto follower = std::make_shared<Convergence::FollowerId>(0);  // on the loop
  writer->set_on_gone([this, follower] {
    coordinator_.Post([this, follower] { coordinator_.Unfollow(*follower); });
  });
  coordinator_.Post([this, writer, follower, revision = request->revision()] {
    auto id = coordinator_.Follow(revision, [writer](const v1::Convergence& picture) {
      writer->Offer(std::make_shared<const v1::Convergence>(picture));
      if (picture.complete()) writer->End(absl::OkStatus());
    });
    if (!id.ok()) return writer->End(id.status());
    *follower = *id;
  });
  return writer.get();
}

}  // namespace terrella::control
