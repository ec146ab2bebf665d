// Revocations: which nodes' certificates are good no more.
//
// A revoked node loses every certificate it ever had, also those that the control plane did not
// issue itself and cannot list. What is issued to it afterwards (by a token that names it) is known
// by serial number and good. The list lives in the store, so that all control planes of a cluster
// share it and a restart forgets nothing; this is a copy that follows it.
//
// Thread: any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/identities.pb.h"

namespace terrella::control {

class Revocations {
 public:
  // Called with a node's id when it was revoked, on the thread that commits and with the store
  // locked: take it and return.
  using Listener = std::function<void(const std::string& node)>;

  // The store outlives it.
  static absl::StatusOr<std::unique_ptr<Revocations>> Load(StateStore& store, Listener listener);

  // PermissionDenied when the node is revoked and this certificate, PEM, was not issued since.
  absl::Status Check(std::string_view node, std::string_view certificate_pem) const;
  bool Holds(std::string_view node) const;

  // Once a request id; the id may be empty.
  absl::Status Revoke(const std::string& node, const std::string& request_id, WallTime now);
  // What the transaction that issues a certificate to the node must also do; nothing when the node
  // is not revoked. Aborted when the list changes meanwhile.
  absl::Status AddGoodSerial(std::string_view node, const std::string& serial,
                             TxnRequest& txn) const;

 private:
  struct State;
  explicit Revocations(StateStore& store) : store_(store) {}

  StateStore& store_;
  std::shared_ptr<State> state_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace terrella::control
