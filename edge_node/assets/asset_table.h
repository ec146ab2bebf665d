// AssetTable: the files of a site by path: what there is, under which hash, and nothing of the
// bytes.
//
// Thread: any (immutable once made).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "terrella/v1/assets.pb.h"

namespace terrella::edge {

struct AssetEntry {
  std::string_view path;        // "/img/a b.png"
  std::string_view sha256;      // 32 raw bytes
  std::string_view media_type;  // as Content-Type says it
  uint64_t size_bytes = 0;
};

class AssetTable {
 public:
  // InvalidArgument when paths are not ascending, or a hash or size makes no sense.
  static absl::StatusOr<AssetTable> Make(const v1::AssetManifest& manifest);

  AssetTable(AssetTable&&) = default;
  AssetTable& operator=(AssetTable&&) = default;

  // By the exact path, not percent-encoded; null when there is none. Valid while the table is.
  const AssetEntry* Find(std::string_view path) const;
  const std::vector<AssetEntry>& entries() const { return entries_; }

 private:
  AssetTable() = default;

  std::vector<char> text_;  // what the entries look into
  std::vector<AssetEntry> entries_;
};

}  // namespace terrella::edge
