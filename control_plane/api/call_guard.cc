#include "control_plane/api/call_guard.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/server_interceptor.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "control_plane/access/token_book.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/gateway/gateway_pass.h"
#include "control_plane/identity/revocations.h"
#include "rpc/peer.h"

namespace terrella::control {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

// Of clocks that are set while a stream runs: how late its end may be.
constexpr Duration kTendMax = std::chrono::minutes(1);

// Protected in grpc::Service: a service's own business, and its wrapper's.
struct Opened : grpc::Service {
  static MethodHandler* HandlerOf(grpc::Service& service, int index) {
    return (service.*&Opened::GetHandler)(index);
  }
};

RpcMethod::RpcType TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::CLIENT_STREAMING;
  }
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

std::string_view ValueOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                         std::string_view name) {
  const auto it = metadata.find(grpc::string_ref(name.data(), name.size()));
  return it == metadata.end() ? std::string_view()
                              : std::string_view(it->second.data(), it->second.size());
}

// Shown the gateway's own token, and hence able to read the state's folder.
Caller OperatorAtGateway() {
  Caller caller = LocalOperator();
  caller.kind = Caller::Kind::kOperator;
  return caller;
}

bool IsThisMachine(std::string_view peer) {
  return peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:[::1]") ||
         peer.starts_with("ipv6:%5B::1%5D") || peer.starts_with("unix:");
}

bool IsEncrypted(const grpc::AuthContext* auth) {
  if (auth == nullptr) return false;
  const auto types = auth->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return std::any_of(types.begin(), types.end(), [](const grpc::string_ref& type) {
    return type == GRPC_SSL_TRANSPORT_SECURITY_TYPE || type == GRPC_TLS_TRANSPORT_SECURITY_TYPE;
  });
}

// One whose messages are bytes to it: nothing in them can be looked at.
bool IsRaw(MethodHandler& handler) {
  using Bytes = grpc::ByteBuffer;
  using grpc::internal::CallbackServerStreamingHandler;
  using grpc::internal::CallbackUnaryHandler;
  return dynamic_cast<CallbackUnaryHandler<Bytes, Bytes>*>(&handler) != nullptr ||
         dynamic_cast<CallbackServerStreamingHandler<Bytes, Bytes>*>(&handler) != nullptr;
}

// Whether the log has a row before the call is served.
bool IsTracedBefore(const Call& call) {
  using enum MethodRule::Trace;
  return call.rule().trace == kBefore ||
         (call.rule().trace == kPersonBefore && call.caller().IsPerson());
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      ToAbsl(status.error_message()));
}

}  // namespace

// Sees one call begin and end.
class CallGuard::Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(CallGuard& guard, const grpc::ServerContextBase* context)
      : guard_(guard), context_(context) {
    const std::lock_guard lock(guard_.mutex_);
    guard_.running_[context_] = this;
  }
  ~Interceptor() override {
    {
      const std::lock_guard lock(guard_.mutex_);
      // The context's place may be another call's by now.
      const auto it = guard_.running_.find(context_);
      if (it != guard_.running_.end() && it->second == this) guard_.running_.erase(it);
    }
    if (stream_ != 0) guard_.streams_.Remove(stream_);
    if (call_ != nullptr) guard_.End(call_, absl::StatusCode::kCancelled);
  }
  void set_call(std::shared_ptr<Call> call) { call_ = std::move(call); }
  void set_stream(uint64_t id) { stream_ = id; }

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS) &&
        call_ != nullptr) {
      if (const absl::Status refusal = call_->refusal(); !refusal.ok()) {
        batch->ModifySendStatus(ToGrpc(refusal));
      }
      guard_.End(std::exchange(call_, nullptr), FromGrpc(batch->GetSendStatus()).code());
    }
    batch->Proceed();
  }

 private:
  CallGuard& guard_;
  const grpc::ServerContextBase* const context_;
  std::shared_ptr<Call> call_;
  uint64_t stream_ = 0;  // in the guard's open streams
};

namespace {

// One method's handler behind the guard.
class GuardedHandler final : public MethodHandler {
 public:
  struct Shape {
    bool one_request = false;  // that is there when the handler runs
    bool stream = false;       // it may last
  };
  GuardedHandler(CallGuard& guard, const MethodRule& rule, MethodHandler& inner, Shape shape)
      : guard_(guard), rule_(rule), inner_(inner), shape_(shape) {}

  void RunHandler(const HandlerParameter& call) override {
    const auto* request =
        shape_.one_request ? static_cast<const google::protobuf::Message*>(call.request) : nullptr;
    const std::shared_ptr<Call> begun = guard_.Begin(rule_, *call.server_context, request,
                                                     shape_.stream ? call.call->call() : nullptr);
    // With a status that is not OK the handler answers without asking the service; its words are
    // replaced when the status is sent.
    const grpc::Status refusal = ToGrpc(begun->refusal());
    const CallScope scope(begun);
    inner_.RunHandler(HandlerParameter(call.call, call.server_context, call.request,
                                       refusal.ok() ? call.status : refusal, call.internal_data,
                                       call.call_requester));
  }
  void* Deserialize(grpc_call* call, grpc_byte_buffer* bytes, grpc::Status* status,
                    void** handler_data) override {
    return inner_.Deserialize(call, bytes, status, handler_data);
  }

 private:
  CallGuard& guard_;
  const MethodRule& rule_;
  MethodHandler& inner_;
  const Shape shape_;
};

class GuardedService final : public grpc::Service {
 public:
  struct Method {
    std::string path;  // "/terrella.v1.Kv/Get"
    RpcMethod::RpcType type;
    std::unique_ptr<GuardedHandler> handler;
  };
  explicit GuardedService(std::vector<Method> methods) : methods_(std::move(methods)) {
    for (int i = 0; i < static_cast<int>(methods_.size()); ++i) {
      Method& method = methods_[static_cast<size_t>(i)];
      AddMethod(new RpcServiceMethod(method.path.c_str(), method.type, nullptr));
      MarkMethodCallback(i, method.handler.release());
    }
  }

 private:
  std::vector<Method> methods_;  // gRPC keeps pointers to the paths
};

class InterceptorFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit InterceptorFactory(
      std::function<grpc::experimental::Interceptor*(const grpc::ServerContextBase*)> make)
      : make_(std::move(make)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return make_(info->server_context());
  }

 private:
  std::function<grpc::experimental::Interceptor*(const grpc::ServerContextBase*)> make_;
};

}  // namespace

CallGuard::CallGuard(AuditLog& log, TokenBook& tokens, const Clock& clock,
                     std::function<void(std::function<void()>)> post, CallGuardOptions options)
    : log_(log),
      tokens_(tokens),
      clock_(clock),
      post_(std::move(post)),
      options_(std::move(options)),
      strangers_(clock),
      refusals_(clock),
      streams_(tokens) {
  tokens_.set_on_change([this] { options_.wake(); });
}

CallGuard::~CallGuard() {
  StopWaking();
}

void CallGuard::StopWaking() {
  tokens_.set_on_change(nullptr);
}

std::optional<Duration> CallGuard::Tend() {
  const std::optional<WallTime> expiry = streams_.EndLapsed();
  if (const auto due = strangers_.due(); due && *due <= clock_.Now()) {
    if (const auto row = strangers_.Take()) Append(*row);
  }
  for (const v1::AuditRow& row : refusals_.Take()) Append(row);
  std::optional<Duration> wait;
  if (expiry) wait = std::clamp<Duration>(*expiry - clock_.WallNow(), Duration::zero(), kTendMax);
  for (const auto& due : {strangers_.due(), refusals_.due()}) {
    if (due) wait = std::min(wait.value_or(Duration::max()), Duration(*due - clock_.Now()));
  }
  return wait;
}

void CallGuard::FlushRefusals() {
  if (const auto row = strangers_.Take()) Append(*row);
  for (const v1::AuditRow& row : refusals_.Take(/*all=*/true)) Append(row);
}

void CallGuard::Append(const v1::AuditRow& row) {
  if (const absl::Status status = log_.Append(row); !status.ok()) {
    LogError("the audit log cannot be written: {}", Message(status));
  }
}

void CallGuard::CountStranger(const Stranger& stranger) {
  if (strangers_.Add(stranger)) options_.wake();
}

absl::StatusOr<std::unique_ptr<grpc::Service>> CallGuard::Wrap(grpc::Service& service,
                                                               std::string_view full_name) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(full_name));
  if (descriptor == nullptr) return FailedPrecondition("there is no service {}", full_name);
  std::vector<GuardedService::Method> methods;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *descriptor->method(i);
    const MethodRule* rule = FindRule(descriptor->name() + "." + method.name());
    MethodHandler* inner = Opened::HandlerOf(service, i);
    if (rule == nullptr || inner == nullptr) {
      return FailedPrecondition("{} cannot be served: it has no {}", method.full_name(),
                                rule == nullptr ? "rule of access" : "handler");
    }
    const bool raw = IsRaw(*inner);
    if (raw && !rule->fields.empty()) {
      return FailedPrecondition("{} is served raw: its rule cannot look at '{}'",
                                method.full_name(), rule->fields);
    }
    const GuardedHandler::Shape shape{
        .one_request = !method.client_streaming() && !raw,
        .stream = method.client_streaming() || method.server_streaming()};
    methods.push_back({fmt::format("/{}/{}", full_name, method.name()), TypeOf(method),
                       std::make_unique<GuardedHandler>(*this, *rule, *inner, shape)});
  }
  return std::make_unique<GuardedService>(std::move(methods));
}

void CallGuard::Watch(grpc::ServerBuilder& builder) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<InterceptorFactory>(
      [this](const grpc::ServerContextBase* context) { return new Interceptor(*this, context); }));
  builder.experimental().SetInterceptorCreators(std::move(factories));
}

Caller CallGuard::WhoCalls(const grpc::ServerContextBase& context, absl::Status* trouble) const {
  Caller caller;
  const auto& metadata = context.client_metadata();
  const std::string_view pass = ValueOf(metadata, kGatewayPass);
  const bool from_gateway =
      !options_.gateway_secret.empty() && SameBytes(pass, options_.gateway_secret);
  const std::string peer =
      from_gateway ? std::string(ValueOf(metadata, kGatewayPeer)) : context.peer();
  const auto named = [&](absl::StatusOr<Caller> found) {
    if (found.ok()) {
      caller = *std::move(found);
    } else {
      *trouble = found.status();
    }
    caller.peer = peer;
    return caller;
  };
  // A token is a caller's own wish to be no more than it: it counts first.
  if (const auto it = metadata.find("authorization"); it != metadata.end()) {
    return named(tokens_.CallerOf(std::string_view(it->second.data(), it->second.size())));
  }
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    const std::vector<grpc::string_ref> uris =
        auth->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
    if (uris.size() == 1) {
      named(CallerOfUri({uris[0].data(), uris[0].size()}, options_.cluster));
      if (caller.kind == Caller::Kind::kNode && options_.revocations != nullptr &&
          options_.revocations->Holds(caller.name)) {
        *trouble = options_.revocations->Check(caller.name, rpc::CertificateOf(*auth));
      }
      return caller;
    }
  }
  if (from_gateway) return named(OperatorAtGateway());
  if (!options_.require_auth && !IsEncrypted(auth.get()) && IsThisMachine(peer)) {
    return named(LocalOperator());
  }
  caller.peer = peer;
  return caller;
}

std::shared_ptr<Call> CallGuard::Begin(const MethodRule& rule, grpc::ServerContextBase& context,
                                       const google::protobuf::Message* request,
                                       grpc_call* stream) {
  absl::Status trouble;
  auto call = std::make_shared<Call>(rule, WhoCalls(context, &trouble));
  call->Decide(request);
  if (!trouble.ok()) call->Refuse(trouble);
  if (!trouble.ok() || call->caller().kind == Caller::Kind::kAnonymous ||
      rule.grant == Grant::kOpen) {
    call->set_stranger();
  }
  if (IsTracedBefore(*call) && call->permitted()) {
    v1::AuditRow row = call->Row();
    row.set_outcome("BEGUN");
    if (const absl::Status written = log_.Append(std::move(row)); !written.ok()) {
      call->Refuse(written);
    } else {
      call->CountRow();
    }
  }
  const bool may_lapse = stream != nullptr && call->caller().kind == Caller::Kind::kToken;
  {
    const std::lock_guard lock(mutex_);
    const auto it = running_.find(&context);
    if (it == running_.end()) return call;
    it->second->set_call(call);
    if (may_lapse) it->second->set_stream(streams_.Add(stream, call));
  }
  // Also for a token that was revoked while this was on its way here.
  if (may_lapse) options_.wake();
  return call;
}

void CallGuard::End(const std::shared_ptr<Call>& call, absl::StatusCode outcome) {
  using enum MethodRule::Trace;
  v1::AuditRow row = call->Row();
  row.set_outcome(absl::StatusCodeToString(outcome));
  if (!call->refusal().ok() && call->stranger()) {
    return CountStranger(
        {.method = row.method(), .peer = row.peer(), .reason = Message(call->refusal())});
  }
  if (!call->refusal().ok()) {
    if (auto now = refusals_.Add(std::move(row))) return Write(*std::move(now));
    return options_.wake();
  }
  const bool failed = outcome != absl::StatusCode::kOk;
  const bool before = IsTracedBefore(*call);
  const bool told = call->rows() > 0 && !(failed && before);
  const bool of_interest = call->rule().trace == kWithTxn || before;
  if (of_interest && !told) Write(std::move(row));
}

void CallGuard::Write(v1::AuditRow row) {
  post_([this, row = std::move(row)] { Append(row); });
}

}  // namespace terrella::control
