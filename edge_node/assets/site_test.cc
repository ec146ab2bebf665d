#include "edge_node/assets/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "bundle/asset_rules.h"
#include "edge_node/assets/media_type.h"

namespace terrella::edge {
namespace {

using ::testing::HasSubstr;
using v1::StaticAssets;

struct SiteParts {
  StaticAssets config;
  Site::Options options;
  std::string headers, redirects;  // the files
};

class SiteTest : public ::testing::Test {
 protected:
  void Make(const SiteParts& parts = {}) {
    v1::AssetManifest manifest;
    for (const char* path :
         {"/404.html", "/a b.png", "/app/404.html", "/app/main.js", "/index.html", "/page.html"}) {
      v1::Asset& asset = *manifest.add_assets();
      asset.set_path(path);
      asset.set_sha256(Sha256(path));
      asset.set_size_bytes(100);
    }
    const auto headers = bundle::ParseHeadersFile(parts.headers, "f");
    const auto redirects = bundle::ParseRedirectsFile(parts.redirects, "f");
    ASSERT_TRUE(headers.ok() && redirects.ok()) << headers.status() << redirects.status();
    manifest.mutable_headers()->Assign(headers->begin(), headers->end());
    manifest.mutable_redirects()->Assign(redirects->begin(), redirects->end());
    site_ = *Site::Make(parts.config, manifest, parts.options);
  }
  std::optional<AssetAnswer> Route(std::string_view target, std::string_view method = "GET",
                                   const http::Headers& headers = {}) {
    return site_->Route({method, "h.test", target, headers}, WallTime{});
  }
  // "200 /page.html", "307 -> /page", "404", "worker".
  static std::string Text(const std::optional<AssetAnswer>& answer) {
    if (!answer) return "worker";
    std::string text = std::to_string(answer->head.status);
    if (const auto to = answer->head.headers.Find("location"))
      return text + " -> " + std::string(*to);
    if (answer->asset != nullptr) text += " " + std::string(answer->asset->path);
    return text;
  }
  std::string Get(std::string_view target) { return Text(Route(target)); }

  std::shared_ptr<const Site> site_;
};

TEST_F(SiteTest, AnswersFilesWithTheirHead) {
  Make();
  const auto answer = Route("/page?x=1");
  ASSERT_EQ(Text(answer), "200 /page.html");
  const http::Headers& headers = answer->head.headers;
  EXPECT_EQ(headers.Find("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(headers.Find("cache-control"), "public, max-age=0, must-revalidate");
  EXPECT_EQ(headers.Find("etag"), "\"" + ToHex(Sha256("/page.html").substr(0, 16)) + "\"");
  EXPECT_EQ(answer->range.length, 100u);
}

TEST_F(SiteTest, DecodesPathsAndEscapesNothing) {
  Make();
  const std::pair<const char*, const char*> kRows[] = {
      {"/a%20b.png", "200 /a b.png"},
      {"/a b.png", "200 /a b.png"},
      {"/%70age", "200 /page.html"},
      {"/page.html?q=1&r", "307 -> /page?q=1&r"},
      {"/app%2Fmain.js", "404"},
      {"/app/../page", "404"},
      {"/app/%2e%2e/page", "404"},
      {"/..%2f..%2fetc/passwd", "404"},
      {"/page%00", "404"},
      {"/page%", "404"},
      {"/page%zz", "404"},
      {"//page", "404"},
      {"*", "404"},
  };
  for (const auto& [target, want] : kRows) EXPECT_EQ(Get(target), want) << target;
}

// RFC 9110 sections 13.1.2, 14.2, 15.3.7, 15.5.17.
TEST_F(SiteTest, KnowsConditionsAndRanges) {
  Make();
  const std::string etag(*Route("/page")->head.headers.Find("etag"));
  const auto fresh = Route("/page", "GET", {{"if-none-match", "\"x\", W/" + etag}});
  EXPECT_EQ(Text(fresh), "304");
  EXPECT_EQ(fresh->head.headers.Find("etag"), etag);
  EXPECT_FALSE(fresh->head.headers.Has("content-type"));
  EXPECT_EQ(Text(Route("/page", "GET", {{"if-none-match", "\"x\""}})), "200 /page.html");
  const auto part = Route("/page", "GET", {{"range", "bytes=10-19"}});
  EXPECT_EQ(Text(part), "206 /page.html");
  EXPECT_EQ(part->range, (cache::ByteRange{10, 10}));
  EXPECT_EQ(part->head.headers.Find("content-range"), "bytes 10-19/100");
  const auto beyond = Route("/page", "GET", {{"range", "bytes=100-"}});
  EXPECT_EQ(Text(beyond), "416");
  EXPECT_EQ(beyond->head.headers.Find("content-range"), "bytes */100");
  EXPECT_EQ(Text(Route("/page", "HEAD", {{"range", "bytes=10-19"}})), "200 /page.html");
  EXPECT_EQ(Text(Route("/page", "GET", {{"range", "bytes=0-1"}, {"if-range", "\"x\""}})),
            "200 /page.html");
  EXPECT_EQ(Text(Route("/page", "GET", {{"range", "bytes=0-1,5-6"}})), "200 /page.html");
}

TEST_F(SiteTest, NotFoundIsWhatTheVersionSays) {
  Make();
  EXPECT_EQ(Get("/nothing"), "404");
  StaticAssets config;
  config.set_not_found_handling(StaticAssets::NOT_FOUND_PAGE);
  Make({.config = config});
  EXPECT_EQ(Get("/nothing"), "404 /404.html");
  EXPECT_EQ(Get("/app/x/y"), "404 /app/404.html");
  EXPECT_EQ(Get("/app/"), "404 /app/404.html");
  config.set_not_found_handling(StaticAssets::SINGLE_PAGE_APPLICATION);
  Make({.config = config});
  EXPECT_EQ(Get("/app/x/y"), "200 /index.html");
}

TEST_F(SiteTest, TheWorkerGetsWhatIsNoAsset) {
  SiteParts parts{.options = {.has_worker = true}};
  Make(parts);
  EXPECT_EQ(Get("/page"), "200 /page.html");
  EXPECT_EQ(Get("/api"), "worker");
  EXPECT_EQ(Text(Route("/page", "POST")), "worker");
  EXPECT_EQ(Text(Route("/page", "HEAD")), "200 /page.html");
  // assets_navigation_prefers_asset_serving
  const http::Headers navigation = {{"sec-fetch-mode", "navigate"}};
  parts.config.set_not_found_handling(StaticAssets::SINGLE_PAGE_APPLICATION);
  Make(parts);
  EXPECT_EQ(Text(Route("/deep", "GET", navigation)), "worker");
  parts.options.navigation_prefers_assets = true;
  Make(parts);
  EXPECT_EQ(Text(Route("/deep", "GET", navigation)), "200 /index.html");
  EXPECT_EQ(Get("/deep"), "worker");
  const auto own = site_->Answer({"GET", "h.test", "/deep", {}}, WallTime{});
  EXPECT_EQ(Text(own), "200 /index.html") << "env.ASSETS has nobody else to ask";
}

TEST_F(SiteTest, TheWorkerMayComeFirst) {
  SiteParts parts{.options = {.has_worker = true}};
  parts.config.set_run_worker_first(true);
  Make(parts);
  EXPECT_EQ(Get("/page"), "worker");
  parts.config.set_run_worker_first(false);
  for (const char* path : {"/app/*", "/p*e", "!/app/main.*"})
    parts.config.add_worker_first_paths(path);
  Make(parts);
  EXPECT_EQ(Get("/page"), "worker");
  EXPECT_EQ(Get("/app/x"), "worker");
  EXPECT_EQ(Get("/app/main.js"), "200 /app/main.js");
  EXPECT_EQ(Get("/"), "200 /index.html");
}

TEST_F(SiteTest, OtherMethodsAreRefusedWithoutAWorker) {
  Make();
  const auto refused = Route("/page", "POST");
  EXPECT_EQ(Text(refused), "405");
  EXPECT_EQ(refused->head.headers.Find("allow"), "GET, HEAD");
  EXPECT_EQ(Text(Route("/nothing", "DELETE")), "404");
}

TEST_F(SiteTest, RedirectsComeFirst) {
  Make({.redirects =
            "/page /elsewhere\n/old/:x/* /new/:splat?by=:x 301\n/out/* https://o.test/:splat#f\n"
            "/loop /loop\n/app2/* /app/main.js 200\n/short /page.html 200\n/go/* /:splat\n"
            "/old/1/2 /static 308\n"});
  const std::pair<const char*, const char*> kRows[] = {
      {"/page", "302 -> /elsewhere"},
      {"/page?a=b", "302 -> /elsewhere?a=b"},
      {"/old/1/2/3?q", "301 -> /new/2/3?by=1"},
      {"/old/1/2", "308 -> /static"},
      {"/out/a%20b?q", "302 -> https://o.test/a%20b?q#f"},
      {"/loop", "404"},
      {"/app2/any/thing", "200 /app/main.js"},
      {"/short", "200 /page.html"},
      {"/go//evil.test/", "302 -> /evil.test/"},
  };
  for (const auto& [target, want] : kRows) EXPECT_EQ(Get(target), want) << target;
}

TEST_F(SiteTest, HeaderRulesJoinAndTakeAway) {
  Make({.headers = "/*\n x-a: 1\n cache-control: max-age=5\n/app/:f\n X-A: 2 :f\n ! etag\n"
                   "https://other.test/*\n x-b: no\nhttps://h.test/page\n set-cookie: a=1\n "
                   "set-cookie: b=2\n"});
  const auto script = Route("/app/main.js");
  EXPECT_EQ(script->head.headers.Find("x-a"), "1, 2 main.js");
  EXPECT_EQ(script->head.headers.Find("cache-control"), "max-age=5");
  EXPECT_FALSE(script->head.headers.Has("etag"));
  EXPECT_FALSE(script->head.headers.Has("x-b"));
  EXPECT_EQ(Route("/page")->head.headers.Count("set-cookie"), 2u);
  EXPECT_EQ(Route("/page.html")->head.headers.Find("x-a"), std::nullopt) << "not on redirects";
}

TEST(Stars, MatchAnyRunOfBytes) {
  const struct {
    const char *pattern, *path;
    bool want;
  } kRows[] = {{"/a", "/a", true},     {"/a", "/ab", false},    {"/*", "/", true},
               {"/*b", "/abab", true}, {"/*b*d", "/bc", false}, {"/a**", "/a", true},
               {"", "", true},         {"*", "", true},         {"/x*y*z", "/xyyzz", true}};
  for (const auto& row : kRows)
    EXPECT_EQ(MatchesStars(row.pattern, row.path), row.want) << row.path;
}

TEST(EncodedPaths, ComeBackAsTheyWere) {
  for (const char* path : {"/a b", "/é", "/100%", "/a?b#c", "/[x]\"<>", "/+&;=:@"}) {
    const std::string encoded = EncodePath(path);
    EXPECT_EQ(encoded.find_first_of(" ?#\"<>"), std::string::npos) << encoded;
    EXPECT_EQ(DecodePath(encoded), path);
  }
}

TEST(MediaTypes, AreFoundByExtension) {
  EXPECT_EQ(MediaTypeOf("/a/b.CSS"), "text/css; charset=utf-8");
  EXPECT_EQ(MediaTypeOf("/x.tar.gz"), "application/gzip");
  for (const char* unknown : {"/x", "/x.", "/x.nobodyknows", "/a.b/c", ".averylongextension"}) {
    EXPECT_EQ(MediaTypeOf(unknown), "application/octet-stream") << unknown;
  }
}

TEST(AssetTables, RefuseWhatIsOutOfOrder) {
  v1::AssetManifest manifest;
  for (const char* path : {"/b", "/a"}) {
    manifest.add_assets()->set_path(path);
    manifest.mutable_assets(manifest.assets_size() - 1)->set_sha256(std::string(32, 'x'));
  }
  EXPECT_FALSE(AssetTable::Make(manifest).ok());
  manifest.mutable_assets()->RemoveLast();
  EXPECT_TRUE(AssetTable::Make(manifest).ok());
  manifest.mutable_assets(0)->set_sha256("short");
  EXPECT_FALSE(AssetTable::Make(manifest).ok());
}

}  // namespace
}  // namespace terrella::edge
