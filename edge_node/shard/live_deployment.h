// LiveDeployment: the versions of one script that share its requests.
//
// Each request has a place between 0 and 9,999, and each version a range of places: the first the
// lowest, as wide as its share. The place of a key is the same on every node and for every split,
// so while the first version's share grows, a key that has come to it never goes back.
//
// Thread: any (immutable once built).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/tcp.h"
#include "edge_node/assets/site.h"
#include "edge_node/runtime/worker_code.h"
#include "http/message/headers.h"
#include "http/tls/context.h"

namespace terrella::edge {

// A server outside the network that a worker declared.
struct OriginTarget {
  std::string host;  // lower-case, as in URLs, without port
  SocketAddress address;
  Duration rtt{};                              // modelled, from this node
  std::shared_ptr<const http::ClientTls> tls;  // null: in the clear
};

// One version that answers for a script.
struct LiveScript {
  std::shared_ptr<const runtime::WorkerCode> code;
  std::vector<OriginTarget> origins;
  std::shared_ptr<const Site> site;  // null: no static assets
  uint64_t secrets_revision = 0;     // of the secrets among the bindings; 0: there are none

  // Assets may stand alone, and then there is nothing to run.
  bool has_worker() const { return !code->modules.empty(); }
};

class LiveDeployment {
 public:
  struct Share {
    std::shared_ptr<const LiveScript> script;
    uint32_t basis_points = 0;  // of 10,000
  };

  // One version that has all requests.
  explicit LiveDeployment(std::shared_ptr<const LiveScript> script);
  // At least one, of one script; the shares add up to 10,000.
  explicit LiveDeployment(std::vector<Share> shares);

  const std::vector<Share>& shares() const { return shares_; }
  bool is_split() const { return shares_.size() > 1; }
  // The version with most requests, the first of equals.
  const std::shared_ptr<const LiveScript>& main() const { return shares_[main_].script; }

  // For one key always the same, whatever node asks.
  const std::shared_ptr<const LiveScript>& PickByKey(std::string_view key) const;
  struct Picked {
    const std::shared_ptr<const LiveScript>& script;
    bool by_name = false;  // the client chose, and not its share: no sample of what comes
  };
  // What a request's fields ask for: `cloudflare-workers-version-overrides: SCRIPT="ID"` names one
  // of the versions, whatever its share; `cloudflare-workers-version-key` is a key, and without it
  // `otherwise` is.
  Picked Pick(const http::Headers& headers, std::string_view otherwise) const;

  // Whether it is one of the versions, the very object.
  bool Has(const LiveScript& script) const;
  // The same versions with the same shares.
  bool operator==(const LiveDeployment& other) const;

 private:
  const std::shared_ptr<const LiveScript>* Find(std::string_view version_id) const;

  std::vector<Share> shares_;
  size_t main_ = 0;
};

}  // namespace terrella::edge
