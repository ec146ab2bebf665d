#include "bundle/asset_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/digest.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "bundle/packed.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AssetFolderTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, std::string_view content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  absl::StatusOr<std::vector<std::string>> Paths(const AssetLimits& limits = {}) {
    bundle_ = {};
    RETURN_IF_ERROR(
        AddAssets(root_, {.directory = "public", .binding = {}, .assets = {}}, bundle_, limits));
    v1::AssetManifest manifest;
    const std::string& bytes = bundle_.blobs.at(bundle_.version.assets().manifest_sha256());
    EXPECT_TRUE(manifest.ParseFromString(bytes));
    std::vector<std::string> paths;
    for (const v1::Asset& asset : manifest.assets()) paths.push_back(asset.path());
    return paths;
  }
  std::string ErrorOf(const AssetLimits& limits = {}) {
    return std::string(Message(Paths(limits).status()));
  }

  TempFolder folder_;
  const fs::path root_ = folder_.path() / "project";
  Bundle bundle_;
};

TEST_F(AssetFolderTest, NamesEveryFileByItsContent) {
  Write("public/index.html", "hi");
  Write("public/a b/é.txt", "hi");
  Write("public/.well-known/x", "");
  Write("public/.assetsignore", "*.map\n");
  Write("public/x.map", "no");
  Write("public/_headers", "/*\n  x: y\n");
  Write("public/_redirects", "/a /b\n");
  const auto paths = Paths();
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre("/.well-known/x", "/a b/é.txt", "/index.html"));
  EXPECT_EQ(bundle_.version.assets().files(), 3u);
  EXPECT_EQ(bundle_.version.assets().total_bytes(), 4u);
  EXPECT_EQ(bundle_.asset_files.size(), 2u) << "one content, one upload";
  EXPECT_TRUE(bundle_.asset_files.contains(Sha256("hi")));
}

TEST_F(AssetFolderTest, RefusesWhatIsNoAsset) {
  EXPECT_THAT(ErrorOf(), HasSubstr("'assets.directory' is no folder"));
  Write("public/a", "12345");
  Write("public/b", "1");
  EXPECT_THAT(ErrorOf({.files_max = 1}), HasSubstr("more than 1 files"));
  EXPECT_THAT(ErrorOf({.file_bytes_max = 4}), HasSubstr("a: larger than 0 MiB"));
  EXPECT_THAT(ErrorOf({.manifest_bytes_max = 10}), HasSubstr("the list of its files"));
  Write("public/_headers", "x: y");
  EXPECT_THAT(ErrorOf(), HasSubstr("_headers:1: expected a path"));
  fs::remove(root_ / "public/_headers");
  Write("public/_worker.js", "");
  EXPECT_THAT(ErrorOf(), HasSubstr("looks like a worker's code"));
}

TEST_F(AssetFolderTest, FollowsNoLinkOutOfTheFolder) {
  Write("public/a", "1");
  Write("secret", "s");
  fs::create_symlink("a", root_ / "public/inside");
  EXPECT_TRUE(Paths().ok());
  fs::create_symlink("../secret", root_ / "public/outside");
  EXPECT_THAT(ErrorOf(), HasSubstr("outside: the link leads out of the folder"));
  fs::remove(root_ / "public/outside");
  fs::create_directory_symlink(".", root_ / "public/loop");
  EXPECT_THAT(ErrorOf(), HasSubstr("links to folders are not followed"));
}

TEST_F(AssetFolderTest, AProjectOfAssetsAloneLoadsAndPacks) {
  Write("wrangler.jsonc", R"({"name": "site", "assets": {"directory": "public"}})");
  Write("public/index.html", "hi");
  const auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_TRUE(bundle->warnings.empty()) << bundle->warnings[0];
  EXPECT_EQ(bundle->version.modules_size(), 0);
  ASSERT_TRUE(SavePacked(folder_.path() / "x.worker", *bundle).ok());
  const auto packed = LoadBundle(folder_.path() / "x.worker");
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->version.id(), bundle->version.id());
  EXPECT_EQ(packed->asset_files, bundle->asset_files);
  // Another content is another version.
  Write("public/index.html", "ho");
  EXPECT_NE(LoadBundle(root_)->version.id(), bundle->version.id());
}

TEST_F(AssetFolderTest, AFolderWithAManifestHasThemToo) {
  Write("terrella.toml", "name = 'site'\n[assets]\ndirectory = 'public'\nbinding = 'FILES'\n");
  Write("public/page.html", "hi");
  Write("index.js", "export default {};");
  const auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->version.modules_size(), 1) << "files of the site are no modules";
  EXPECT_TRUE(bundle->version.bindings(0).assets());
}

}  // namespace
}  // namespace terrella::bundle
