// ControlClient: the calls of the control plane a person's commands need, each with a deadline.
//
// Errors keep the server's code and words; only "cannot be reached" is rewritten, into a sentence
// that says what to do. Thread: one at a time; the callbacks run on the caller's thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cli/app/interrupt.h"
#include "cli/client/connection_trouble.h"
#include "rpc/tls_files.h"
#include "terrella/v1/access.pb.h"
#include "terrella/v1/actors.pb.h"
#include "terrella/v1/admin.pb.h"
#include "terrella/v1/caches.pb.h"
#include "terrella/v1/crons.pb.h"
#include "terrella/v1/deployments.pb.h"
#include "terrella/v1/dns_zone.pb.h"
#include "terrella/v1/identities.pb.h"
#include "terrella/v1/kv.pb.h"
#include "terrella/v1/resolve.pb.h"
#include "terrella/v1/rollouts.pb.h"
#include "terrella/v1/secrets.pb.h"
#include "terrella/v1/stats.pb.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::cli {

struct ControlClientOptions {
  std::string cluster;  // for the sentences
  rpc::TlsFiles tls;    // empty: plain text
  std::string token;    // shown with every call; empty: none
  Duration timeout = std::chrono::seconds(10);
};

class ControlClient {
 public:
  // `address` is host:port. Nothing is dialled before the first call.
  ControlClient(const std::string& address, ControlClientOptions options);
  ~ControlClient();

  absl::StatusOr<v1::GetStatusResponse> GetStatus();
  absl::StatusOr<v1::DrainNodeResponse> DrainNode(const v1::DrainNodeRequest& request);
  absl::StatusOr<v1::CreateJoinTokenResponse> CreateJoinToken(
      const v1::CreateJoinTokenRequest& request);
  absl::StatusOr<v1::RevokeNodeResponse> RevokeNode(const v1::RevokeNodeRequest& request);
  absl::StatusOr<v1::CordonNodeResponse> CordonNode(const v1::CordonNodeRequest& request);
  absl::StatusOr<v1::EvictNodeResponse> EvictNode(const v1::EvictNodeRequest& request);

  // Those of the contents by raw SHA-256 that the control plane lacks.
  absl::StatusOr<v1::FindMissingBlobsResponse> FindMissingBlobs(
      const v1::FindMissingBlobsRequest& request);
  // Sends files' contents, each read when its turn comes. `sent` hears of every file.
  absl::Status UploadFiles(const std::vector<std::filesystem::path>& files,
                           const std::function<void(size_t files_sent)>& sent);
  // `blobs` are the modules' contents by raw SHA-256; large ones are sent in pieces.
  absl::StatusOr<v1::UploadResponse> UploadVersion(const v1::Version& version,
                                                   const std::map<std::string, std::string>& blobs);
  absl::StatusOr<v1::DeployResponse> Deploy(const v1::DeployRequest& request);
  absl::StatusOr<v1::DeployResponse> Rollback(const v1::RollbackRequest& request);
  absl::StatusOr<v1::DeployResponse> DeleteScript(const v1::DeleteScriptRequest& request);
  absl::StatusOr<v1::PurgeResponse> Purge(const v1::PurgeRequest& request);
  absl::StatusOr<v1::DeployResponse> PutSecrets(const v1::PutSecretsRequest& request);
  absl::StatusOr<v1::DeployResponse> DeleteSecrets(const v1::DeleteSecretsRequest& request);
  absl::StatusOr<v1::ListSecretsResponse> ListSecrets(const v1::ListSecretsRequest& request);
  absl::StatusOr<v1::ListVersionsResponse> ListVersions(const std::string& script);
  absl::StatusOr<v1::ListScriptsResponse> ListScripts();
  absl::StatusOr<v1::ListDeploymentsResponse> ListDeployments(const std::string& script);

  absl::StatusOr<v1::Rollout> ChangeRollout(const v1::ChangeRolloutRequest& request);
  absl::StatusOr<v1::ListRolloutsResponse> ListRollouts(const std::string& script);
  // Follows a rollout until it is over, or looks once when the request says so; returns the last
  // state. `interrupt` may be null. Errors as WatchConvergence.
  absl::StatusOr<v1::RolloutProgress> WatchRollout(
      const v1::WatchRolloutRequest& request, Duration timeout, Interrupt* interrupt,
      const std::function<void(const v1::RolloutProgress&)>& seen);

  absl::StatusOr<v1::DnsChangeResponse> AddDnsRecord(const v1::AddDnsRecordRequest& request);
  absl::StatusOr<v1::DnsChangeResponse> RemoveDnsRecords(
      const v1::RemoveDnsRecordsRequest& request);
  absl::StatusOr<v1::ListDnsRecordsResponse> ListDnsRecords(
      const v1::ListDnsRecordsRequest& request);
  absl::StatusOr<v1::DnsChangeResponse> SetDnsPolicy(const v1::SetDnsPolicyRequest& request);
  absl::StatusOr<v1::DnsChangeResponse> RemoveDnsPolicy(const v1::RemoveDnsPolicyRequest& request);
  absl::StatusOr<v1::ListDnsPoliciesResponse> ListDnsPolicies();

  absl::StatusOr<v1::KvGetResponse> KvGet(const v1::KvGetRequest& request);
  absl::StatusOr<v1::KvPutResponse> KvPut(const v1::KvPutRequest& request);
  absl::StatusOr<v1::KvDeleteResponse> KvDelete(const v1::KvDeleteRequest& request);
  absl::StatusOr<v1::KvListResponse> KvList(const v1::KvListRequest& request);
  absl::StatusOr<v1::KvListNamespacesResponse> KvNamespaces();

  absl::StatusOr<v1::ListCronsResponse> ListCrons(const v1::ListCronsRequest& request);
  absl::StatusOr<v1::StatsResponse> QueryStats(const v1::StatsRequest& request);
  absl::StatusOr<v1::TailHistoryResponse> TailHistory(const v1::TailHistoryRequest& request);
  // Follows a tail until it breaks, or `interrupt` is raised or `seen` says false (CANCELLED);
  // never OK.
  absl::Status Tail(const v1::TailRequest& request, Interrupt* interrupt,
                    const std::function<bool(const v1::TailItem&)>& seen);
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(const v1::CreateTokenRequest& request);
  absl::StatusOr<v1::ListTokensResponse> ListTokens();
  absl::StatusOr<v1::Token> RevokeToken(const std::string& name);
  absl::StatusOr<v1::ListAuditResponse> ListAudit(const v1::ListAuditRequest& request);
  absl::StatusOr<v1::VerifyAuditResponse> VerifyAudit();

  absl::StatusOr<v1::ListActorsResponse> ListActors(const v1::ListActorsRequest& request);

  // Follows a revision until every connected node has answered; returns the last state. Errors:
  // DEADLINE_EXCEEDED after `timeout`, CANCELLED when `interrupt` is raised; `seen` has what was
  // known.
  absl::StatusOr<v1::Convergence> WatchConvergence(
      uint64_t revision, Duration timeout, Interrupt* interrupt,
      const std::function<void(const v1::Convergence&)>& seen);

 private:
  struct Stubs;
  std::unique_ptr<Stubs> stubs_;
  ControlClientOptions options_;
};

// Asks the DNS router behind `address` why it answers as it does.
absl::StatusOr<v1::ExplainResponse> Explain(const DialedServer& router,
                                            const v1::ExplainRequest& request);
// Asks it who may still go to a node.
absl::StatusOr<v1::GetHoldersResponse> GetHolders(const DialedServer& router,
                                                  const std::string& node);

// What that router is asked and answers.
absl::StatusOr<v1::GetTrafficResponse> GetTraffic(const DialedServer& router,
                                                  const v1::GetTrafficRequest& request,
                                                  Duration timeout);

// A fresh id for a request that may be retried.
std::string NewRequestId();

}  // namespace terrella::cli
