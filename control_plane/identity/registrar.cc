#include "control_plane/identity/registrar.h"

#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "rpc/join_token.h"

namespace terrella::control {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kTokenPrefix = "identity/token/";
constexpr std::string_view kKnownNodePrefix = "node/";  // the coordinator's rows
constexpr int64_t kTtlMs = 10 * 60 * 1000;
constexpr int64_t kTtlMsMin = 1000, kTtlMsMax = int64_t{7} * 24 * 3600 * 1000;
constexpr int64_t kForgetAfterMs = int64_t{24} * 3600 * 1000;  // what is over is told so that long
constexpr size_t kTokensMax = 10'000;
constexpr size_t kForgottenAtOnceMax = 90;
constexpr size_t kSigningRequestBytesMax = 16 << 10;
constexpr int kTries = 3;

// The secret's hash names the row: who reads the store cannot join by it.
std::string KeyOf(const std::string& secret) {
  return std::string(kTokenPrefix) + ToHex(Sha256(secret));
}

absl::Status CheckNode(const std::string& cluster, const std::string& node) {
  const rpc::Identity identity = rpc::Identity::Node(cluster, node);
  const auto again = rpc::ParseIdentity(rpc::ToUri(identity));
  if (again.ok() && *again == identity) return absl::OkStatus();
  return InvalidArgument("a node's id is 1 to 64 letters, digits, '-', '_' or '.'");
}

}  // namespace

struct Registrar::Entry {
  Record record;
  v1::JoinTokenRow row;
};

Registrar::Registrar(const Clock& clock, StateStore& store, Revocations& revocations,
                     RegistrarOptions options)
    : clock_(clock), store_(store), revocations_(revocations), options_(std::move(options)) {}

int64_t Registrar::NowMs() const {
  return std::chrono::duration_cast<milliseconds>(clock_.WallNow().time_since_epoch()).count();
}

absl::StatusOr<v1::CreateJoinTokenResponse> Registrar::CreateJoinToken(
    const v1::CreateJoinTokenRequest& request) {
  if (!options_.authority) {
    return FailedPrecondition(
        "the control plane has no authority to sign nodes' certificates by; it speaks plain text");
  }
  const int64_t ttl_ms = request.ttl_ms() == 0 ? kTtlMs : request.ttl_ms();
  if (ttl_ms < kTtlMsMin || ttl_ms > kTtlMsMax) {
    return InvalidArgument("a join token is good for 1 s to 7 days, got {} ms", request.ttl_ms());
  }
  if (!request.node().empty()) RETURN_IF_ERROR(CheckNode(options_.cluster, request.node()));
  RETURN_IF_ERROR(ForgetOldTokens());
  rpc::JoinToken token{.secret = RandomBytes(32), .authority_key = {}};
  ASSIGN_OR_RETURN(token.authority_key,
                   http::KeyHash(options_.authority->authority().certificates_pem));
  v1::JoinTokenRow row;
  row.set_expires_unix_ms(NowMs() + ttl_ms);
  row.set_node(request.node());
  TxnRequest txn{.ops = {Op::Put(KeyOf(token.secret), row.SerializeAsString())}};
  txn.request_id = request.request_id();
  ASSIGN_OR_RETURN(const TxnResult result, store_.Txn(txn));
  if (result.replayed) {
    return AlreadyExists("that request was answered before; its token is shown once and not kept");
  }
  v1::CreateJoinTokenResponse response;
  response.set_token(token.ToString());
  response.set_expires_unix_ms(row.expires_unix_ms());
  return response;
}

absl::Status Registrar::ForgetOldTokens() {
  ASSIGN_OR_RETURN(const RangeResult range, store_.Range(kTokenPrefix));
  TxnRequest txn;
  const int64_t before_ms = NowMs() - kForgetAfterMs;
  for (const Record& record : range.records) {
    v1::JoinTokenRow row;
    const bool readable = row.ParseFromString(record.value);
    if (readable && row.expires_unix_ms() >= before_ms) continue;
    txn.ops.push_back(Op::Delete(record.key));
    if (txn.ops.size() == kForgottenAtOnceMax) break;
  }
  if (range.records.size() - txn.ops.size() >= kTokensMax) {
    return ResourceExhausted(
        "there are {} join tokens, which is the limit; they go a day after "
        "their end",
        range.records.size());
  }
  return txn.ops.empty() ? absl::OkStatus() : store_.Txn(txn).status();
}

absl::StatusOr<Registrar::Entry> Registrar::FindToken(const std::string& secret_hex) const {
  const auto secret = FromHex(secret_hex);
  if (!secret.ok() || secret->size() != 32) {
    return PermissionDenied("that is no join token of this cluster");
  }
  auto record = store_.Get(KeyOf(*secret));
  if (absl::IsNotFound(record.status())) {
    return PermissionDenied("that is no join token of this cluster");
  }
  RETURN_IF_ERROR(record.status());
  Entry entry{.record = *std::move(record), .row = {}};
  if (!entry.row.ParseFromString(entry.record.value)) return DataLoss("a join token's row");
  if (NowMs() > entry.row.expires_unix_ms()) {
    return PermissionDenied("the join token is over; 'terrella nodes join-token' makes another");
  }
  return entry;
}

absl::Status Registrar::MayBecome(const std::string& node, const v1::JoinTokenRow& token) const {
  RETURN_IF_ERROR(CheckNode(options_.cluster, node));
  if (!token.node().empty()) {
    if (token.node() == node) return absl::OkStatus();
    return PermissionDenied("the join token is for node {}, not for {}", token.node(), node);
  }
  if (revocations_.Holds(node)) {
    return PermissionDenied("node {} was revoked; it takes a token that names it (--node {})", node,
                            node);
  }
  const auto known = store_.Get(std::string(kKnownNodePrefix) + node);
  if (absl::IsNotFound(known.status())) return absl::OkStatus();
  RETURN_IF_ERROR(known.status());
  return PermissionDenied(
      "there is a node {} already; to take its place takes a token that names it (--node {})", node,
      node);
}

absl::StatusOr<v1::IssuedCertificate> Registrar::Join(const v1::JoinRequest& request) {
  absl::StatusOr<v1::IssuedCertificate> issued;
  // Two that use one token at once: one of them finds it used when it looks again.
  for (int i = 0; i < kTries; ++i) {
    issued = JoinOnce(request);
    if (!absl::IsAborted(issued.status())) break;
  }
  if (!issued.ok()) {
    // Who asks is nobody yet: what he calls himself is logged only when it is a name.
    const bool named = CheckNode(options_.cluster, request.node()).ok();
    LogWarn("a node was not let in ({}): {}", named ? request.node() : "without a name",
            Message(issued.status()));
  }
  return issued;
}

absl::StatusOr<v1::IssuedCertificate> Registrar::JoinOnce(const v1::JoinRequest& request) {
  ASSIGN_OR_RETURN(Entry token, FindToken(request.token()));
  const std::string node = request.node().empty() ? token.row.node() : request.node();
  if (node.empty()) return InvalidArgument("the join token names no node, so the node must (--id)");
  if (request.signing_request().size() > kSigningRequestBytesMax) {
    return InvalidArgument("a signing request has at most {} bytes, got {}",
                           kSigningRequestBytesMax, request.signing_request().size());
  }
  ASSIGN_OR_RETURN(const std::string key, http::RequestKeyHash(request.signing_request()));
  if (!token.row.key_sha256().empty()) {
    if (token.row.key_sha256() != key || token.row.used_by() != node) {
      return PermissionDenied("the join token was used already, by node {}", token.row.used_by());
    }
  } else {
    RETURN_IF_ERROR(MayBecome(node, token.row));
  }
  ASSIGN_OR_RETURN(v1::IssuedCertificate issued, Sign(node, request.signing_request()));
  token.row.set_key_sha256(key);
  token.row.set_used_by(node);
  TxnRequest txn{.compares = {{token.record.key, token.record.modified}},
                 .ops = {Op::Put(token.record.key, token.row.SerializeAsString())}};
  ASSIGN_OR_RETURN(const auto facts, http::DescribeCertificate(issued.certificates()));
  RETURN_IF_ERROR(revocations_.AddGoodSerial(node, facts.serial, txn));
  RETURN_IF_ERROR(store_.Txn(txn).status());
  LogInfo("node {} joins with certificate {}", node, facts.serial);
  return issued;
}

absl::StatusOr<v1::IssuedCertificate> Registrar::Renew(const v1::RenewRequest& request) {
  const std::string& node = request.node();
  RETURN_IF_ERROR(CheckNode(options_.cluster, node));
  if (request.signing_request().size() > kSigningRequestBytesMax) {
    return InvalidArgument("a signing request has at most {} bytes", kSigningRequestBytesMax);
  }
  ASSIGN_OR_RETURN(v1::IssuedCertificate issued, Sign(node, request.signing_request()));
  if (!revocations_.Holds(node)) return issued;
  ASSIGN_OR_RETURN(const auto facts, http::DescribeCertificate(issued.certificates()));
  TxnRequest txn;
  RETURN_IF_ERROR(revocations_.AddGoodSerial(node, facts.serial, txn));
  RETURN_IF_ERROR(store_.Txn(txn).status());
  return issued;
}

absl::StatusOr<v1::IssuedCertificate> Registrar::Sign(const std::string& node,
                                                      const std::string& signing_request) const {
  if (!options_.authority) {
    return FailedPrecondition("the control plane has no authority to sign nodes' certificates by");
  }
  const WallTime now = clock_.WallNow();
  v1::IssuedCertificate issued;
  ASSIGN_OR_RETURN(
      *issued.mutable_certificates(),
      http::SignRequest(options_.authority->authority(), signing_request,
                        {.uri = rpc::ToUri(rpc::Identity::Node(options_.cluster, node)),
                         .lifetime = options_.node_lifetime},
                        now));
  issued.set_node(node);
  issued.set_cluster(options_.cluster);
  issued.set_not_after_unix_ms(
      std::chrono::duration_cast<milliseconds>((now + options_.node_lifetime).time_since_epoch())
          .count());
  return issued;
}

absl::Status Registrar::Revoke(const v1::RevokeNodeRequest& request) {
  if (!options_.mutual_tls) {
    return FailedPrecondition("the cluster speaks plain text: there are no certificates to revoke");
  }
  RETURN_IF_ERROR(CheckNode(options_.cluster, request.node()));
  RETURN_IF_ERROR(revocations_.Revoke(request.node(), request.request_id(), clock_.WallNow()));
  LogInfo("the certificates of node {} are revoked", request.node());
  return absl::OkStatus();
}

}  // namespace terrella::control
