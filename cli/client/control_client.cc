#include "cli/client/control_client.h"

#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "terrella/v1/actors.grpc.pb.h"
#include "terrella/v1/admin.grpc.pb.h"
#include "terrella/v1/caches.grpc.pb.h"
#include "terrella/v1/deployments.grpc.pb.h"
#include "terrella/v1/kv.grpc.pb.h"
#include "terrella/v1/resolve.grpc.pb.h"
#include "terrella/v1/secrets.grpc.pb.h"

namespace terrella::cli {
namespace {

constexpr int kMessageBytesMax = 28 << 20;
constexpr size_t kBlobPieceBytesMax = 3 << 20;  // deployments.proto, UploadRequest.blob

absl::Status FromGrpc(const grpc::Status& status, const std::string& cluster,
                      const std::string& who) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable) {
    return Unavailable(
        "the {} of cluster '{}' cannot be reached. 'terrella status' shows what runs, "
        "'terrella up' starts what does not",
        who, cluster);
  }
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return DeadlineExceeded("the {} of cluster '{}' did not answer in time", who, cluster);
  }
  return absl::Status(code, ToAbsl(status.error_message()));
}

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel("ipv4:" + address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void SetTimeout(grpc::ClientContext& context, Duration timeout) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
}

// Cancels a blocking call when Ctrl-C comes; gone when it is destroyed.
class CancelOnInterrupt {
 public:
  CancelOnInterrupt(grpc::ClientContext& context, const Interrupt* interrupt)
      : done_(eventfd(0, EFD_CLOEXEC)) {
    if (interrupt == nullptr) return;
    thread_ = std::thread([&context, signal = interrupt->fd(), done = done_] {
      pollfd fds[2] = {{signal, POLLIN, 0}, {done, POLLIN, 0}};
      poll(fds, 2, -1);
      if ((fds[0].revents & POLLIN) != 0) context.TryCancel();
    });
  }
  ~CancelOnInterrupt() {
    eventfd_write(done_, 1);
    if (thread_.joinable()) thread_.join();
    close(done_);
  }
  CancelOnInterrupt(const CancelOnInterrupt&) = delete;
  CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

 private:
  int done_;
  std::thread thread_;
};

}  // namespace

struct ControlClient::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : admin(v1::Admin::NewStub(channel)),
        caches(v1::Caches::NewStub(channel)),
        deployments(v1::Deployments::NewStub(channel)),
        kv(v1::Kv::NewStub(channel)),
        secrets(v1::Secrets::NewStub(channel)),
        actors(v1::Actors::NewStub(channel)) {}
  std::unique_ptr<v1::Admin::Stub> admin;
  std::unique_ptr<v1::Caches::Stub> caches;
  std::unique_ptr<v1::Deployments::Stub> deployments;
  std::unique_ptr<v1::Kv::Stub> kv;
  std::unique_ptr<v1::Secrets::Stub> secrets;
  std::unique_ptr<v1::Actors::Stub> actors;

  // One unary call with its deadline.
  template <class Response, class Stub, class Method, class Request>
  static absl::StatusOr<Response> Call(const ControlClientOptions& options, Stub& stub,
                                       Method method, const Request& request) {
    grpc::ClientContext context;
    SetTimeout(context, options.timeout);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    RETURN_IF_ERROR(FromGrpc(status, options.cluster, "control plane"));
    return response;
  }
};

ControlClient::ControlClient(const std::string& address, ControlClientOptions options)
    : stubs_(std::make_unique<Stubs>(Dial(address))), options_(std::move(options)) {}

ControlClient::~ControlClient() = default;

absl::StatusOr<v1::GetStatusResponse> ControlClient::GetStatus() {
  return Stubs::Call<v1::GetStatusResponse>(options_, *stubs_->admin, &v1::Admin::Stub::GetStatus,
                                            v1::GetStatusRequest());
}

absl::StatusOr<v1::DrainNodeResponse> ControlClient::DrainNode(
    const v1::DrainNodeRequest& request) {
  return Stubs::Call<v1::DrainNodeResponse>(options_, *stubs_->admin, &v1::Admin::Stub::DrainNode,
                                            request);
}

absl::StatusOr<v1::KvGetResponse> ControlClient::KvGet(const v1::KvGetRequest& request) {
  return Stubs::Call<v1::KvGetResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Get, request);
}

absl::StatusOr<v1::KvPutResponse> ControlClient::KvPut(const v1::KvPutRequest& request) {
  return Stubs::Call<v1::KvPutResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Put, request);
}

absl::StatusOr<v1::KvDeleteResponse> ControlClient::KvDelete(const v1::KvDeleteRequest& request) {
  return Stubs::Call<v1::KvDeleteResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Delete, request);
}

absl::StatusOr<v1::KvListResponse> ControlClient::KvList(const v1::KvListRequest& request) {
  return Stubs::Call<v1::KvListResponse>(options_, *stubs_->kv, &v1::Kv::Stub::List, request);
}

absl::StatusOr<v1::ListActorsResponse> ControlClient::ListActors(
    const v1::ListActorsRequest& request) {
  return Stubs::Call<v1::ListActorsResponse>(options_, *stubs_->actors,
                                             &v1::Actors::Stub::ListActors, request);
}

absl::StatusOr<v1::KvListNamespacesResponse> ControlClient::KvNamespaces() {
  return Stubs::Call<v1::KvListNamespacesResponse>(
      options_, *stubs_->kv, &v1::Kv::Stub::ListNamespaces, v1::KvListNamespacesRequest());
}

absl::StatusOr<v1::FindMissingBlobsResponse> ControlClient::FindMissingBlobs(
    const v1::FindMissingBlobsRequest& request) {
  return Stubs::Call<v1::FindMissingBlobsResponse>(
      options_, *stubs_->deployments, &v1::Deployments::Stub::FindMissingBlobs, request);
}

absl::Status ControlClient::UploadFiles(const std::vector<std::filesystem::path>& files,
                                        const std::function<void(size_t)>& sent) {
  // A stream of its own for each few files: its deadline is about bytes that a disk can take.
  constexpr size_t kStreamBytes = 64 << 20, kStreamFiles = 1000;
  size_t next = 0;
  while (next < files.size()) {
    grpc::ClientContext context;
    SetTimeout(context, options_.timeout * 6);
    v1::UploadBlobsResponse response;
    const auto writer = stubs_->deployments->UploadBlobs(&context, &response);
    size_t bytes = 0;
    bool open = true;
    for (size_t i = 0; open && i < kStreamFiles && next < files.size() && bytes < kStreamBytes;
         ++i) {
      ASSIGN_OR_RETURN(const std::string content, ReadFile(files[next]));
      size_t at = 0;
      do {
        v1::UploadBlobsRequest part;
        part.set_continues(at > 0);
        part.set_blob(content.substr(at, kBlobPieceBytesMax));
        at += part.blob().size();
        open = writer->Write(part);
      } while (open && at < content.size());
      bytes += content.size();
      sent(++next);
    }
    writer->WritesDone();
    RETURN_IF_ERROR(FromGrpc(writer->Finish(), options_.cluster, "control plane"));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadResponse> ControlClient::UploadVersion(
    const v1::Version& version, const std::map<std::string, std::string>& blobs) {
  grpc::ClientContext context;
  SetTimeout(context, options_.timeout * 3);
  v1::UploadResponse response;
  const auto writer = stubs_->deployments->UploadVersion(&context, &response);
  v1::UploadRequest request;
  *request.mutable_version() = version;
  bool open = writer->Write(request);
  for (auto it = blobs.begin(); open && it != blobs.end(); ++it) {
    const std::string& content = it->second;
    size_t at = 0;
    do {
      std::string piece = content.substr(at, kBlobPieceBytesMax);
      v1::UploadRequest part;
      (at == 0 ? *part.mutable_blob() : *part.mutable_blob_more()) = piece;
      at += piece.size();
      open = writer->Write(part);
    } while (open && at < content.size());
  }
  writer->WritesDone();
  RETURN_IF_ERROR(FromGrpc(writer->Finish(), options_.cluster, "control plane"));
  return response;
}

absl::StatusOr<v1::DeployResponse> ControlClient::Deploy(const v1::DeployRequest& request) {
  return Stubs::Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                         &v1::Deployments::Stub::Deploy, request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::Rollback(const v1::RollbackRequest& request) {
  return Stubs::Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                         &v1::Deployments::Stub::Rollback, request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::DeleteScript(
    const v1::DeleteScriptRequest& request) {
  return Stubs::Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                         &v1::Deployments::Stub::DeleteScript, request);
}

absl::StatusOr<v1::PurgeResponse> ControlClient::Purge(const v1::PurgeRequest& request) {
  return Stubs::Call<v1::PurgeResponse>(options_, *stubs_->caches, &v1::Caches::Stub::Purge,
                                        request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::PutSecrets(const v1::PutSecretsRequest& request) {
  return Stubs::Call<v1::DeployResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::Put,
                                         request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::DeleteSecrets(
    const v1::DeleteSecretsRequest& request) {
  return Stubs::Call<v1::DeployResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::Delete,
                                         request);
}

absl::StatusOr<v1::ListSecretsResponse> ControlClient::ListSecrets(
    const v1::ListSecretsRequest& request) {
  return Stubs::Call<v1::ListSecretsResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::List,
                                              request);
}

absl::StatusOr<v1::ListVersionsResponse> ControlClient::ListVersions(const std::string& script) {
  v1::ListVersionsRequest request;
  request.set_script(script);
  return Stubs::Call<v1::ListVersionsResponse>(options_, *stubs_->deployments,
                                               &v1::Deployments::Stub::ListVersions, request);
}

absl::StatusOr<v1::ListScriptsResponse> ControlClient::ListScripts() {
  return Stubs::Call<v1::ListScriptsResponse>(options_, *stubs_->deployments,
                                              &v1::Deployments::Stub::ListScripts,
                                              v1::ListScriptsRequest());
}

absl::StatusOr<v1::Convergence> ControlClient::WatchConvergence(
    uint64_t revision, Duration timeout, Interrupt* interrupt,
    const std::function<void(const v1::Convergence&)>& seen) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  const CancelOnInterrupt cancel(context, interrupt);
  v1::WatchConvergenceRequest request;
  request.set_revision(revision);
  const auto reader = stubs_->deployments->WatchConvergence(&context, request);
  v1::Convergence state, last;
  while (reader->Read(&state)) {
    last = state;
    if (seen) seen(last);
    if (last.complete()) {
      context.TryCancel();
      reader->Finish();
      return last;
    }
  }
  const grpc::Status status = reader->Finish();
  if (status.error_code() == grpc::StatusCode::CANCELLED) return Cancelled("interrupted");
  RETURN_IF_ERROR(FromGrpc(status, options_.cluster, "control plane"));
  return last;
}

absl::StatusOr<v1::ExplainResponse> Explain(const std::string& address,
                                            const v1::ExplainRequest& request) {
  const auto stub = v1::Resolve::NewStub(Dial(address));
  grpc::ClientContext context;
  SetTimeout(context, std::chrono::seconds(5));
  v1::ExplainResponse response;
  const grpc::Status status = stub->Explain(&context, request, &response);
  RETURN_IF_ERROR(FromGrpc(status, "this", "DNS router"));
  return response;
}

std::string NewRequestId() {
  std::string bytes(16, '\0');
  FillRandom(bytes.data(), bytes.size());
  return ToHex(bytes);
}

}  // namespace terrella::cli
