// Call: one RPC as access control and the audit log see it, from its first byte to its status.
//
// A commit may be five calls below, and a node's trial after, the handler that knows who asked;
// handing the caller down by hand is what gets forgotten. So the call is the ambient of the thread
// that works for it: the guard opens a CallScope around the handler, Coordinator::Post carries it
// to the loop, whatever waits for something keeps Current() and opens a scope again, and the
// AuditedStore below everything finds it there.
//
// Thread: any; scopes nest on one thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "control_plane/access/authorise.h"
#include "control_plane/access/needs.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

class Call {
 public:
  // A call that has not been permitted yet.
  Call(const MethodRule& rule, Caller caller) : rule_(rule), caller_(std::move(caller)) {}
  // Of what the control plane does by itself, as if it had called `method` of the table.
  static std::shared_ptr<Call> Own(std::string_view method, std::string_view resource,
                                   std::string_view why);

  const MethodRule& rule() const { return rule_; }
  const Caller& caller() const { return caller_; }

  // Decides by what the request names (Where::kRequest) or might name; the answer is `refusal`.
  void Decide(const google::protobuf::Message* request);
  // Of a stream that names its resource in a message: once, before anything is done for it.
  absl::Status Permit(std::string_view resource);
  // Of a call that was permitted: its parts take more. Before anything is done for it.
  absl::Status Require(std::span<const Need> needs);
  // Nothing is committed for a call that is not.
  bool permitted() const { return permitted_; }
  absl::Status refusal() const;
  // Refused for a reason other than the rules, also when it has begun.
  void Refuse(const absl::Status& why);
  // Its caller showed nothing that holds. Such calls are counted, when they are refused.
  void set_stranger() { stranger_ = true; }
  bool stranger() const { return stranger_; }

  // What is changed, for the audit log, in the place of what the request says of it.
  void Describe(std::string_view what);

  // What is known so far, for the audit log.
  v1::AuditRow Row() const;
  void CountRow() { ++rows_; }
  int rows() const { return rows_; }

 private:
  const MethodRule rule_;
  const Caller caller_;
  std::atomic<bool> permitted_ = false;
  std::atomic<int> rows_ = 0;
  std::atomic<bool> stranger_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::string resource_;
  std::string request_id_;
  std::string why_;  // of an own call
  std::string summary_;
  absl::Status refusal_;
};

class CallScope {
 public:
  // Null: on behalf of nobody.
  explicit CallScope(std::shared_ptr<Call> call);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // Of the innermost scope of this thread; null outside.
  static std::shared_ptr<Call> Current();

 private:
  std::shared_ptr<Call> before_;
};

}  // namespace terrella::control
