// What a 304 changes, which requests share a response, which were purged, which are cached at all.
#include "edge_node/cache/policy/validation.h"

#include <gtest/gtest.h>

#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/purge.h"
#include "edge_node/cache/policy/storing.h"
#include "edge_node/cache/policy/testing.h"
#include "edge_node/cache/policy/vary.h"

namespace terrella::cache {
namespace {

StoredHead Stored(std::string_view fields) {
  const StoreDecision got = DecideStore(
      {}, {.status = 200, .reason = "", .headers = HeadersOf(fields)}, {kNoon, kNoon}, {});
  EXPECT_TRUE(got.store) << got.why_not;
  return got.head;
}

std::optional<StoredHead> After304(const StoredHead& stored, std::string_view fields,
                                   WallTime at = kNoon + std::chrono::seconds(100)) {
  return Freshen(stored, {}, {.status = 304, .reason = "", .headers = HeadersOf(fields)}, {at, at},
                 {});
}

TEST(Validation, AsksWithBothValidatorsAndWithoutTheClientsOwn) {
  // RFC 9111 section 4.3.1
  http::Headers request =
      HeadersOf("If-None-Match: \"mine\"|Range: bytes=0-1|If-Range: x|Accept: a");
  RemoveConditions(request);
  EXPECT_EQ(request.size(), 1u);
  EXPECT_TRUE(AddConditions(
      Stored("Cache-Control: max-age=1|ETag: W/\"a\"|Last-Modified: yesterday"), request));
  EXPECT_EQ(request.Find("if-none-match"), "W/\"a\"");
  EXPECT_EQ(request.Find("if-modified-since"), "yesterday");
  http::Headers none;
  EXPECT_FALSE(AddConditions(Stored("Cache-Control: max-age=1"), none));
  EXPECT_TRUE(none.empty());
}

TEST(Validation, A304BringsNewFieldsAndANewLifetime) {
  // RFC 9111 sections 3.2 and 4.3.4
  const StoredHead stored = Stored(
      "Date: Tue, 01 Sep 2026 12:00:00 GMT|Cache-Control: max-age=60|ETag: \"a\"|X: old|Keep: 1|"
      "Content-Encoding: br|Cache-Tag: t");
  const auto fresh =
      After304(stored,
               "Date: Tue, 01 Sep 2026 12:01:40 GMT|Cache-Control: max-age=90|"
               "ETag: \"a\"|X: one|X: two|Content-Type: text/plain|Content-Length: 0");
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->status, 200);
  EXPECT_EQ(fresh->lifetime, std::chrono::seconds(90));
  EXPECT_EQ(fresh->AgeAt(kNoon + std::chrono::seconds(100)), Duration(0));
  EXPECT_EQ(fresh->headers.Combined("x"), "one, two");
  EXPECT_EQ(fresh->headers.Find("keep"), "1");
  EXPECT_EQ(fresh->headers.Find("content-encoding"), "br") << "so are the bytes we hold";
  EXPECT_FALSE(fresh->headers.Has("content-length"));
  EXPECT_EQ(fresh->tags, stored.tags);
}

TEST(Validation, A304ThatSaysNothingRenewsTheOldTimes) {
  const StoredHead stored =
      Stored("Date: Tue, 01 Sep 2026 12:00:00 GMT|Cache-Control: max-age=60|ETag: \"a\"");
  const auto fresh = After304(stored, "");
  ASSERT_TRUE(fresh);
  EXPECT_TRUE(fresh->FreshAt(kNoon + std::chrono::seconds(159)));
  EXPECT_FALSE(fresh->FreshAt(kNoon + std::chrono::seconds(160)));
}

TEST(Validation, A304AboutAnotherRepresentationDoesNotCount) {
  const StoredHead stored = Stored("Cache-Control: max-age=60|ETag: \"a\"");
  EXPECT_FALSE(After304(stored, "ETag: \"b\""));
  EXPECT_TRUE(After304(stored, "ETag: W/\"b\"")) << "a weak tag identifies nothing";
}

TEST(Validation, A304ThatForbidsStoringIsServedOnce) {
  const StoredHead stored = Stored("Cache-Control: max-age=60|ETag: \"a\"");
  const auto once = After304(stored, "Cache-Control: no-store");
  ASSERT_TRUE(once);
  EXPECT_FALSE(once->FreshAt(kNoon + std::chrono::seconds(100)));
  EXPECT_TRUE(once->forbids_stale);
}

struct VaryRow {
  const char* clause;
  const char* vary;
  const char* stored_request;
  const char* request;
  bool match;
};
const VaryRow kVaryRows[] = {
    {"9111-4.1 the same value", "Accept", "Accept: a", "Accept: a", true},
    {"9111-4.1 another value", "Accept", "Accept: a", "Accept: b", false},
    {"9111-4.1 missing in both", "Accept", "", "", true},
    {"9111-4.1 missing in one", "Accept", "Accept: a", "", false},
    {"9111-4.1 missing is not empty", "Accept", "Accept: ", "", false},
    {"9110-5.1 names have no case", "ACCEPT", "accept: a", "Accept: a", true},
    {"9111-4.1 fields not named do not count", "Accept", "Accept: a|X: 1", "Accept: a|X: 2", true},
    {"9111-4.1 both of two fields must match", "Accept, X", "Accept: a|X: 1", "Accept: a|X: 2",
     false},
    {"9111-4.1 spaces around list items make no difference", "Accept", "Accept: a,b",
     "Accept:   a  ,  b ", true},
    {"9111-4.1 several lines are one list", "Accept", "Accept: a|Accept: b", "Accept: a, b", true},
    {"9111-4.1 order counts where it is not known not to", "Accept-Language",
     "Accept-Language: de, en", "Accept-Language: en, de", false},
    {"9110-12.5.3 the order of codings does not", "Accept-Encoding", "Accept-Encoding: gzip, br",
     "Accept-Encoding: br,gzip", true},
    {"9110-12.5.3 weight 1 is no weight", "Accept-Encoding", "Accept-Encoding: gzip;q=1.0",
     "Accept-Encoding: gzip", true},
    {"9110-12.5.3 weight 0 is as good as missing", "Accept-Encoding",
     "Accept-Encoding: br;q=0, gzip", "Accept-Encoding: gzip", true},
    {"9110-12.5.3 another weight counts", "Accept-Encoding", "Accept-Encoding: gzip;q=0.5",
     "Accept-Encoding: gzip", false},
    {"9110-12.5.3 identity;q=0 forbids something", "Accept-Encoding",
     "Accept-Encoding: gzip, identity;q=0", "Accept-Encoding: gzip", false},
    {"9110-12.5.3 coding names have no case", "Accept-Encoding", "Accept-Encoding: GZip",
     "Accept-Encoding: gzip", true},
    {"9111-4.1 a value cannot stand for two", "A, B", "A: 1\tb=2", "A: 1|B: 2", false},
};
class VaryTable : public ::testing::TestWithParam<VaryRow> {};
TEST_P(VaryTable, IsAsTheClauseSays) {
  const VaryRow& row = GetParam();
  const Vary vary = VaryOf(HeadersOf(std::string("Vary: ") + row.vary));
  EXPECT_EQ(VaryValues(vary.names, HeadersOf(row.stored_request)) ==
                VaryValues(vary.names, HeadersOf(row.request)),
            row.match)
      << row.clause;
}
INSTANTIATE_TEST_SUITE_P(Rfc9111, VaryTable, ::testing::ValuesIn(kVaryRows));

TEST(CacheKey, SeparatesScriptsCachesAndUrls) {
  const http::Headers none;
  const auto key = [&](std::string_view script, std::string_view name, std::string_view url) {
    return MakeCacheKey({script, name}, url, none);
  };
  EXPECT_EQ(key("a", "", "http://h/p#x"), key("a", "", "http://h/p"));
  EXPECT_NE(key("a", "", "http://h/p"), key("b", "", "http://h/p"));
  EXPECT_NE(key("a", "", "http://h/p"), key("a", "x", "http://h/p"));
  EXPECT_NE(key("a", "x\ny", "u"), key("a", "x", "y\nu")) << "no name reaches into another part";
  const std::string text = key("a", "", "http://h/p");
  const CacheKeyParts parts = SplitCacheKey(text);
  EXPECT_EQ(parts.script, "a");
  EXPECT_EQ(parts.url, "http://h/p");
}

TEST(CacheKey, HoldsTheFieldsThatSomeOriginsTakeForTheRequest) {
  const auto key = [](std::string_view fields) {
    return MakeCacheKey({"a", ""}, "http://h/p", HeadersOf(fields));
  };
  for (const char* field : {"Origin: x", "X-Forwarded-Host: x", "X-HTTP-Method-Override: PUT",
                            "X-Original-URL: /admin", "X-Forwarded-Scheme: nothttps"}) {
    EXPECT_NE(key(field), key("")) << field;
  }
  for (const char* field : {"Cookie: x", "User-Agent: x", "X-Forwarded-Scheme: https"}) {
    EXPECT_EQ(key(field), key("")) << field;
  }
}

TEST(CacheKey, LocationsOfTheSameOriginAreInvalidated) {
  // RFC 9111 section 4.4
  const std::string base = "http://h:1/a?b";
  EXPECT_EQ(SameOriginTarget(base, "/c"), "http://h:1/c");
  EXPECT_EQ(SameOriginTarget(base, "http://H:1/c#d"), "http://h:1/c");
  EXPECT_EQ(SameOriginTarget(base, "http://h:1"), "http://h:1/");
  for (const char* other : {"http://h/c", "https://h:1/c", "http://x:1/c", "//h:1/c", "c", ""}) {
    EXPECT_EQ(SameOriginTarget(base, other), "") << other;
  }
}

TEST(Purge, FindsByUrlPrefixHostAndTag) {
  using Kind = PurgeRule::Kind;
  const PurgeTable table({{"s",
                           {.floor = 10,
                            .rules = {{20, Kind::kUrl, "http://h/a"},
                                      {30, Kind::kPrefix, "h/docs/"},
                                      {40, Kind::kHost, "img:8"},
                                      {50, Kind::kTag, "blog"}}}}});
  const std::vector<std::string> none, blog = {"news", "blog"};
  EXPECT_TRUE(table.IsPurged("s", "http://h/x", none, 9)) << "older than all that is remembered";
  EXPECT_FALSE(table.IsPurged("s", "http://h/x", none, 10));
  EXPECT_TRUE(table.IsPurged("s", "http://h/a", none, 19));
  EXPECT_FALSE(table.IsPurged("s", "http://h/a", none, 20));
  EXPECT_FALSE(table.IsPurged("s", "http://h/ab", none, 19));
  EXPECT_TRUE(table.IsPurged("s", "https://h/docs/x", none, 29)) << "no scheme: any scheme";
  EXPECT_FALSE(table.IsPurged("s", "https://h/docs", none, 29));
  EXPECT_TRUE(table.IsPurged("s", "http://img:8/x?y", none, 39));
  EXPECT_FALSE(table.IsPurged("s", "http://img:80/x", none, 39));
  EXPECT_TRUE(table.IsPurged("s", "http://h/x", blog, 49));
  EXPECT_FALSE(table.IsPurged("s", "http://h/x", blog, 50));
  EXPECT_FALSE(table.IsPurged("other", "http://h/a", blog, 0)) << "another script's cache";
  EXPECT_EQ(table.StampFor("s"), 50u);
  EXPECT_EQ(table.StampFor("other"), 0u);
}

struct EligibleRow {
  const char* what;
  const char* method;
  const char* url;
  const char* request;
  bool by_default;
  bool everything;  // with cf.cacheEverything
};
TEST(FetchRules, DecideWhatIsCachedAtAll) {
  const EligibleRow rows[] = {
      {"a static extension", "GET", "http://h/a/b.js", "", true, true},
      {"in capitals", "GET", "http://h/B.PNG?v=1", "", true, true},
      {"HEAD", "HEAD", "http://h/b.css#x", "", true, true},
      {"robots.txt", "GET", "http://h/robots.txt", "", true, true},
      {"another .txt", "GET", "http://h/a.txt", "", false, true},
      {"HTML", "GET", "http://h/index.html", "", false, true},
      {"JSON", "GET", "http://h/a.json", "", false, true},
      {"no extension", "GET", "http://h/", "", false, true},
      {"an extension in the query", "GET", "http://h/api?f=a.js", "", false, true},
      {"an extension of a folder", "GET", "http://h/a.js/b", "", false, true},
      {"an extension in the host", "GET", "http://h.js", "", false, true},
      {"POST", "POST", "http://h/b.js", "", false, false},
      {"get: methods have case", "get", "http://h/b.js", "", false, false},
      {"If-Match is for the origin", "GET", "http://h/b.js", "If-Match: \"a\"", false, false},
      {"an upgrade", "GET", "http://h/b.js", "Upgrade: websocket", false, false},
  };
  FetchRules everything;
  everything.everything = true;
  for (const EligibleRow& row : rows) {
    const http::Headers fields = HeadersOf(row.request);
    const CacheableRequest request{row.method, row.url, fields, false};
    EXPECT_EQ(MayBeCached(request, {}), row.by_default) << row.what;
    EXPECT_EQ(MayBeCached(request, everything), row.everything) << row.what;
  }
  FetchRules ttl;
  ttl.ttl_s = 5;
  const http::Headers none;
  EXPECT_TRUE(MayBeCached({"GET", "http://h/api", none, false}, ttl));
  EXPECT_FALSE(MayBeCached({"GET", "http://h/b.js", none, true}, ttl)) << "a body";
}

TEST(FetchRules, StatusRangesAreThreeDigitsOrTwoOfThem) {
  EXPECT_EQ(ParseStatusRange("404")->last, 404);
  EXPECT_EQ(ParseStatusRange("200-299")->first, 200);
  for (const char* bad : {"", "20", "2xx", "299-200", "200-", "-299", "600", "200-299-300"}) {
    EXPECT_FALSE(ParseStatusRange(bad)) << bad;
  }
}

}  // namespace
}  // namespace terrella::cache
