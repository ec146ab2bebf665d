#include "bundle/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/digest.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() { fs::create_directories(root_); }

  void Write(const std::string& name, std::string_view content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  std::string ErrorOf(const fs::path& path, const LoadOptions& options = {}) {
    return std::string(Message(LoadBundle(path, options).status()));
  }
  static std::string ModuleNames(const Bundle& bundle) {
    std::string names;
    for (const v1::Module& m : bundle.version.modules()) names += m.name() + " ";
    return names;
  }

  TempFolder folder_;
  const fs::path root_ = folder_.path() / "my-app";
};

TEST_F(BundleTest, OneFileIsAWholeWorkerNamedAfterIt) {
  Write("hello_World.js", "export default {}");
  auto bundle = LoadBundle(root_ / "hello_World.js");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->version.script(), "hello-world");
  EXPECT_EQ(bundle->version.main_module(), "hello_World.js");
  EXPECT_EQ(bundle->blobs.at(Sha256("export default {}")), "export default {}");
  EXPECT_EQ(bundle->version.id().size(), 32u);
}

TEST_F(BundleTest, AFileCalledIndexIsNamedAfterItsFolder) {
  Write("index.js", "");
  EXPECT_EQ(LoadBundle(root_ / "index.js")->version.script(), "my-app");
}

TEST_F(BundleTest, AFolderGivesModulesByExtensionAndSkipsTheProjectsOwnFiles) {
  for (const char* name :
       {"index.js", "lib/a.mjs", "page.html", "data.json", "code.wasm", "raw.bin", "package.json",
        "node_modules/x/index.js", ".git/config.json", "Makefile", "types.d.ts"}) {
    Write(name, name);
  }
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(ModuleNames(*bundle), "index.js code.wasm data.json lib/a.mjs page.html raw.bin ");
  EXPECT_EQ(bundle->version.script(), "my-app");
  EXPECT_EQ(bundle->version.main_module(), "index.js");
}

TEST_F(BundleTest, TheManifestNamesEverything) {
  Write("src/app.js", "");
  Write("terrella.toml",
        "name='geo'\nmain='./src/app.js'\nroutes=['geo.edge.test/*']\n[vars]\nA='1'");
  auto bundle = LoadBundle(root_ / "terrella.toml");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->version.script(), "geo");
  EXPECT_EQ(bundle->version.main_module(), "src/app.js");
  EXPECT_THAT(bundle->routes, ::testing::ElementsAre("geo.edge.test/*"));
  EXPECT_EQ(bundle->version.bindings(0).text(), "1");
}

TEST_F(BundleTest, OptionsOverrideNameAndVars) {
  Write("index.js", "");
  Write("terrella.toml", "[vars]\nA='1'");
  auto bundle = LoadBundle(root_, {.name = "other", .vars = {{"A", "2"}, {"B", "x=y"}}});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->version.script(), "other");
  ASSERT_EQ(bundle->version.bindings_size(), 2);
  EXPECT_EQ(bundle->version.bindings(0).text(), "2");
  EXPECT_EQ(bundle->version.bindings(1).text(), "x=y");
}

TEST_F(BundleTest, TheSameFilesGiveTheSameIdAndOtherFilesAnother) {
  Write("index.js", "1");
  const std::string id = LoadBundle(root_)->version.id();
  EXPECT_EQ(LoadBundle(root_)->version.id(), id);
  Write("index.js", "2");
  EXPECT_NE(LoadBundle(root_)->version.id(), id);
}

TEST_F(BundleTest, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf(root_ / "nope"), HasSubstr("no such file or folder"));
  EXPECT_THAT(ErrorOf(root_), HasSubstr("no entry module: expected index.js"));
  Write("note.txt", "");
  EXPECT_THAT(ErrorOf(root_ / "note.txt"),
              HasSubstr("expected JavaScript (.js or .mjs), TypeScript"));
  Write("app.ts", "");
  setenv("TERRELLA_ESBUILD", "/nonexistent/esbuild", 1);
  EXPECT_THAT(ErrorOf(root_ / "app.ts"), HasSubstr("it is TypeScript"));
  unsetenv("TERRELLA_ESBUILD");
  Write("index.js", "");
  Write("terrella.toml", "main = 'indx.js'");
  EXPECT_THAT(ErrorOf(root_), HasSubstr("'indx.js' does not exist; did you mean 'index.js'?"));
  Write("terrella.toml", "main = 'note.txt'");
  EXPECT_THAT(ErrorOf(root_), HasSubstr("is neither JavaScript (.js or .mjs) nor TypeScript"));
  Write("terrella.toml", "");
  EXPECT_THAT(ErrorOf(root_, {.name = "Not A Name"}), HasSubstr("is not a script name"));
}

TEST_F(BundleTest, RefusesTooManyBytesAndSaysTheLimit) {
  Write("index.js", "");
  Write("big.bin", std::string(30u << 20, 'x'));
  auto bundle = LoadBundle(root_);
  EXPECT_EQ(bundle.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(ErrorOf(root_), HasSubstr("at most 25 MiB in all"));
  EXPECT_THAT(ErrorOf(root_), HasSubstr("alone is 30.0 MiB"));
}

TEST_F(BundleTest, RefusesTooManyModules) {
  Write("index.js", "");
  Write("b.js", "");
  LoadOptions options;
  options.limits.modules_max = 1;
  EXPECT_THAT(ErrorOf(root_, options), HasSubstr("more than 1 modules"));
}

TEST(ParseVar, SplitsAtTheFirstEquals) {
  EXPECT_EQ(ParseVar("A=b=c")->second, "b=c");
  EXPECT_FALSE(ParseVar("A").ok());
  EXPECT_FALSE(ParseVar("=b").ok());
  EXPECT_FALSE(ParseVar("a-b=c").ok());
}

}  // namespace
}  // namespace terrella::bundle
