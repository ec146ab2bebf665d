#include "edge_node/assets/html_paths.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace terrella::edge {
namespace {

using v1::StaticAssets;

AssetTable TableOf(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  v1::AssetManifest manifest;
  for (const std::string& path : paths) {
    v1::Asset& asset = *manifest.add_assets();
    asset.set_path(path);
    asset.set_sha256(std::string(32, 'h'));
  }
  return *AssetTable::Make(manifest);
}

// "/file.html" for a file, "-> /path" for a redirect, "" for nothing.
std::string Found(const AssetTable& table, StaticAssets::HtmlHandling handling,
                  std::string_view path) {
  const FoundAsset found = FindAsset(table, handling, path);
  if (!found.redirect.empty()) return "-> " + found.redirect;
  return found.asset == nullptr ? "" : std::string(found.asset->path);
}

// The table of the hosted product's documentation, by row: /file.html and /folder/index.html.
TEST(HtmlPaths, EveryPathOfAFileLeadsToItsOwnOne) {
  const AssetTable table =
      TableOf({"/file.html", "/folder/index.html", "/index.html", "/plain.txt", "/404.html"});
  constexpr const char* kFile = "/file.html";
  constexpr const char* kFolder = "/folder/index.html";
  const struct {
    const char *path, *automatic, *force, *drop, *none;
  } kRows[] = {
      {"/file", kFile, "-> /file/", kFile, ""},
      {"/file.html", "-> /file", "-> /file/", "-> /file", kFile},
      {"/file/", "-> /file", kFile, "-> /file", ""},
      {"/file/index", "-> /file", "-> /file/", "-> /file", ""},
      {"/file/index.html", "-> /file", "-> /file/", "-> /file", ""},
      {"/folder", "-> /folder/", "-> /folder/", kFolder, ""},
      {"/folder.html", "-> /folder/", "-> /folder/", "-> /folder", ""},
      {"/folder/", kFolder, kFolder, "-> /folder", ""},
      {"/folder/index", "-> /folder/", "-> /folder/", "-> /folder", ""},
      {"/folder/index.html", "-> /folder/", "-> /folder/", "-> /folder", kFolder},
      {"/", "/index.html", "/index.html", "/index.html", ""},
      {"/index", "-> /", "-> /", "-> /", ""},
      {"/index.html", "-> /", "-> /", "-> /", "/index.html"},
      {"/plain.txt", "/plain.txt", "/plain.txt", "/plain.txt", "/plain.txt"},
      {"/plain.txt/", "", "", "", ""},
      {"/plain", "", "", "", ""},
      {"/nothing", "", "", "", ""},
      {"//file", "", "", "", ""},
      {"/FILE", "", "", "", ""},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Found(table, StaticAssets::AUTO_TRAILING_SLASH, row.path), row.automatic) << row.path;
    EXPECT_EQ(Found(table, StaticAssets::FORCE_TRAILING_SLASH, row.path), row.force) << row.path;
    EXPECT_EQ(Found(table, StaticAssets::DROP_TRAILING_SLASH, row.path), row.drop) << row.path;
    EXPECT_EQ(Found(table, StaticAssets::NO_HTML_HANDLING, row.path), row.none) << row.path;
  }
}

TEST(HtmlPaths, FilesThatWantTheSamePathDoNotRedirectToEachOther) {
  const AssetTable table = TableOf({"/a.html", "/a/index.html", "/b", "/b.html", "/c/index"});
  const auto automatic = StaticAssets::AUTO_TRAILING_SLASH;
  EXPECT_EQ(Found(table, automatic, "/a"), "/a.html");
  EXPECT_EQ(Found(table, automatic, "/a/"), "/a/index.html");
  EXPECT_EQ(Found(table, automatic, "/b"), "/b") << "the exact name wins";
  EXPECT_EQ(Found(table, automatic, "/b.html"), "/b.html") << "its short path is another file's";
  EXPECT_EQ(Found(table, automatic, "/c/index"), "/c/index");
  const auto drop = StaticAssets::DROP_TRAILING_SLASH;
  EXPECT_EQ(Found(table, drop, "/a"), "/a.html");
  EXPECT_EQ(Found(table, drop, "/a/index.html"), "/a/index.html");
}

// Whatever is asked, following the redirect ends at a file.
TEST(HtmlPaths, ARedirectLeadsToAFileInOneStep) {
  const AssetTable table = TableOf({"/a.html", "/a/index.html", "/b", "/b.html", "/b/index.html",
                                    "/index/index.html", "/index.html", "/c/index.html.html"});
  for (int handling = 0; handling < 4; ++handling) {
    const auto how = static_cast<StaticAssets::HtmlHandling>(handling);
    for (const char* base : {"/a", "/b", "/index", "/c", "/c/index", ""}) {
      for (const char* end : {"", "/", ".html", "/index", "/index.html", "/index/", ".html/"}) {
        const FoundAsset found = FindAsset(table, how, std::string(base) + end);
        if (found.redirect.empty()) continue;
        EXPECT_NE(FindAsset(table, how, found.redirect).asset, nullptr)
            << handling << " " << base << end << " -> " << found.redirect;
      }
    }
  }
}

}  // namespace
}  // namespace terrella::edge
