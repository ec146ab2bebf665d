#include "edge_node/assets/asset_table.h"

#include <algorithm>

#include "base/status.h"
#include "edge_node/assets/media_type.h"

namespace terrella::edge {
namespace {

constexpr size_t kHashBytes = 32;
constexpr uint64_t kFileBytesMax = uint64_t{25} << 20;

}  // namespace

absl::StatusOr<AssetTable> AssetTable::Make(const v1::AssetManifest& manifest) {
  AssetTable table;
  size_t bytes = 0;
  for (const v1::Asset& asset : manifest.assets()) bytes += asset.path().size() + kHashBytes;
  table.text_.reserve(bytes);  // the views stay where they are
  auto keep = [&](const std::string& text) {
    table.text_.insert(table.text_.end(), text.begin(), text.end());
    return std::string_view(table.text_.data() + table.text_.size() - text.size(), text.size());
  };
  table.entries_.reserve(static_cast<size_t>(manifest.assets_size()));
  for (const v1::Asset& asset : manifest.assets()) {
    if (!asset.path().starts_with('/') || asset.sha256().size() != kHashBytes ||
        asset.size_bytes() > kFileBytesMax) {
      return InvalidArgument("the asset '{}' has no usable path, hash or size", asset.path());
    }
    if (!table.entries_.empty() && table.entries_.back().path >= asset.path()) {
      return InvalidArgument("the asset '{}' is not in order", asset.path());
    }
    const std::string_view path = keep(asset.path());
    table.entries_.push_back({.path = path,
                              .sha256 = keep(asset.sha256()),
                              .media_type = MediaTypeOf(path),
                              .size_bytes = asset.size_bytes()});
  }
  return table;
}

const AssetEntry* AssetTable::Find(std::string_view path) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const AssetEntry& entry, std::string_view p) { return entry.path < p; });
  return found != entries_.end() && found->path == path ? &*found : nullptr;
}

}  // namespace terrella::edge
