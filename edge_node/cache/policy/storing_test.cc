// Which responses are stored and for how long: one row a rule, each naming its clause.
#include "edge_node/cache/policy/storing.h"

#include <gtest/gtest.h>

#include "edge_node/cache/policy/cache_control.h"
#include "edge_node/cache/policy/testing.h"

namespace terrella::cache {
namespace {

constexpr int64_t kNo = -1;  // not stored

struct Row {
  const char* clause;
  int status;
  const char* request;   // fields
  const char* response;  // fields
  int64_t lifetime_s;    // kNo: not stored
};

// Responses without validators unless they say so; Date is noon, the time they arrive.
const Row kRows[] = {
    // --- explicit freshness: RFC 9111 section 4.2.1
    {"9111-4.2.1 max-age", 200, "", "Cache-Control: max-age=60", 60},
    {"9111-4.2.1 s-maxage before max-age", 200, "", "Cache-Control: max-age=60, s-maxage=7", 7},
    {"9111-4.2.1 s-maxage before max-age, in any order", 200, "",
     "Cache-Control: s-maxage=7, max-age=60", 7},
    {"9111-4.2.1 max-age before Expires", 200, "",
     "Cache-Control: max-age=60|Expires: Tue, 01 Sep 2026 13:00:00 GMT", 60},
    {"9111-4.2.1 Expires minus Date", 200, "",
     "Date: Tue, 01 Sep 2026 12:00:00 GMT|Expires: Tue, 01 Sep 2026 12:10:00 GMT", 600},
    {"9111-4.2.1 Expires without Date counts from its arrival", 200, "",
     "Expires: Tue, 01 Sep 2026 12:10:00 GMT", 600},
    {"9111-4.2.1 Expires with a Date that is none counts from its arrival", 200, "",
     "Date: yesterday|Expires: Tue, 01 Sep 2026 12:10:00 GMT", 600},
    {"9111-4.2.1 the first of two max-age counts", 200, "",
     "Cache-Control: max-age=60, max-age=1000", 60},
    {"9111-4.2.1 the first of two lines counts", 200, "",
     "Cache-Control: max-age=60|Cache-Control: max-age=1000", 60},
    {"9111-4.2.1 the first of two Expires counts", 200, "",
     "Expires: Tue, 01 Sep 2026 12:10:00 GMT|Expires: Tue, 01 Sep 2026 13:00:00 GMT", 600},
    {"9110-5.6.7 Expires in the form of RFC 850", 200, "",
     "Expires: Tuesday, 01-Sep-26 12:10:00 GMT", 600},
    {"9110-5.6.7 Expires in the form of asctime", 200, "", "Expires: Tue Sep  1 12:10:00 2026",
     600},
    {"9111-5.3 Expires: 0 is past", 200, "", "Expires: 0|ETag: \"a\"", 0},
    {"9111-5.3 an Expires that is no date is past", 200, "", "Expires: soon|ETag: \"a\"", 0},
    {"9111-5.3 Expires in a wrong zone is no date", 200, "",
     "Expires: Tue, 01 Sep 2026 12:10:00 UTC|ETag: \"a\"", 0},
    {"9111-5.3 Expires equal to Date is past", 200, "",
     "Date: Tue, 01 Sep 2026 12:00:00 GMT|Expires: Tue, 01 Sep 2026 12:00:00 GMT|ETag: \"a\"", 0},
    {"9111-5.3 Expires far ahead is cut to 2^31 s", 200, "",
     "Expires: Fri, 31 Dec 9999 23:59:59 GMT", kDeltaSecondsMax},
    {"9111-1.2.2 a number too large is 2^31", 200, "",
     "Cache-Control: max-age=99999999999999999999", kDeltaSecondsMax},
    {"9111-5.2 directives have no case", 200, "", "cache-control: MAX-AGE=60", 60},
    {"9111-5.2 a quoted number is as good", 200, "", "Cache-Control: max-age=\"60\"", 60},
    {"9111-5.2 unknown directives are ignored", 200, "",
     "Cache-Control: fast, max-age=60, x=\"a,b\"", 60},
    {"9111-5.2.3 a directive inside a quoted string is none", 200, "",
     "Cache-Control: x=\"max-age=1, no-store\", max-age=60", 60},
    {"9110-5.6.1 empty list elements are skipped", 200, "", "Cache-Control: ,, max-age=60,", 60},
    {"9111-4.2.1 a negative max-age is stale", 200, "", "Cache-Control: max-age=-60|ETag: \"a\"",
     0},
    {"9111-4.2.1 a max-age that is no number is stale", 200, "",
     "Cache-Control: max-age=1h|ETag: \"a\"", 0},
    {"9111-4.2.1 a max-age with a fraction is stale", 200, "",
     "Cache-Control: max-age=1.5|ETag: \"a\"", 0},
    {"9111-4.2.1 a max-age without a number is stale", 200, "",
     "Cache-Control: max-age|ETag: \"a\"", 0},
    {"9111-4.2.1 a space inside is no max-age", 200, "", "Cache-Control: max- age=60", 7200},
    {"9111-5.2.2.1 max-age=0 with a validator is kept for validation", 200, "",
     "Cache-Control: max-age=0|Last-Modified: Tue, 01 Sep 2026 11:00:00 GMT", 0},
    {"9111-5.2.2.1 max-age=0 without a validator is of no use", 200, "", "Cache-Control: max-age=0",
     kNo},
    {"5861-3 but with stale-while-revalidate it is", 200, "",
     "Cache-Control: max-age=0, stale-while-revalidate=60", 0},

    // --- what may be assumed: RFC 9111 section 4.2.2, RFC 9110 section 15.1
    {"9111-4.2.2 200", 200, "", "", 7200},
    {"9111-4.2.2 203", 203, "", "", 7200},
    {"9111-4.2.2 204", 204, "", "", 7200},
    {"9111-4.2.2 300", 300, "", "", 1200},
    {"9111-4.2.2 301", 301, "", "", 1200},
    {"9111-4.2.2 308", 308, "", "", 1200},
    {"9111-4.2.2 404", 404, "", "", 180},
    {"9111-4.2.2 405", 405, "", "", 60},
    {"9111-4.2.2 410", 410, "", "", 180},
    {"9111-4.2.2 414", 414, "", "", 60},
    {"9111-4.2.2 501", 501, "", "", 60},
    {"9110-15.1 201 gives no right to assume", 201, "", "", kNo},
    {"9110-15.1 302 gives no right to assume", 302, "", "", kNo},
    {"9110-15.1 307 gives no right to assume", 307, "", "", kNo},
    {"9110-15.1 400 gives no right to assume", 400, "", "", kNo},
    {"9110-15.1 403 gives no right to assume", 403, "", "", kNo},
    {"9110-15.1 500 gives no right to assume", 500, "", "", kNo},
    {"9110-15.1 503 gives no right to assume", 503, "", "", kNo},
    {"9110-15.1 a status nobody knows gives no right to assume", 499, "", "", kNo},
    {"9111-3 302 with explicit freshness", 302, "", "Cache-Control: max-age=60", 60},
    {"9111-3 403 with explicit freshness", 403, "", "Cache-Control: max-age=60", 60},
    {"9111-3 500 with explicit freshness", 500, "", "Cache-Control: max-age=60", 60},
    {"9111-3 an unknown status with explicit freshness", 299, "", "Cache-Control: max-age=60", 60},
    {"9111-5.2.2.9 public makes any status storable", 403, "", "Cache-Control: public|ETag: \"a\"",
     0},
    {"9111-5.2.2.9 but of no use without validator or time", 403, "", "Cache-Control: public", kNo},
    {"9111-3 206 is never stored: parts are not put together", 206, "", "Cache-Control: max-age=60",
     kNo},
    {"9111-3 304 is no response to store", 304, "", "Cache-Control: max-age=60", kNo},
    {"9110-15.2 1xx is not final", 103, "", "Cache-Control: max-age=60", kNo},

    // --- what forbids storing: RFC 9111 section 3
    {"9111-5.2.2.5 no-store", 200, "", "Cache-Control: no-store", kNo},
    {"9111-5.2.2.5 no-store beside max-age", 200, "", "Cache-Control: max-age=60, no-store", kNo},
    {"9111-5.2.2.5 no-store on a line of its own", 200, "",
     "Cache-Control: max-age=60|Cache-Control: no-store", kNo},
    {"9111-5.2.2.5 NO-STORE", 200, "", "Cache-Control: NO-STORE, max-age=60", kNo},
    {"9111-5.2.2.7 private", 200, "", "Cache-Control: private, max-age=60", kNo},
    {"9111-5.2.2.7 private beside public: the stricter counts", 200, "",
     "Cache-Control: public, private, max-age=60", kNo},
    {"9111-5.2.2.7 private=\"\" names nothing: the whole is private", 200, "",
     "Cache-Control: private=\"\", max-age=60", kNo},
    {"9111-5.2.2.7 private=\"x\" is about that field", 200, "",
     "Cache-Control: private=\"x-user\", max-age=60|X-User: me", 60},
    {"9111-5.2.2.4 no-cache with a validator is kept for validation", 200, "",
     "Cache-Control: no-cache|ETag: \"a\"", 7200},
    {"9111-5.2.2.4 no-cache without one is of no use", 200, "", "Cache-Control: no-cache", kNo},
    {"9111-5.2.2.3 must-understand beats no-store when the status is understood", 200, "",
     "Cache-Control: must-understand, no-store, max-age=60", 60},
    {"9111-5.2.2.3 must-understand when it is not", 299, "",
     "Cache-Control: must-understand, max-age=60", kNo},
    {"9111-5.4 Pragma of a response says nothing", 200, "",
     "Pragma: no-cache|Cache-Control: max-age=60", 60},
    {"9111-3 a request with no-store", 200, "Cache-Control: no-store", "Cache-Control: max-age=60",
     kNo},
    {"9111-4.1 Vary: * matches nobody", 200, "", "Cache-Control: max-age=60|Vary: *", kNo},
    {"9111-4.1 nor inside a list", 200, "", "Cache-Control: max-age=60|Vary: accept, *", kNo},

    // --- Authorization: RFC 9111 section 3.5
    {"9111-3.5 an answer to Authorization", 200,
     "Authorization: Basic eA==", "Cache-Control: max-age=60", kNo},
    {"9111-3.5 unless it is public", 200,
     "Authorization: Basic eA==", "Cache-Control: max-age=60, public", 60},
    {"9111-3.5 or says s-maxage", 200, "Authorization: Basic eA==", "Cache-Control: s-maxage=60",
     60},
    {"9111-3.5 or says must-revalidate", 200,
     "Authorization: Basic eA==", "Cache-Control: max-age=60, must-revalidate", 60},
    {"9111-3.5 proxy-revalidate is no permission", 200,
     "Authorization: Basic eA==", "Cache-Control: max-age=60, proxy-revalidate", kNo},
    {"9111-3.5 Expires is no permission", 200,
     "Authorization: Basic eA==", "Expires: Tue, 01 Sep 2026 12:10:00 GMT", kNo},

    // --- Set-Cookie: RFC 9111 section 7.3 leaves it to the cache; the hosted product's rule
    {"9111-7.3 Set-Cookie", 200, "", "Cache-Control: max-age=60|Set-Cookie: a=b", kNo},
    {"9111-7.3 Set-Cookie with public", 200, "",
     "Cache-Control: public, max-age=60|Set-Cookie: a=b", kNo},
    {"9111-5.2.2.7 private=\"Set-Cookie\" keeps the rest", 200, "",
     "Cache-Control: private=\"Set-Cookie\", max-age=60|Set-Cookie: a=b", 60},
    {"9111-5.2.2.7 the same without quotes", 200, "",
     "Cache-Control: private=Set-Cookie, max-age=60|Set-Cookie: a=b", 60},
    {"9111-5.2.2.4 no-cache=\"Set-Cookie\" keeps the rest", 200, "",
     "Cache-Control: no-cache=\"set-cookie\", max-age=60|Set-Cookie: a=b", 60},

    // --- targeted fields: RFC 9213
    {"9213-2.2 CDN-Cache-Control before Cache-Control", 200, "",
     "Cache-Control: no-store|CDN-Cache-Control: max-age=60", 60},
    {"9213-2.2 it can forbid as well", 200, "",
     "Cache-Control: max-age=60|CDN-Cache-Control: no-store", kNo},
    {"9213-2.2 Expires does not count beside it", 200, "",
     "Expires: Tue, 01 Sep 2026 12:10:00 GMT|CDN-Cache-Control: public", 7200},
    {"9213-2.2 the more specific field first", 200, "",
     "CDN-Cache-Control: max-age=5|Cloudflare-CDN-Cache-Control: max-age=9", 9},
    {"9213-2.2 an empty one does not count", 200, "",
     "Cache-Control: max-age=60|CDN-Cache-Control: ", 60},
    {"9213-2.1 a malformed one does not count", 200, "",
     "Cache-Control: max-age=60|CDN-Cache-Control: max-age=5,", 60},
    {"9213-2.1 upper case keys are malformed", 200, "",
     "Cache-Control: max-age=60|CDN-Cache-Control: Max-Age=5", 60},
    {"9213-2.1 a parameter is ignored", 200, "", "CDN-Cache-Control: max-age=60;ext=1", 60},
    {"9213-2.1 s-maxage is understood there too", 200, "",
     "CDN-Cache-Control: max-age=1, s-maxage=60", 60},
    {"9651-4.2.2 of two the later counts", 200, "", "CDN-Cache-Control: max-age=1, max-age=60", 60},
    {"9651-3.3.1 a decimal is no time, so only what may be assumed is left", 200, "",
     "CDN-Cache-Control: max-age=1.5", 7200},
    {"9651-3.3.6 ?0 is not the directive", 200, "", "CDN-Cache-Control: no-store=?0, max-age=60",
     60},
};

class StoringTable : public ::testing::TestWithParam<Row> {};

TEST_P(StoringTable, DecidesAsTheClauseSays) {
  const Row& row = GetParam();
  const http::ResponseHead response{
      .status = row.status, .reason = "", .headers = HeadersOf(row.response)};
  const StoreDecision got =
      DecideStore(HeadersOf(row.request), response, {kNoon, kNoon}, FetchRules());
  EXPECT_EQ(got.store, row.lifetime_s != kNo) << row.clause << ": " << got.why_not;
  EXPECT_EQ(got.store, got.why_not.empty()) << row.clause;
  if (got.store && row.lifetime_s != kNo) {
    EXPECT_EQ(got.head.lifetime, std::chrono::seconds(row.lifetime_s)) << row.clause;
  }
}
INSTANTIATE_TEST_SUITE_P(Rfc9111, StoringTable, ::testing::ValuesIn(kRows));

struct AgeRow {
  const char* clause;
  int64_t delay_s;       // between request and response
  const char* response;  // fields
  int64_t age_s;
};
const AgeRow kAgeRows[] = {
    {"9111-4.2.3 nothing said, nothing passed", 0, "", 0},
    {"9111-4.2.3 the time the answer took", 3, "", 3},
    {"9111-4.2.3 Age and the time it took", 3, "Age: 10", 13},
    {"9111-4.2.3 apparent age out of Date", 0, "Date: Tue, 01 Sep 2026 11:59:00 GMT", 60},
    {"9111-4.2.3 the larger of both", 0, "Date: Tue, 01 Sep 2026 11:59:00 GMT|Age: 100", 100},
    {"9111-4.2.3 the larger of both, the other way", 0,
     "Date: Tue, 01 Sep 2026 11:58:00 GMT|Age: 100", 120},
    {"9111-4.2.3 a Date in the future is no age", 0, "Date: Tue, 01 Sep 2026 12:01:00 GMT", 0},
    {"9111-5.1 an Age that is no number is ignored", 0, "Age: old", 0},
    {"9111-5.1 a negative Age is ignored", 0, "Age: -5", 0},
    {"9111-5.1 the first of a list of ages counts", 0, "Age: 5, 70", 5},
    {"9111-5.1 the first of two fields counts", 0, "Age: 5|Age: 70", 5},
    {"9111-1.2.2 a huge Age is 2^31", 0, "Age: 99999999999999", kDeltaSecondsMax},
};
class AgeTable : public ::testing::TestWithParam<AgeRow> {};
TEST_P(AgeTable, IsAsTheClauseSays) {
  const AgeRow& row = GetParam();
  const ExchangeTimes times{kNoon - std::chrono::seconds(row.delay_s), kNoon};
  EXPECT_EQ(InitialAge(HeadersOf(row.response), times), std::chrono::seconds(row.age_s))
      << row.clause;
}
INSTANTIATE_TEST_SUITE_P(Rfc9111, AgeTable, ::testing::ValuesIn(kAgeRows));

TEST(Storing, AnAgeOfBeforeTheEpochIsTheOldest) {
  EXPECT_EQ(InitialAge(HeadersOf("Date: Thu, 01 Jan 1600 00:00:00 GMT"), {kNoon, kNoon}),
            std::chrono::seconds(kDeltaSecondsMax));
}

StoredHead Stored(std::string_view fields, const FetchRules& rules = {}) {
  const StoreDecision got = DecideStore(
      {}, {.status = 200, .reason = "", .headers = HeadersOf(fields)}, {kNoon, kNoon}, rules);
  EXPECT_TRUE(got.store) << got.why_not;
  return got.head;
}

TEST(Storing, LeavesOutWhatBelongsToTheConnection) {
  // RFC 9111 section 3.1
  const StoredHead head = Stored(
      "Connection: X-Hop, close|X-Hop: 1|Keep-Alive: 5|Transfer-Encoding: chunked|TE: a|"
      "Proxy-Authenticate: Basic|Trailer: X|Upgrade: h2c|Content-Length: 5|Age: 3|X-End: 1");
  ASSERT_EQ(head.headers.size(), 1u);
  EXPECT_EQ(head.headers.fields()[0].name, "X-End");
}

TEST(Storing, LeavesOutTheFieldsThatPrivateAndNoCacheName) {
  const StoredHead head = Stored(
      "Cache-Control: private=\"a, set-cookie\", no-cache=\"b\", max-age=9|A: 1|B: 2|C: 3|"
      "Set-Cookie: d=e");
  EXPECT_FALSE(head.headers.Has("a"));
  EXPECT_FALSE(head.headers.Has("b"));
  EXPECT_FALSE(head.headers.Has("set-cookie"));
  EXPECT_TRUE(head.headers.Has("c"));
  EXPECT_FALSE(head.no_cache) << "no-cache=\"b\" is about b alone";
}

TEST(Storing, TheOneWhoAskedGetsWhatIsLeftOutOfTheCopyAndTheAgeItCameWith) {
  // RFC 9111 sections 5.1, 5.2.2.4 and 5.2.2.7
  const http::ResponseHead response{
      .status = 200,
      .reason = "",
      .headers =
          HeadersOf("Cache-Control: private=\"set-cookie\", max-age=9|Set-Cookie: d=e|Age: 3|"
                    "Cache-Tag: t|Connection: x|X: 1")};
  const StoreDecision got = DecideStore({}, response, {kNoon, kNoon}, {});
  ASSERT_TRUE(got.for_asker);
  EXPECT_EQ(got.for_asker->Find("set-cookie"), "d=e");
  EXPECT_EQ(got.for_asker->Find("age"), "3");
  EXPECT_FALSE(got.for_asker->Has("cache-tag"));
  EXPECT_FALSE(got.for_asker->Has("x"));
  const StoreDecision plain = DecideStore(
      {}, {.status = 200, .reason = "", .headers = HeadersOf("Cache-Control: max-age=9")},
      {kNoon, kNoon}, {});
  EXPECT_FALSE(plain.for_asker);
}

TEST(Storing, KeepsTagsAsidePrintableOnceAndInLowerCase) {
  FetchRules rules;
  rules.tags = {"from-call", "BLOG"};
  const StoredHead head =
      Stored("Cache-Control: max-age=9|Cache-Tag: Blog, post-1,,with space,post-1", rules);
  EXPECT_EQ(head.tags, (std::vector<std::string>{"blog", "post-1", "from-call"}));
  EXPECT_FALSE(head.headers.Has("cache-tag"));
}

TEST(Storing, PassesCdnCacheControlOnButNotTheFieldThatIsOursAlone) {
  const StoredHead head =
      Stored("CDN-Cache-Control: max-age=9|Cloudflare-CDN-Cache-Control: max-age=5");
  EXPECT_TRUE(head.headers.Has("cdn-cache-control"));
  EXPECT_FALSE(head.headers.Has("cloudflare-cdn-cache-control"));
}

struct ForcedRow {
  const char* what;
  int status;
  const char* request;
  const char* response;
  int64_t lifetime_s;
};
TEST(Storing, ATimeToLiveOfTheCallerReplacesWhatTheResponseSays) {
  FetchRules rules;
  rules.ttl_s = 300;
  rules.ttl_by_status = {{404, 404, 1}, {500, 599, 0}, {401, 401, -1}};
  const ForcedRow rows[] = {
      {"a status without a rule of its own", 200, "", "Cache-Control: no-store", 300},
      {"over private", 200, "", "Cache-Control: private", 300},
      {"over Set-Cookie", 200, "", "Set-Cookie: a=b", 300},
      {"over max-age", 200, "", "Cache-Control: max-age=5", 300},
      {"a status with one", 404, "", "", 1},
      {"0 with a validator", 503, "", "ETag: \"a\"", 0},
      {"0 without one", 503, "", "", kNo},
      {"below 0", 401, "", "Cache-Control: max-age=60", kNo},
      {"never over Vary: *", 200, "", "Vary: *", kNo},
      {"never over Authorization", 200, "Authorization: x", "", kNo},
      {"never over a part", 206, "", "", kNo},
  };
  for (const ForcedRow& row : rows) {
    const StoreDecision got =
        DecideStore(HeadersOf(row.request),
                    {.status = row.status, .reason = "", .headers = HeadersOf(row.response)},
                    {kNoon, kNoon}, rules);
    EXPECT_EQ(got.store, row.lifetime_s != kNo) << row.what << ": " << got.why_not;
    if (!got.store) continue;
    EXPECT_EQ(got.head.lifetime, std::chrono::seconds(row.lifetime_s)) << row.what;
    EXPECT_FALSE(got.head.headers.Has("set-cookie")) << row.what;
    EXPECT_EQ(got.head.initial_age, Duration(0)) << row.what;
  }
}

}  // namespace
}  // namespace terrella::cache
