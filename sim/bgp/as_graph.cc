#include "sim/bgp/as_graph.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "sim/bgp/as_graph_image.h"

namespace terrella::bgp {

static_assert(std::endian::native == std::endian::little, "images are little-endian");

absl::StatusOr<std::shared_ptr<const AsGraph>> AsGraph::Load(const std::filesystem::path& path) {
  const AsGraphLimits limits;
  ASSIGN_OR_RETURN(auto mapping, MappedFile::Open(path, 4 * ImageWordsMax(limits)));
  const std::string_view bytes = mapping->bytes();
  if (bytes.size() % 4 != 0) {
    return DataLoss("{}: expected a graph of ASes, a multiple of 4 bytes, got {} bytes",
                    path.string(), bytes.size());
  }
  std::shared_ptr<AsGraph> graph(new AsGraph);
  graph->mapping_ = std::move(mapping);
  const absl::Status status =
      graph->Init({reinterpret_cast<const uint32_t*>(bytes.data()), bytes.size() / 4});
  if (!status.ok()) return DataLoss("{}: {}", path.string(), Message(status));
  return graph;
}

absl::StatusOr<std::shared_ptr<const AsGraph>> AsGraph::FromImage(std::vector<uint32_t> image) {
  std::shared_ptr<AsGraph> graph(new AsGraph);
  graph->owned_ = std::move(image);
  RETURN_IF_ERROR(graph->Init(graph->owned_));
  return graph;
}

absl::Status AsGraph::Save(const std::filesystem::path& path) const {
  return WriteFileAtomic(
      path, {reinterpret_cast<const char*>(image_.data()), image_.size() * sizeof(uint32_t)});
}

absl::Status AsGraph::Init(std::span<const uint32_t> image) {
  image_ = image;
  ASSIGN_OR_RETURN(const ImageParts parts, SplitImage(image, AsGraphLimits()));
  asn_ = parts.asn;
  by_asn_ = parts.by_asn;
  providers_ = parts.providers;
  customers_ = parts.customers;
  peers_ = parts.peers;
  return CheckImage(parts);
}

std::optional<AsId> AsGraph::Find(Asn asn) const {
  const auto found = std::lower_bound(by_asn_.begin(), by_asn_.end(), asn,
                                      [this](AsId id, Asn value) { return asn_[id] < value; });
  if (found == by_asn_.end() || asn_[*found] != asn) return std::nullopt;
  return *found;
}

}  // namespace terrella::bgp
