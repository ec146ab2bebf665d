#include "edge_node/assets/html_paths.h"

#include <vector>

namespace terrella::edge {
namespace {

using v1::StaticAssets;

constexpr std::string_view kHtml = ".html";
constexpr std::string_view kIndex = "/index";
constexpr std::string_view kIndexHtml = "/index.html";

// The path a file wants to be called by.
std::string CanonicalPath(std::string_view file, StaticAssets::HtmlHandling handling) {
  if (handling == StaticAssets::NO_HTML_HANDLING || !file.ends_with(kHtml))
    return std::string(file);
  const bool index = file.ends_with(kIndexHtml);
  std::string path(file.substr(0, file.size() - (index ? kIndexHtml : kHtml).size()));
  const bool slash = handling == StaticAssets::FORCE_TRAILING_SLASH ||
                     (handling == StaticAssets::AUTO_TRAILING_SLASH && index);
  if (slash || path.empty()) path.push_back('/');
  return path;
}

// The files that a path may mean besides the one of its own name, the likeliest first.
std::vector<std::string> FilesMeant(std::string_view path) {
  auto joined = [](std::string_view base, std::string_view end) {
    return std::string(base).append(end);
  };
  auto without = [&](std::string_view end) { return path.substr(0, path.size() - end.size()); };
  if (path.ends_with(kIndexHtml)) return {std::string(path), joined(without(kIndexHtml), kHtml)};
  if (path.ends_with(kIndex)) return {joined(path, kHtml), joined(without(kIndex), kHtml)};
  if (path.ends_with('/')) return {joined(path, "index.html"), joined(without("/"), kHtml)};
  if (path.ends_with(kHtml)) return {std::string(path), joined(without(kHtml), kIndexHtml)};
  return {joined(path, kHtml), joined(path, kIndexHtml)};
}

}  // namespace

FoundAsset FindAsset(const AssetTable& table, StaticAssets::HtmlHandling handling,
                     std::string_view path) {
  const AssetEntry* exact = table.Find(path);
  const bool html = path.ends_with(kHtml);
  if (handling == StaticAssets::NO_HTML_HANDLING || (exact != nullptr && !html)) return {exact, ""};
  for (const std::string& file : FilesMeant(path)) {
    const AssetEntry* asset = table.Find(file);
    if (asset == nullptr || (exact != nullptr && asset != exact)) continue;
    std::string canonical = CanonicalPath(file, handling);
    if (canonical == path) return {asset, ""};
    // Only when that path leads to this very file: another one of that name has it.
    const AssetEntry* there = table.Find(canonical);
    if (there != nullptr && there != asset) continue;
    if (there == nullptr) {
      bool leads_here = false;
      for (const std::string& other : FilesMeant(canonical)) {
        const AssetEntry* first = table.Find(other);
        if (first == nullptr || CanonicalPath(other, handling) != canonical) continue;
        leads_here = first == asset;
        break;
      }
      if (!leads_here) continue;
    }
    return {nullptr, std::move(canonical)};
  }
  return {exact, ""};
}

}  // namespace terrella::edge
