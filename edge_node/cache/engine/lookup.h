// Lookup: from a key to the stored response for a request, through the fields it varies by.
//
// Two steps in the store at most: the entry under the key, and when that is a vary index, the
// variant. What has been purged counts as absent and is deleted.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "edge_node/cache/policy/purge.h"
#include "edge_node/cache/store/store.h"

namespace terrella::cache {

class Lookup {
 public:
  struct Result {
    std::shared_ptr<const StoredEntry> entry;  // null: nothing
    std::shared_ptr<const StoredEntry> index;  // null: the resource is not known to vary
    std::string key;                           // where the response is or would be
  };
  using Done = std::function<void(Result)>;

  // `done` is called from Run, or later unless this is destroyed. `headers` and `purges` (null:
  // none) outlive it.
  Lookup(EventLoop& loop, Store& store, const PurgeTable* purges, std::string key,
         const http::Headers& headers, Done done)
      : loop_(loop), store_(store), purges_(purges), headers_(headers), done_(std::move(done)) {
    result_.key = std::move(key);
  }
  void Run() { Step(); }

 private:
  void Step();
  void OnEntry(std::shared_ptr<const StoredEntry> entry);

  EventLoop& loop_;
  Store& store_;
  const PurgeTable* const purges_;
  const http::Headers& headers_;
  Done done_;
  Result result_;
  std::unique_ptr<PendingRead> read_;
};

}  // namespace terrella::cache
