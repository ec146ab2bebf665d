#include "control_plane/store/etcd_client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "base/random.h"
#include "base/status.h"
#include "etcd/etcd.grpc.pb.h"

namespace terrella::control {
namespace {

// etcd counts more pings than one in 5 s as an attack.
constexpr int kKeepaliveMs = 6000;
constexpr int kKeepaliveTimeoutMs = 2000;
constexpr int kReconnectMsMin = 50;
constexpr int kConnectMsMax = 2000;
constexpr Duration kConnectPatience = std::chrono::milliseconds(300);
constexpr int kReconnectMsMax = 500;
constexpr unsigned kLookAtFilesS = 10;

// Files that are replaced count for connections made from then on.
std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::optional<EtcdTls>& given) {
  namespace tls = grpc::experimental;
  if (!given) return grpc::InsecureChannelCredentials();
  tls::TlsChannelCredentialsOptions options;
  const bool shown = !given->certificates.empty(), believed = !given->authority.empty();
  if (shown) {
    options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
        given->key.string(), given->certificates.string(), given->authority.string(),
        kLookAtFilesS));
    options.watch_identity_key_cert_pairs();
  } else if (believed) {
    options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
        given->authority.string(), kLookAtFilesS));
  }
  if (believed) options.watch_root_certs();
  return tls::TlsCredentials(options);
}

// gRPC's words for what only the operator can put right, with his own before them.
std::string Explain(const std::string& trouble, const std::optional<EtcdTls>& tls) {
  const auto says = [&](std::string_view words) {
    return trouble.find(words) != std::string::npos;
  };
  // Who wants TLS, none, or another certificate says nothing and closes the connection.
  const bool closed = says("Socket closed") || says("Endpoint read failed") ||
                      says("Connection reset") || says("alert");
  std::string_view hint;
  if (says("certificate verify failed")) {
    hint =
        tls && tls->authority.empty()
            ? "its certificate is not under an authority that the system believes (ca=FILE names "
              "another), or out of date"
            : "its certificate is not under the authority of ca=FILE, or out of date";
  } else if (says("create security handshaker")) {
    hint = "a file of ca=, cert= or key= is no PEM, or the key is of another certificate";
  } else if (says("Hostname Verification")) {
    hint = "its certificate does not name the host it was asked by";
  } else if (closed) {
    hint = tls ? "does it want another certificate than that of cert=FILE, or no TLS (etcd://)?"
               : "does it want TLS (etcds://)?";
  }
  return hint.empty() ? trouble : fmt::format("{} ({})", hint, trouble);
}

std::shared_ptr<grpc::Channel> Dial(const std::string& endpoint,
                                    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // A watch that catches up gets up to a thousand revisions in one message.
  arguments.SetMaxReceiveMessageSize(std::numeric_limits<int>::max());
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMsMin);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMsMax);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(endpoint, credentials, arguments);
}

// Whether the member is connected, waited for as long as it is being tried. gRPC moves a connection
// on only while somebody waits for it: calls that fail at once would never let it come about.
bool IsConnected(grpc::Channel& channel, Duration patience) {
  const auto end = std::chrono::system_clock::now() +
                   std::chrono::duration_cast<std::chrono::microseconds>(patience);
  grpc_connectivity_state before = channel.GetState(/*try_to_connect=*/true);
  while (before != GRPC_CHANNEL_READY) {
    if (!channel.WaitForStateChange(before, end)) return false;
    const grpc_connectivity_state now = channel.GetState(true);
    if (before == GRPC_CHANNEL_CONNECTING && now == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
    before = now;
  }
  return true;
}

// What another member, or the same one a moment later, may answer.
bool IsPassing(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::CANCELLED:
      return true;
    default:
      return false;
  }
}

absl::Status Translate(const grpc::Status& status) {
  const std::string& text = status.error_message();
  if (text.find("database space exceeded") != std::string::npos) {
    return ResourceExhausted(
        "etcd is full (its NOSPACE alarm is raised) and takes no changes: compact and defragment "
        "it, then 'etcdctl alarm disarm'");
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      ToAbsl(fmt::format("etcd: {}", text)));
}

}  // namespace

struct EtcdClient::Member {
  Member(const std::string& endpoint, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : channel(Dial(endpoint, credentials)), kv(channel), watch(channel), lease(channel) {}
  std::shared_ptr<grpc::Channel> channel;
  etcd::KV::Stub kv;
  etcd::Watch::Stub watch;
  etcd::Lease::Stub lease;
};

EtcdClient::EtcdClient(EtcdAddress address, const EtcdTimeouts& timeouts)
    : address_(std::move(address)), timeouts_(timeouts) {
  const std::shared_ptr<grpc::ChannelCredentials> credentials = Credentials(address_.tls);
  for (const std::string& endpoint : address_.endpoints) {
    members_.push_back(std::make_unique<Member>(endpoint, credentials));
  }
}

EtcdClient::~EtcdClient() = default;

std::string EtcdClient::Members() const {
  return fmt::format("{}", fmt::join(address_.endpoints, ", "));
}

void EtcdClient::Leave(size_t member) {
  current_.compare_exchange_strong(member, (member + 1) % members_.size());
}

// `call` is given a member and a context.
template <class Call>
absl::Status EtcdClient::Attempt(Duration patience, Call call) {
  const auto end = std::chrono::steady_clock::now() + patience;
  Duration pause = std::chrono::milliseconds(10);
  std::string trouble;  // the last that says more than that time ran out
  for (size_t attempt = 1;; ++attempt) {
    const auto left = end - std::chrono::steady_clock::now();
    const size_t member = current_;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::microseconds>(
                             std::min<Duration>(timeouts_.attempt, left)));
    context.AddMetadata("hasleader", "true");
    grpc::Channel& channel = *members_[member]->channel;
    // A channel that has failed says why to the next call, at once.
    const bool asks = IsConnected(channel, kConnectPatience) ||
                      channel.GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE;
    const grpc::Status status = asks ? call(*members_[member], context)
                                     : grpc::Status(grpc::StatusCode::UNAVAILABLE, "no connection");
    if (status.ok()) return absl::OkStatus();
    if (!IsPassing(status)) return Translate(status);
    if (trouble.empty() || (asks && status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED)) {
      trouble = status.error_message();
    }
    Leave(member);
    if (std::chrono::steady_clock::now() + pause >= end) {
      return Unavailable("etcd at {} did not answer within {:.1f} s: {}", Members(),
                         ToMs(patience) / 1000, Explain(trouble, address_.tls));
    }
    if (attempt % members_.size() != 0) continue;
    std::this_thread::sleep_for(pause +
                                Duration(RandomU64() % static_cast<uint64_t>(pause.count())));
    pause = std::min<Duration>(pause * 2, std::chrono::milliseconds(200));
  }
}

absl::StatusOr<etcd::RangeResponse> EtcdClient::Range(const etcd::RangeRequest& request) {
  etcd::RangeResponse response;
  RETURN_IF_ERROR(Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.kv.Range(&context, request, &response);
  }));
  return response;
}

absl::StatusOr<etcd::TxnResponse> EtcdClient::Txn(const etcd::TxnRequest& request) {
  etcd::TxnResponse response;
  RETURN_IF_ERROR(Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.kv.Txn(&context, request, &response);
  }));
  return response;
}

absl::Status EtcdClient::DeleteRange(const etcd::DeleteRangeRequest& request) {
  etcd::DeleteRangeResponse response;
  return Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.kv.DeleteRange(&context, request, &response);
  });
}

absl::Status EtcdClient::Compact(const etcd::CompactionRequest& request) {
  etcd::CompactionResponse response;
  return Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.kv.Compact(&context, request, &response);
  });
}

absl::StatusOr<etcd::LeaseGrantResponse> EtcdClient::GrantLease(
    const etcd::LeaseGrantRequest& request) {
  etcd::LeaseGrantResponse response;
  RETURN_IF_ERROR(Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.lease.LeaseGrant(&context, request, &response);
  }));
  if (!response.error().empty()) return Unavailable("etcd: {}", response.error());
  return response;
}

absl::Status EtcdClient::RevokeLease(const etcd::LeaseRevokeRequest& request) {
  etcd::LeaseRevokeResponse response;
  return Attempt(timeouts_.patience, [&](Member& member, grpc::ClientContext& context) {
    return member.lease.LeaseRevoke(&context, request, &response);
  });
}

absl::StatusOr<int64_t> EtcdClient::KeepAlive(int64_t lease, Duration patience) {
  etcd::LeaseKeepAliveResponse response;
  RETURN_IF_ERROR(Attempt(patience, [&](Member& member, grpc::ClientContext& context) {
    etcd::LeaseKeepAliveRequest request;
    request.set_id(lease);
    auto stream = member.lease.LeaseKeepAlive(&context);
    const bool answered = stream->Write(request) && stream->WritesDone() && stream->Read(&response);
    const grpc::Status status = stream->Finish();
    return answered ? grpc::Status::OK : status;
  }));
  return response.ttl();
}

struct EtcdClient::WatchStream::Call {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<etcd::WatchRequest, etcd::WatchResponse>> stream;
};

EtcdClient::WatchStream::WatchStream(EtcdClient& client, size_t member)
    : client_(client), member_(member), call_(std::make_unique<Call>()) {}

EtcdClient::WatchStream::~WatchStream() {
  if (call_->stream != nullptr) (void)Finish();
}

std::unique_ptr<EtcdClient::WatchStream> EtcdClient::Watch(
    const etcd::WatchCreateRequest& request) {
  std::unique_ptr<WatchStream> watch(new WatchStream(*this, current_));
  WatchStream::Call& call = *watch->call_;
  call.context.AddMetadata("hasleader", "true");
  (void)IsConnected(*members_[watch->member_]->channel, kConnectPatience);
  call.stream = members_[watch->member_]->watch.Watch(&call.context);
  etcd::WatchRequest create;
  *create.mutable_create_request() = request;
  call.stream->Write(create);  // what goes wrong is said by Read
  return watch;
}

bool EtcdClient::WatchStream::Read(etcd::WatchResponse& response) {
  if (!broken_ && call_->stream->Read(&response)) return true;
  broken_ = true;
  return false;
}

absl::Status EtcdClient::WatchStream::Finish() {
  call_->context.TryCancel();
  etcd::WatchResponse rest;
  while (call_->stream->Read(&rest)) continue;
  const grpc::Status status = call_->stream->Finish();
  call_->stream.reset();
  if (!broken_) return absl::OkStatus();
  client_.Leave(member_);
  return status.ok() ? Unavailable("etcd ended the watch") : Translate(status);
}

void EtcdClient::WatchStream::Break() {
  call_->context.TryCancel();
}

}  // namespace terrella::control
