#include "bundle/wrangler_project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "bundle/packed.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WranglerProjectTest : public ::testing::Test {
 protected:
  WranglerProjectTest() {
    // No program of this name: whoever needs esbuild says so.
    setenv("TERRELLA_ESBUILD", "/nonexistent/esbuild", 1);
  }
  ~WranglerProjectTest() override { unsetenv("TERRELLA_ESBUILD"); }

  void Write(const std::string& name, std::string_view content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  std::string ErrorOf(const LoadOptions& options = {}) {
    return std::string(Message(LoadBundle(root_, options).status()));
  }
  // "name:kind ..." in the order of their names.
  static std::string Modules(const Bundle& bundle) {
    std::vector<std::string> names;
    for (const v1::Module& m : bundle.version.modules()) {
      names.push_back(fmt::format("{}:{} ", m.name(), v1::ModuleKind_Name(m.kind()).substr(12)));
    }
    std::sort(names.begin(), names.end());
    std::string out;
    for (const std::string& name : names) out += name;
    return out;
  }
  static std::string Env(const Bundle& bundle) {
    std::string out;
    for (const v1::Binding& b : bundle.version.bindings()) out += b.name() + "=" + b.text() + " ";
    return out;
  }

  TempFolder folder_;
  const fs::path root_ = folder_.path() / "project";
};

TEST_F(WranglerProjectTest, PlainModulesNeedNoBundler) {
  Write("wrangler.toml", "name = 'a'\nmain = './src/index.js'\n");
  Write("src/index.js",
        "import './lib/b.js';\nimport page from '../page.html';\nimport { env } from "
        "'cloudflare:workers';\n"
        "export default {};");
  Write("src/lib/b.js", "export * from './c.mjs'; import j from '../data.json';");
  Write("src/lib/c.mjs", "const lazy = () => import('../lazy.js');");
  Write("src/lazy.js", "export {}");
  Write("src/data.json", "{}");
  Write("page.html", "<p>");
  Write("src/unused.js", "");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(Modules(*bundle),
            "page.html:TEXT src/data.json:JSON src/index.js:ESM src/lazy.js:ESM src/lib/b.js:ESM "
            "src/lib/c.mjs:ESM ");
  EXPECT_EQ(bundle->version.main_module(), "src/index.js");
  EXPECT_THAT(bundle->warnings, IsEmpty());
}

TEST_F(WranglerProjectTest, SaysWhyItNeedsABundler) {
  Write("wrangler.toml", "name = 'a'\nmain = 'index.js'\n");
  const std::pair<const char*, const char*> kCases[] = {
      {"import { Hono } from 'hono';", "index.js:1: imports the package \"hono\""},
      {"\nconst x = require('./x');", "index.js:2: require(\"./x\")"},
      {"import './x';", "index.js:1: imports \"./x\", which is no file"},
      {"import '../x.js';", "index.js:1: imports \"../x.js\" from outside of the project"},
      {"import './x.ts';", "index.js:1: imports \"./x.ts\""},
      {"import 'buffer';", "index.js:1: imports the package \"buffer\""},
  };
  Write("x.ts", "");
  for (const auto& [source, why] : kCases) {
    Write("index.js", source);
    EXPECT_THAT(ErrorOf(), HasSubstr(why)) << source;
    EXPECT_THAT(ErrorOf(), HasSubstr("/nonexistent/esbuild"));
  }
  Write("wrangler.toml",
        "name = 'a'\nmain = 'index.js'\ncompatibility_flags = ['nodejs_compat']\n");
  Write("index.js", "import 'buffer'; import 'stream/web'; export default {}");
  EXPECT_EQ(ErrorOf(), "");
  Write("wrangler.toml", "name = 'a'\nmain = 'x.ts'\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("x.ts must be bundled (it is TypeScript or JSX)"));
}

TEST_F(WranglerProjectTest, NoBundleAndAdditionalModulesTakeFilesAsTheyAre) {
  Write("wrangler.toml", R"(name = 'a'
main = 'src/index.js'
no_bundle = true
find_additional_modules = true
rules = [{ type = 'Text', globs = ['**/*.tpl'], fallthrough = true }]
)");
  Write("src/index.js", "import 'a-package'; export default {}");
  Write("src/deep/page.tpl", "");
  Write("src/other.js", "");
  Write("outside.js", "");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(Modules(*bundle), "src/deep/page.tpl:TEXT src/index.js:ESM src/other.js:ESM ");
}

TEST_F(WranglerProjectTest, AScriptHasNoExports) {
  Write("wrangler.json",
        R"({ "name": "a", "main": "index.js", "text_blobs": { "PAGE": "page.txt" } })");
  Write("index.js", "addEventListener('fetch', (e) => e.respondWith(new Response(PAGE)));");
  Write("page.txt", "text");
  auto bundle = LoadBundle(root_ / "wrangler.json");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(Modules(*bundle), "__PAGE:TEXT index.js:SCRIPT ");
  EXPECT_EQ(bundle->version.bindings(0).module(), "__PAGE");
}

TEST_F(WranglerProjectTest, DevVarsStandInForSecretsWhileDeveloping) {
  Write("wrangler.toml",
        "name = 'a'\nmain = 'index.js'\nvars = { A = 'toml', B = 'toml' }\n[env.x]\nvars = { A = "
        "'x' }\n");
  Write("index.js", "export default {}");
  Write(".env", "A=env\n");
  EXPECT_EQ(Env(*LoadBundle(root_, {.development = true})), "A=env B=toml ");
  Write(".dev.vars", "A=dev\nC=dev\n");
  EXPECT_EQ(Env(*LoadBundle(root_)), "A=toml B=toml ");
  EXPECT_EQ(Env(*LoadBundle(root_, {.vars = {{"C", "flag"}}, .development = true})),
            "A=dev B=toml C=flag ");
  Write(".dev.vars.x", "D=x\n");
  EXPECT_EQ(Env(*LoadBundle(root_, {.environment = "x", .development = true})), "A=x D=x ");
  Write(".dev.vars", "no\n");
  EXPECT_THAT(ErrorOf({.development = true}), HasSubstr(".dev.vars:1:1: expected NAME=value"));
}

TEST_F(WranglerProjectTest, OriginsAndLimitsComeFromTheManifestBesideIt) {
  Write("wrangler.toml", "name = 'a'\nmain = 'index.js'\nlimits = { cpu_ms = 100 }\n");
  Write("index.js", "export default {}");
  Write("terrella.toml",
        "[limits]\nheap_mib = 64\n[[origins]]\nhost = 'api.example'\naddress = '127.0.0.1:9000'\n");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->version.origins(0).host(), "api.example");
  EXPECT_EQ(bundle->version.limits().cpu_ms(), 100u);
  EXPECT_EQ(bundle->version.limits().heap_bytes(), 64u << 20);
  Write("terrella.toml", "name = 'b'\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("may only declare [[origins]], [limits] and [rollout]"));
}

TEST_F(WranglerProjectTest, ASitesFilesBecomeDataModulesAndAManifest) {
  Write("wrangler.toml", "name = 'a'\nmain = 'index.js'\nsite = { bucket = './public' }\n");
  Write("index.js", "export default {}");
  Write("public/index.html", "<p>");
  Write("public/css/a.css", "p{}");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(
      Modules(*bundle),
      "__STATIC_CONTENT/css/a.806db22126.css:DATA __STATIC_CONTENT/index.33f2799467.html:DATA "
      "__STATIC_CONTENT_MANIFEST:TEXT index.js:ESM ");
  EXPECT_EQ(bundle->version.bindings(0).site(), "__STATIC_CONTENT");
  Write("wrangler.toml", "name = 'a'\nmain = 'index.js'\nsite = { bucket = 'none' }\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("'site.bucket' is no folder"));
}

TEST_F(WranglerProjectTest, TheBuildCommandRunsFirst) {
  Write("wrangler.toml",
        "name = 'a'\nmain = 'out/index.js'\nbuild = { command = 'mkdir -p out && cp in.js "
        "out/index.js' }\n");
  Write("in.js", "export default {}");
  EXPECT_EQ(ErrorOf(), "");
  Write("wrangler.toml",
        "name = 'a'\nmain = 'index.js'\nbuild = { command = 'echo why >&2; exit 7' }\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("failed with exit code 7\nwhy"));
}

TEST_F(WranglerProjectTest, RefusesWhatIsNotThere) {
  Write("wrangler.toml", "name = 'a'\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("no 'main'"));
  Write("wrangler.toml", "name = 'a'\nmain = 'gone.js'\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("'main' = 'gone.js' does not exist"));
  Write("wrangler.toml", "name = 'a'\nmain = '../x.js'\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("lies outside of the project"));
  Write("wrangler.toml", "main = 'index.js'\n");
  Write("index.js", "export default {}");
  EXPECT_THAT(ErrorOf(), HasSubstr("no 'name'"));
  EXPECT_EQ(ErrorOf({.name = "given"}), "");
}

// A stand-in for esbuild that writes what a bundle of two files looks like.
TEST_F(WranglerProjectTest, TakesWhatTheBundlerMade) {
  const fs::path program = folder_.path() / "esbuild";
  std::ofstream(program) << R"(#!/bin/sh
for word; do case $word in --outdir=*) out=${word#--outdir=};; esac; done
mkdir -p $out
echo 'export default {};' > $out/index.js
echo '{"version":3,"sources":["../../SOURCE"],"names":["x"],"mappings":"AAAA","sourcesContent":["x"]}' | sed "s|../../SOURCE|$PWD/src/index.ts|" > $out/index.js.map
echo '<p>' > $out/page-ABC.html
cat > $out/meta.json <<META
{"inputs":{"src/index.ts":{},"node_modules/x/index.js":{},"src/page.html?raw":{}},
 "outputs":{"o/index.js":{"entryPoint":"src/index.ts","exports":["default"],"imports":[{"kind":"require-call","path":"node:fs","external":true}]},
            "o/index.js.map":{},"o/page-ABC.html":{"exports":[],"imports":[]}}}
META
echo "warning: odd" >&2
)";
  fs::permissions(program, fs::perms::owner_all);
  setenv("TERRELLA_ESBUILD", program.c_str(), 1);
  Write("wrangler.toml", "name = 'a'\nmain = 'src/index.ts'\n");
  Write("src/index.ts", "");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(Modules(*bundle), "index.js.map:SOURCE_MAP index.js:ESM page-ABC.html:TEXT ");
  EXPECT_THAT(bundle->warnings, ElementsAre("warning: odd"));
  std::map<std::string, std::string> contents;
  for (const v1::Module& m : bundle->version.modules())
    contents[m.name()] = bundle->blobs.at(m.sha256());
  EXPECT_THAT(contents["index.js"], HasSubstr("__createRequire(\"/\");\nexport default {};"));
  EXPECT_EQ(contents["index.js.map"],
            R"({"mappings":";AAAA","names":[],"sources":["src/index.ts"],"version":3})");
  std::vector<std::string> watched;
  for (const fs::path& path : bundle->watch) watched.push_back(path.filename().string());
  EXPECT_THAT(watched, ElementsAre("wrangler.toml", "index.ts", "page.html"));

  std::ofstream(program) << "#!/bin/sh\necho 'src/index.ts:1:2: ERROR: no' >&2; exit 1\n";
  EXPECT_EQ(ErrorOf(), "src/index.ts:1:2: ERROR: no");
}

TEST_F(WranglerProjectTest, APackedBundleIsTheSameBundle) {
  Write("wrangler.toml", "name = 'a'\nmain = 'index.js'\nvars = { A = '1' }\n");
  Write("index.js", "export default {}");
  auto bundle = LoadBundle(root_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const fs::path packed = folder_.path() / "a.worker";
  ASSERT_TRUE(SavePacked(packed, *bundle).ok());
  auto again = LoadBundle(packed);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version.id(), bundle->version.id());
  EXPECT_EQ(again->blobs, bundle->blobs);
  std::ofstream(packed) << "\xff\xff";
  EXPECT_THAT(std::string(Message(LoadBundle(packed).status())), HasSubstr("is no packed bundle"));
}

}  // namespace
}  // namespace terrella::bundle
