// AsGraph: which networks of the Internet are connected, and who pays whom.
//
// Nodes are autonomous systems (ASes); a link joins a provider and its customer, or two peers. The
// neighbours of a node are one contiguous list for each of the three relations (compressed sparse
// rows), and the nodes are numbered so that a provider always comes before its customers: by level
// (the longest chain of providers above), then by how many providers they have. Whatever flows down
// the hierarchy is then one pass over memory in order, and its inner loop changes length only a few
// hundred times.
//
// There is one representation: the image (as_graph_image.cc), written to a file as it is and used
// from the mapping as it is. An image from outside is checked whole before it is used: every list
// is in range and ascending, every link is known to both its ends.
//
// Thread: immutable, any. Owns: the image.
// Invariants: p in Providers(x) implies p < x, and x in Customers(p); Peers is symmetric; lists
// ascend strictly; no AS is on two lists of another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mapped_file.h"

namespace terrella::bgp {

// An autonomous system's number (RFC 6793).
using Asn = uint32_t;
// Its index in one graph.
using AsId = uint32_t;

struct AsGraphLimits {
  size_t ases_max = 1'000'000;
  size_t links_max = 16'000'000;
};

class AsGraph {
 public:
  // Maps a file that Save wrote. DataLoss "FILE: expected ..." when it is not such a file.
  static absl::StatusOr<std::shared_ptr<const AsGraph>> Load(const std::filesystem::path& path);
  // For builders, tests and fuzzing: an image in memory.
  static absl::StatusOr<std::shared_ptr<const AsGraph>> FromImage(std::vector<uint32_t> image);
  absl::Status Save(const std::filesystem::path& path) const;

  size_t size() const { return asn_.size(); }
  size_t provider_links() const { return providers_.targets.size(); }
  size_t peer_links() const { return peers_.targets.size() / 2; }

  Asn AsnOf(AsId id) const { return asn_[id]; }
  std::optional<AsId> Find(Asn asn) const;
  // All ids, by ascending number.
  std::span<const AsId> ByAsn() const { return by_asn_; }

  std::span<const AsId> Providers(AsId id) const { return providers_.Of(id); }
  std::span<const AsId> Customers(AsId id) const { return customers_.Of(id); }
  std::span<const AsId> Peers(AsId id) const { return peers_.Of(id); }
  size_t Degree(AsId id) const {
    return Providers(id).size() + Customers(id).size() + Peers(id).size();
  }

  // One relation of all nodes: the neighbours of x are targets[begins[x] .. begins[x + 1]).
  struct Rows {
    std::span<const uint32_t> begins;
    std::span<const AsId> targets;
    std::span<const AsId> Of(AsId id) const {
      return targets.subspan(begins[id], begins[id + 1] - begins[id]);
    }
  };
  const Rows& providers() const { return providers_; }

 private:
  AsGraph() = default;
  absl::Status Init(std::span<const uint32_t> image);

  std::unique_ptr<const MappedFile> mapping_;  // or owned_
  std::vector<uint32_t> owned_;
  std::span<const uint32_t> image_;
  std::span<const Asn> asn_;
  std::span<const AsId> by_asn_;
  Rows providers_, customers_, peers_;
};

}  // namespace terrella::bgp
