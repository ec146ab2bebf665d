// What the users of etcd's transactions write into them.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <utility>

#include "control_plane/store/etcd_client.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

// The transaction applies only if the key was last modified at exactly that revision; 0: is absent.
inline void AddCompare(std::string key, Revision modified, etcd::TxnRequest& txn) {
  etcd::Compare& compare = *txn.add_compare();
  compare.set_result(etcd::Compare::EQUAL);
  compare.set_target(etcd::Compare::MOD);
  compare.set_key(std::move(key));
  compare.set_mod_revision(static_cast<int64_t>(modified));
}

// Done when it applies. `lease` 0: none.
inline void AddPut(std::string key, std::string value, etcd::TxnRequest& txn, int64_t lease = 0) {
  etcd::PutRequest& put = *txn.add_success()->mutable_request_put();
  put.set_key(std::move(key));
  put.set_value(std::move(value));
  put.set_lease(lease);
}

}  // namespace terrella::control
