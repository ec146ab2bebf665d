// HtmlPaths: which file answers for a path, and by which one of its paths a file wants to be
// called.
//
//   file              auto       force      drop     none
//   /page.html        /page      /page/     /page    /page.html
//   /dir/index.html   /dir/      /dir/      /dir     /dir/index.html
//
// A request by another of a file's paths (/page.html, /page/, /page/index, ...) is sent to that
// one. A path that names a file exactly is never taken from it by another.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "edge_node/assets/asset_table.h"

namespace terrella::edge {

struct FoundAsset {
  const AssetEntry* asset = nullptr;  // null: nothing, or a redirect
  std::string redirect;               // "": none; a path, not percent-encoded
};

// `path` is not percent-encoded.
FoundAsset FindAsset(const AssetTable& table, v1::StaticAssets::HtmlHandling handling,
                     std::string_view path);

}  // namespace terrella::edge
