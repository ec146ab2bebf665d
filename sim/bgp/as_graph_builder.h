// AsGraphBuilder: links in any order become an AsGraph.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/bgp/as_graph.h"

namespace terrella::bgp {

class AsGraphBuilder {
 public:
  explicit AsGraphBuilder(const AsGraphLimits& limits = {}) : limits_(limits) {}

  // An AS without links of its own is a node too.
  void AddAs(Asn asn) { lone_.push_back(asn); }
  // `origin` comes back in errors: a line number, or 0.
  void AddProviderLink(Asn provider, Asn customer, uint32_t origin = 0) {
    links_.push_back({provider, customer, origin, false});
  }
  void AddPeerLink(Asn a, Asn b, uint32_t origin = 0) { links_.push_back({a, b, origin, true}); }
  size_t links() const { return links_.size(); }

  // InvalidArgument when an AS is linked with itself or with another twice, when ASes are providers
  // of each other in a circle (it is named: "AS1 > AS2 > AS1"), or beyond a limit. `origin` is set
  // to that of the link at fault.
  absl::StatusOr<std::shared_ptr<const AsGraph>> Build(uint32_t* origin = nullptr) const;

 private:
  struct Link {
    Asn a, b;  // provider and customer, unless peers
    uint32_t origin;
    bool peers;
  };
  struct Numbered;
  absl::Status CheckLinks(uint32_t* origin) const;
  absl::Status AssignLevels(Numbered& nodes) const;
  absl::Status Circle(const Numbered& nodes, const std::vector<uint32_t>& unmet) const;
  std::vector<uint32_t> Layout(const Numbered& nodes) const;

  const AsGraphLimits limits_;
  std::vector<Link> links_;
  std::vector<Asn> lone_;
};

}  // namespace terrella::bgp
