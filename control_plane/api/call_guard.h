// CallGuard: the one door of every RPC. It finds out who calls, asks the rules, puts the call into
// scope for what runs below, and sees to it that the audit log has what it should have.
//
//   bytes -> gRPC -> Interceptor made -> GuardedHandler: caller, rule, Call::Decide
//                        |                 refused -> the service never runs
//                        |                 else    -> the service's own handler, in a CallScope
//                        +-- status sent: refusals get their words, the log its row
//
// What is refused to callers who are nobody, and what is refused to a known one again and again, is
// counted, and one row a minute tells of it; a stream ends when the token that it runs on does.
// Both take time of the loop's: Tend.
//
// gRPC's interceptors cannot stop a call, and its handlers cannot see a status that is sent: hence
// both. A GuardedHandler wraps the handler that the generated service made, whatever its messages,
// so that services know nothing of it; a service whose method has no rule does not start.
//
// Thread: any. Owns: nothing of the services; they outlive the guard's wrappers.
#pragma once

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/access/audit_log.h"
#include "control_plane/access/call.h"
#include "control_plane/access/refusal_rows.h"
#include "control_plane/access/stranger_count.h"
#include "control_plane/api/open_streams.h"

namespace terrella::control {

class Revocations;
class TokenBook;

struct CallGuardOptions {
  std::string cluster;
  // Somebody without token and certificate is nobody, even from this machine.
  bool require_auth = false;
  // Of nodes' certificates; null: none is revoked. Outlives the guard.
  const Revocations* revocations = nullptr;
  // What the gateway, in this process, proves itself by; not empty. It has been shown a token by
  // whoever calls through it, and says from where: see gateway_pass.h.
  std::string gateway_secret;
  // Asks for Tend, soon and on the loop; called on any thread, with locks held.
  std::function<void()> wake = [] {};
};

class CallGuard {
 public:
  // Rows that no transaction waits for are written by tasks that `post` runs, in order. All outlive
  // it; so do the tasks, which are done before the log goes.
  CallGuard(AuditLog& log, TokenBook& tokens, const Clock& clock,
            std::function<void(std::function<void()>)> post, CallGuardOptions options);
  ~CallGuard();

  // To be registered in the place of `service`, which is `full_name` ("terrella.v1.Kv").
  // FailedPrecondition when a method of it has no rule.
  absl::StatusOr<std::unique_ptr<grpc::Service>> Wrap(grpc::Service& service,
                                                      std::string_view full_name);
  // Before the server is built, once.
  void Watch(grpc::ServerBuilder& builder);

  // On the loop: ends streams whose token holds no more, and writes rows of counted refusals that
  // are due. Answers in how long to come again at the latest.
  std::optional<Duration> Tend();
  // On the loop: writes rows of all refusals that were only counted.
  void FlushRefusals();
  // Nobody is woken any more.
  void StopWaking();
  // A refusal that never became a call: at the gateway.
  void CountStranger(const Stranger& stranger);

  // For the wrappers.
  class Interceptor;
  std::shared_ptr<Call> Begin(const MethodRule& rule, grpc::ServerContextBase& context,
                              const google::protobuf::Message* request, grpc_call* stream);
  void End(const std::shared_ptr<Call>& call, absl::StatusCode outcome);

 private:
  Caller WhoCalls(const grpc::ServerContextBase& context, absl::Status* trouble) const;
  void Write(v1::AuditRow row);
  void Append(const v1::AuditRow& row);  // on the loop

  AuditLog& log_;
  TokenBook& tokens_;
  const Clock& clock_;
  const std::function<void(std::function<void()>)> post_;
  const CallGuardOptions options_;
  StrangerCount strangers_;
  RefusalRows refusals_;
  OpenStreams streams_;

  std::mutex mutex_;  // guards what follows
  std::map<const grpc::ServerContextBase*, Interceptor*> running_;
};

}  // namespace terrella::control
