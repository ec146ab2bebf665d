// FencedStore: a leader's view of the store. Every transaction also compares the key of its
// leadership, so that one who was deposed without noticing (it stood still, the network was cut)
// can change nothing any more: its transactions are Aborted, naming that key.
//
// Contents are not fenced: they are named by what they are.
//
// Thread: any. Owns: nothing; the store outlives it.
#pragma once

#include <utility>

#include "control_plane/store/forwarding_store.h"

namespace terrella::control {

class FencedStore final : public ForwardingStore {
 public:
  FencedStore(StateStore& store, Compare fence)
      : ForwardingStore(store), fence_(std::move(fence)) {}

  // One comparison fewer than the store takes.
  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override {
    TxnRequest fenced = request;
    fenced.compares.push_back(fence_);
    return ForwardingStore::Txn(fenced);
  }

 private:
  const Compare fence_;
};

}  // namespace terrella::control
