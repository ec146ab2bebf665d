#include "cli/client/control_client.h"

#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "cli/client/connection_trouble.h"
#include "cli/client/dial.h"
#include "rpc/identity.h"
#include "terrella/v1/access.grpc.pb.h"
#include "terrella/v1/actors.grpc.pb.h"
#include "terrella/v1/admin.grpc.pb.h"
#include "terrella/v1/caches.grpc.pb.h"
#include "terrella/v1/crons.grpc.pb.h"
#include "terrella/v1/deployments.grpc.pb.h"
#include "terrella/v1/dns_zone.grpc.pb.h"
#include "terrella/v1/identities.grpc.pb.h"
#include "terrella/v1/kv.grpc.pb.h"
#include "terrella/v1/resolve.grpc.pb.h"
#include "terrella/v1/rollouts.grpc.pb.h"
#include "terrella/v1/secrets.grpc.pb.h"
#include "terrella/v1/stats.grpc.pb.h"
#include "terrella/v1/tail.grpc.pb.h"

namespace terrella::cli {
namespace {

constexpr size_t kBlobPieceBytesMax = 3 << 20;  // deployments.proto, UploadRequest.blob

absl::Status FromGrpc(const grpc::Status& status, const DialedServer& server) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kUnavailable) return ExplainUnavailable(server);
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return DeadlineExceeded("the {} of cluster '{}' did not answer in time", server.who,
                            server.cluster);
  }
  return absl::Status(code, ToAbsl(status.error_message()));
}

// Before another try on a channel whose last one failed: a connection gets on only while somebody
// waits on its channel. Who sleeps between tries that fail at once leaves its handshake lying until
// it is given up, for ever.
void CarryOnConnecting(grpc::Channel& channel, Duration patience, Interrupt* interrupt) {
  constexpr Duration kSlice = std::chrono::milliseconds(50);
  if (channel.GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_TRANSIENT_FAILURE) return;
  const SystemClock clock;
  const MonotonicTime end = clock.Now() + patience;
  while (clock.Now() < end && (interrupt == nullptr || !interrupt->Raised())) {
    if (channel.WaitForConnected(std::chrono::system_clock::now() + kSlice)) return;
  }
}
constexpr Duration kCallPatience = std::chrono::milliseconds(500);
constexpr Duration kStreamPatience = std::chrono::seconds(2);

// A call to the control plane, as far as all have it in common.
void Prepare(grpc::ClientContext& context, const ControlClientOptions& options, Duration timeout) {
  SetTimeout(context, timeout);
  ShowToken(context, options.token);
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
  Stubs(std::shared_ptr<grpc::Channel> dialed_channel, DialedServer dialed)
      : server(std::move(dialed)),
        channel(std::move(dialed_channel)),
        admin(v1::Admin::NewStub(channel)),
        caches(v1::Caches::NewStub(channel)),
        deployments(v1::Deployments::NewStub(channel)),
        rollouts(v1::Rollouts::NewStub(channel)),
        dns_zone(v1::DnsZone::NewStub(channel)),
        kv(v1::Kv::NewStub(channel)),
        secrets(v1::Secrets::NewStub(channel)),
        actors(v1::Actors::NewStub(channel)),
        identities(v1::Identities::NewStub(channel)),
        crons(v1::Crons::NewStub(channel)),
        stats(v1::Stats::NewStub(channel)),
        tail(v1::Tail::NewStub(channel)),
        tokens(v1::Tokens::NewStub(channel)),
        audit(v1::Audit::NewStub(channel)) {}
  const DialedServer server;
  const std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Admin::Stub> admin;
  std::unique_ptr<v1::Caches::Stub> caches;
  std::unique_ptr<v1::Deployments::Stub> deployments;
  std::unique_ptr<v1::Rollouts::Stub> rollouts;
  std::unique_ptr<v1::DnsZone::Stub> dns_zone;
  std::unique_ptr<v1::Kv::Stub> kv;
  std::unique_ptr<v1::Secrets::Stub> secrets;
  std::unique_ptr<v1::Actors::Stub> actors;
  std::unique_ptr<v1::Identities::Stub> identities;
  std::unique_ptr<v1::Crons::Stub> crons;
  std::unique_ptr<v1::Stats::Stub> stats;
  std::unique_ptr<v1::Tail::Stub> tail;
  std::unique_ptr<v1::Tokens::Stub> tokens;
  std::unique_ptr<v1::Audit::Stub> audit;

  // One unary call with its deadline.
  template <class Response, class Stub, class Method, class Request>
  absl::StatusOr<Response> Call(const ControlClientOptions& options, Stub& stub, Method method,
                                const Request& request) {
    CarryOnConnecting(*channel, kCallPatience, nullptr);
    grpc::ClientContext context;
    Prepare(context, options, options.timeout);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    RETURN_IF_ERROR(FromGrpc(status, server));
    return response;
  }
};

ControlClient::ControlClient(const std::string& address, ControlClientOptions options)
    : stubs_(std::make_unique<Stubs>(
          DialControl(address, options.tls),
          DialedServer{address, options.cluster, "control plane", options.tls})),
      options_(std::move(options)) {}

ControlClient::~ControlClient() = default;

absl::StatusOr<v1::GetStatusResponse> ControlClient::GetStatus() {
  return stubs_->Call<v1::GetStatusResponse>(options_, *stubs_->admin, &v1::Admin::Stub::GetStatus,
                                             v1::GetStatusRequest());
}

absl::StatusOr<v1::CreateJoinTokenResponse> ControlClient::CreateJoinToken(
    const v1::CreateJoinTokenRequest& request) {
  return stubs_->Call<v1::CreateJoinTokenResponse>(options_, *stubs_->identities,
                                                   &v1::Identities::Stub::CreateJoinToken, request);
}

absl::StatusOr<v1::RevokeNodeResponse> ControlClient::RevokeNode(
    const v1::RevokeNodeRequest& request) {
  return stubs_->Call<v1::RevokeNodeResponse>(options_, *stubs_->identities,
                                              &v1::Identities::Stub::RevokeNode, request);
}

absl::StatusOr<v1::DrainNodeResponse> ControlClient::DrainNode(
    const v1::DrainNodeRequest& request) {
  return stubs_->Call<v1::DrainNodeResponse>(options_, *stubs_->admin, &v1::Admin::Stub::DrainNode,
                                             request);
}

absl::StatusOr<v1::CordonNodeResponse> ControlClient::CordonNode(
    const v1::CordonNodeRequest& request) {
  return stubs_->Call<v1::CordonNodeResponse>(options_, *stubs_->admin,
                                              &v1::Admin::Stub::CordonNode, request);
}

absl::StatusOr<v1::EvictNodeResponse> ControlClient::EvictNode(
    const v1::EvictNodeRequest& request) {
  return stubs_->Call<v1::EvictNodeResponse>(options_, *stubs_->admin, &v1::Admin::Stub::EvictNode,
                                             request);
}

absl::StatusOr<v1::KvGetResponse> ControlClient::KvGet(const v1::KvGetRequest& request) {
  return stubs_->Call<v1::KvGetResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Get, request);
}

absl::StatusOr<v1::KvPutResponse> ControlClient::KvPut(const v1::KvPutRequest& request) {
  return stubs_->Call<v1::KvPutResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Put, request);
}

absl::StatusOr<v1::KvDeleteResponse> ControlClient::KvDelete(const v1::KvDeleteRequest& request) {
  return stubs_->Call<v1::KvDeleteResponse>(options_, *stubs_->kv, &v1::Kv::Stub::Delete, request);
}

absl::StatusOr<v1::KvListResponse> ControlClient::KvList(const v1::KvListRequest& request) {
  return stubs_->Call<v1::KvListResponse>(options_, *stubs_->kv, &v1::Kv::Stub::List, request);
}

absl::StatusOr<v1::ListCronsResponse> ControlClient::ListCrons(
    const v1::ListCronsRequest& request) {
  return stubs_->Call<v1::ListCronsResponse>(options_, *stubs_->crons, &v1::Crons::Stub::ListCrons,
                                             request);
}

absl::StatusOr<v1::StatsResponse> ControlClient::QueryStats(const v1::StatsRequest& request) {
  return stubs_->Call<v1::StatsResponse>(options_, *stubs_->stats, &v1::Stats::Stub::Query,
                                         request);
}

absl::StatusOr<v1::TailHistoryResponse> ControlClient::TailHistory(
    const v1::TailHistoryRequest& request) {
  return stubs_->Call<v1::TailHistoryResponse>(options_, *stubs_->tail, &v1::Tail::Stub::History,
                                               request);
}

absl::Status ControlClient::Tail(const v1::TailRequest& request, Interrupt* interrupt,
                                 const std::function<bool(const v1::TailItem&)>& seen) {
  CarryOnConnecting(*stubs_->channel, kStreamPatience, interrupt);
  grpc::ClientContext context;
  ShowToken(context, options_.token);
  const CancelOnInterrupt cancel(context, interrupt);
  const auto reader = stubs_->tail->Open(&context, request);
  v1::TailItem item;
  bool enough = false;
  while (!enough && reader->Read(&item)) enough = !seen(item);
  if (enough) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (enough) return Cancelled("enough");
  if (interrupt != nullptr && interrupt->Raised()) return Cancelled("interrupted");
  if (status.ok()) return Unavailable("the control plane ended the tail");
  return FromGrpc(status, stubs_->server);
}

absl::StatusOr<v1::CreateTokenResponse> ControlClient::CreateToken(
    const v1::CreateTokenRequest& request) {
  return stubs_->Call<v1::CreateTokenResponse>(options_, *stubs_->tokens,
                                               &v1::Tokens::Stub::CreateToken, request);
}

absl::StatusOr<v1::ListTokensResponse> ControlClient::ListTokens() {
  return stubs_->Call<v1::ListTokensResponse>(
      options_, *stubs_->tokens, &v1::Tokens::Stub::ListTokens, v1::ListTokensRequest());
}

absl::StatusOr<v1::Token> ControlClient::RevokeToken(const std::string& name) {
  v1::RevokeTokenRequest request;
  request.set_name(name);
  return stubs_->Call<v1::Token>(options_, *stubs_->tokens, &v1::Tokens::Stub::RevokeToken,
                                 request);
}

absl::StatusOr<v1::ListAuditResponse> ControlClient::ListAudit(
    const v1::ListAuditRequest& request) {
  return stubs_->Call<v1::ListAuditResponse>(options_, *stubs_->audit, &v1::Audit::Stub::ListAudit,
                                             request);
}

absl::StatusOr<v1::VerifyAuditResponse> ControlClient::VerifyAudit() {
  return stubs_->Call<v1::VerifyAuditResponse>(
      options_, *stubs_->audit, &v1::Audit::Stub::VerifyAudit, v1::VerifyAuditRequest());
}

absl::StatusOr<v1::ListActorsResponse> ControlClient::ListActors(
    const v1::ListActorsRequest& request) {
  return stubs_->Call<v1::ListActorsResponse>(options_, *stubs_->actors,
                                              &v1::Actors::Stub::ListActors, request);
}

absl::StatusOr<v1::KvListNamespacesResponse> ControlClient::KvNamespaces() {
  return stubs_->Call<v1::KvListNamespacesResponse>(
      options_, *stubs_->kv, &v1::Kv::Stub::ListNamespaces, v1::KvListNamespacesRequest());
}

absl::StatusOr<v1::FindMissingBlobsResponse> ControlClient::FindMissingBlobs(
    const v1::FindMissingBlobsRequest& request) {
  return stubs_->Call<v1::FindMissingBlobsResponse>(
      options_, *stubs_->deployments, &v1::Deployments::Stub::FindMissingBlobs, request);
}

absl::Status ControlClient::UploadFiles(const std::vector<std::filesystem::path>& files,
                                        const std::function<void(size_t)>& sent) {
  // A stream of its own for each few files: its deadline is about bytes that a disk can take.
  constexpr size_t kStreamBytes = 64 << 20, kStreamFiles = 1000;
  size_t next = 0;
  while (next < files.size()) {
    grpc::ClientContext context;
    Prepare(context, options_, options_.timeout * 6);
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
    RETURN_IF_ERROR(FromGrpc(writer->Finish(), stubs_->server));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadResponse> ControlClient::UploadVersion(
    const v1::Version& version, const std::map<std::string, std::string>& blobs) {
  grpc::ClientContext context;
  Prepare(context, options_, options_.timeout * 3);
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
  RETURN_IF_ERROR(FromGrpc(writer->Finish(), stubs_->server));
  return response;
}

absl::StatusOr<v1::DeployResponse> ControlClient::Deploy(const v1::DeployRequest& request) {
  return stubs_->Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                          &v1::Deployments::Stub::Deploy, request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::Rollback(const v1::RollbackRequest& request) {
  return stubs_->Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                          &v1::Deployments::Stub::Rollback, request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::DeleteScript(
    const v1::DeleteScriptRequest& request) {
  return stubs_->Call<v1::DeployResponse>(options_, *stubs_->deployments,
                                          &v1::Deployments::Stub::DeleteScript, request);
}

absl::StatusOr<v1::PurgeResponse> ControlClient::Purge(const v1::PurgeRequest& request) {
  return stubs_->Call<v1::PurgeResponse>(options_, *stubs_->caches, &v1::Caches::Stub::Purge,
                                         request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::PutSecrets(const v1::PutSecretsRequest& request) {
  return stubs_->Call<v1::DeployResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::Put,
                                          request);
}

absl::StatusOr<v1::DeployResponse> ControlClient::DeleteSecrets(
    const v1::DeleteSecretsRequest& request) {
  return stubs_->Call<v1::DeployResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::Delete,
                                          request);
}

absl::StatusOr<v1::ListSecretsResponse> ControlClient::ListSecrets(
    const v1::ListSecretsRequest& request) {
  return stubs_->Call<v1::ListSecretsResponse>(options_, *stubs_->secrets, &v1::Secrets::Stub::List,
                                               request);
}

absl::StatusOr<v1::DnsChangeResponse> ControlClient::AddDnsRecord(
    const v1::AddDnsRecordRequest& request) {
  return stubs_->Call<v1::DnsChangeResponse>(options_, *stubs_->dns_zone,
                                             &v1::DnsZone::Stub::AddRecord, request);
}

absl::StatusOr<v1::DnsChangeResponse> ControlClient::RemoveDnsRecords(
    const v1::RemoveDnsRecordsRequest& request) {
  return stubs_->Call<v1::DnsChangeResponse>(options_, *stubs_->dns_zone,
                                             &v1::DnsZone::Stub::RemoveRecords, request);
}

absl::StatusOr<v1::ListDnsRecordsResponse> ControlClient::ListDnsRecords(
    const v1::ListDnsRecordsRequest& request) {
  return stubs_->Call<v1::ListDnsRecordsResponse>(options_, *stubs_->dns_zone,
                                                  &v1::DnsZone::Stub::ListRecords, request);
}

absl::StatusOr<v1::DnsChangeResponse> ControlClient::SetDnsPolicy(
    const v1::SetDnsPolicyRequest& request) {
  return stubs_->Call<v1::DnsChangeResponse>(options_, *stubs_->dns_zone,
                                             &v1::DnsZone::Stub::SetPolicy, request);
}

absl::StatusOr<v1::DnsChangeResponse> ControlClient::RemoveDnsPolicy(
    const v1::RemoveDnsPolicyRequest& request) {
  return stubs_->Call<v1::DnsChangeResponse>(options_, *stubs_->dns_zone,
                                             &v1::DnsZone::Stub::RemovePolicy, request);
}

absl::StatusOr<v1::ListDnsPoliciesResponse> ControlClient::ListDnsPolicies() {
  return stubs_->Call<v1::ListDnsPoliciesResponse>(
      options_, *stubs_->dns_zone, &v1::DnsZone::Stub::ListPolicies, v1::ListDnsPoliciesRequest());
}

absl::StatusOr<v1::ListVersionsResponse> ControlClient::ListVersions(const std::string& script) {
  v1::ListVersionsRequest request;
  request.set_script(script);
  return stubs_->Call<v1::ListVersionsResponse>(options_, *stubs_->deployments,
                                                &v1::Deployments::Stub::ListVersions, request);
}

absl::StatusOr<v1::ListScriptsResponse> ControlClient::ListScripts() {
  return stubs_->Call<v1::ListScriptsResponse>(options_, *stubs_->deployments,
                                               &v1::Deployments::Stub::ListScripts,
                                               v1::ListScriptsRequest());
}

absl::StatusOr<v1::ListDeploymentsResponse> ControlClient::ListDeployments(
    const std::string& script) {
  v1::ListDeploymentsRequest request;
  request.set_script(script);
  return stubs_->Call<v1::ListDeploymentsResponse>(
      options_, *stubs_->deployments, &v1::Deployments::Stub::ListDeployments, request);
}

absl::StatusOr<v1::Rollout> ControlClient::ChangeRollout(const v1::ChangeRolloutRequest& request) {
  return stubs_->Call<v1::Rollout>(options_, *stubs_->rollouts, &v1::Rollouts::Stub::ChangeRollout,
                                   request);
}

absl::StatusOr<v1::ListRolloutsResponse> ControlClient::ListRollouts(const std::string& script) {
  v1::ListRolloutsRequest request;
  request.set_script(script);
  return stubs_->Call<v1::ListRolloutsResponse>(options_, *stubs_->rollouts,
                                                &v1::Rollouts::Stub::ListRollouts, request);
}

absl::StatusOr<v1::RolloutProgress> ControlClient::WatchRollout(
    const v1::WatchRolloutRequest& request, Duration timeout, Interrupt* interrupt,
    const std::function<void(const v1::RolloutProgress&)>& seen) {
  CarryOnConnecting(*stubs_->channel, kStreamPatience, interrupt);
  grpc::ClientContext context;
  Prepare(context, options_, timeout);
  const CancelOnInterrupt cancel(context, interrupt);
  const auto reader = stubs_->rollouts->WatchRollout(&context, request);
  v1::RolloutProgress state, last;
  while (reader->Read(&state)) {
    last = state;
    if (seen) seen(last);
  }
  const grpc::Status status = reader->Finish();
  if (status.error_code() == grpc::StatusCode::CANCELLED) return Cancelled("interrupted");
  RETURN_IF_ERROR(FromGrpc(status, stubs_->server));
  return last;
}

absl::StatusOr<v1::Convergence> ControlClient::WatchConvergence(
    uint64_t revision, Duration timeout, Interrupt* interrupt,
    const std::function<void(const v1::Convergence&)>& seen) {
  grpc::ClientContext context;
  Prepare(context, options_, timeout);
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
  RETURN_IF_ERROR(FromGrpc(status, stubs_->server));
  return last;
}

namespace {

absl::Status FromRouter(const grpc::Status& status, const DialedServer& router) {
  if (router.cluster.empty() && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return Unavailable(
        "the DNS router at {} does not answer ({}): if it has certificates, it wants one of its "
        "cluster",
        router.address, status.error_message());
  }
  if (router.cluster.empty() && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return DeadlineExceeded("the DNS router at {} did not answer in time", router.address);
  }
  return FromGrpc(status, router);
}

// Without a certificate that can be read it is dialled all the same: the call says why it fails.
std::unique_ptr<v1::Resolve::Stub> StubOf(const DialedServer& router) {
  const auto upstream = rpc::MakeUpstream(router.address, router.tls, rpc::kDnsRouter);
  return v1::Resolve::NewStub(
      DialServer(upstream.ok() ? *upstream : rpc::Upstream{router.address, nullptr}));
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> Explain(const DialedServer& router,
                                            const v1::ExplainRequest& request) {
  grpc::ClientContext context;
  SetTimeout(context, std::chrono::seconds(5));
  v1::ExplainResponse response;
  RETURN_IF_ERROR(FromRouter(StubOf(router)->Explain(&context, request, &response), router));
  return response;
}

absl::StatusOr<v1::GetTrafficResponse> GetTraffic(const DialedServer& router,
                                                  const v1::GetTrafficRequest& request,
                                                  Duration timeout) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  v1::GetTrafficResponse response;
  RETURN_IF_ERROR(FromRouter(StubOf(router)->GetTraffic(&context, request, &response), router));
  return response;
}

absl::StatusOr<v1::GetHoldersResponse> GetHolders(const DialedServer& router,
                                                  const std::string& node) {
  grpc::ClientContext context;
  SetTimeout(context, std::chrono::seconds(5));
  v1::GetHoldersRequest request;
  request.set_node(node);
  v1::GetHoldersResponse response;
  RETURN_IF_ERROR(FromRouter(StubOf(router)->GetHolders(&context, request, &response), router));
  return response;
}

std::string NewRequestId() {
  return ToHex(RandomBytes(16));
}

}  // namespace terrella::cli
