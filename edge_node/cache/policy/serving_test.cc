// The answer out of a stored response: conditions, ranges, HEAD, Age. One row a rule with its
// clause.
#include "edge_node/cache/policy/serving.h"

#include <gtest/gtest.h>

#include "edge_node/cache/policy/conditions.h"
#include "edge_node/cache/policy/storing.h"
#include "edge_node/cache/policy/testing.h"

namespace terrella::cache {
namespace {

constexpr uint64_t kBodyBytes = 1000;
constexpr char kStored[] =
    "Date: Tue, 01 Sep 2026 12:00:00 GMT|Cache-Control: max-age=600|ETag: \"v1\"|"
    "Last-Modified: Tue, 01 Sep 2026 10:00:00 GMT|Content-Type: text/plain|Vary: accept";

StoredHead Stored(std::string_view fields = kStored, int status = 200) {
  const StoreDecision got = DecideStore(
      {}, {.status = status, .reason = "", .headers = HeadersOf(fields)}, {kNoon, kNoon}, {});
  EXPECT_TRUE(got.store) << fields << ": " << got.why_not;
  return got.head;
}

Serving ServeIt(std::string_view request, std::string_view method = "GET",
                const StoredHead& stored = Stored()) {
  const http::Headers fields = HeadersOf(request);
  return Serve(stored, {.method = method,
                        .request = fields,
                        .body_bytes = kBodyBytes,
                        .now = kNoon + std::chrono::seconds(70)});
}

struct Row {
  const char* clause;
  const char* request;
  int status;
  const char* content_range;  // "" for none
  uint64_t offset, length;    // of the body that is sent
};

const Row kRows[] = {
    // --- conditions: RFC 9110 section 13
    {"9110-13.1.2 If-None-Match of our tag", "If-None-Match: \"v1\"", 304, "", 0, 0},
    {"9110-13.1.2 of another", "If-None-Match: \"v2\"", 200, "", 0, 1000},
    {"9110-13.1.2 one of a list", "If-None-Match: \"v0\", \"v1\"", 304, "", 0, 0},
    {"9110-13.1.2 over several lines", "If-None-Match: \"v0\"|If-None-Match: \"v1\"", 304, "", 0,
     0},
    {"9110-13.1.2 *", "If-None-Match: *", 304, "", 0, 0},
    {"9110-8.8.3.2 weak comparison", "If-None-Match: W/\"v1\"", 304, "", 0, 0},
    {"9110-8.8.3 tags have case", "If-None-Match: \"V1\"", 200, "", 0, 1000},
    {"9110-8.8.3 an unquoted word is no tag", "If-None-Match: v1", 200, "", 0, 1000},
    {"9110-8.8.3 a comma inside a tag separates nothing", "If-None-Match: \"v0, v1\"", 200, "", 0,
     1000},
    {"9110-8.8.3 a backslash escapes nothing", "If-None-Match: \"v0\\\", \"v1\"", 304, "", 0, 0},
    {"9110-13.1.3 If-Modified-Since at its change",
     "If-Modified-Since: Tue, 01 Sep 2026 10:00:00 GMT", 304, "", 0, 0},
    {"9110-13.1.3 after it", "If-Modified-Since: Tue, 01 Sep 2026 11:00:00 GMT", 304, "", 0, 0},
    {"9110-13.1.3 before it", "If-Modified-Since: Tue, 01 Sep 2026 09:59:59 GMT", 200, "", 0, 1000},
    {"9110-13.1.3 what is no date is ignored", "If-Modified-Since: today", 200, "", 0, 1000},
    {"9110-13.2.2 If-None-Match goes first",
     "If-None-Match: \"v2\"|If-Modified-Since: Tue, 01 Sep 2026 11:00:00 GMT", 200, "", 0, 1000},
    {"9110-13.2.2 and a 304 comes before a range", "If-None-Match: \"v1\"|Range: bytes=0-1", 304,
     "", 0, 0},
    // --- ranges: RFC 9110 section 14
    {"9110-14.1.2 the first bytes", "Range: bytes=0-99", 206, "bytes 0-99/1000", 0, 100},
    {"9110-14.1.2 one byte", "Range: bytes=0-0", 206, "bytes 0-0/1000", 0, 1},
    {"9110-14.1.2 from the middle on", "Range: bytes=900-", 206, "bytes 900-999/1000", 900, 100},
    {"9110-14.1.2 the last bytes", "Range: bytes=-10", 206, "bytes 990-999/1000", 990, 10},
    {"9110-14.1.2 more last bytes than there are", "Range: bytes=-5000", 206, "bytes 0-999/1000", 0,
     1000},
    {"9110-14.1.2 an end beyond the body", "Range: bytes=990-5000", 206, "bytes 990-999/1000", 990,
     10},
    {"9110-14.1.2 numbers beyond 64 bits", "Range: bytes=1-99999999999999999999999", 206,
     "bytes 1-999/1000", 1, 999},
    {"9110-15.5.17 a start beyond the body", "Range: bytes=1000-", 416, "bytes */1000", 0, 0},
    {"9110-15.5.17 the last 0 bytes", "Range: bytes=-0", 416, "bytes */1000", 0, 0},
    {"9110-14.2 an end before its start is no range", "Range: bytes=9-3", 200, "", 0, 1000},
    {"9110-14.2 another unit is ignored", "Range: lines=0-9", 200, "", 0, 1000},
    {"9110-14.1 units have no case", "Range: Bytes=0-9", 206, "bytes 0-9/1000", 0, 10},
    {"9110-14.2 several ranges get the whole", "Range: bytes=0-9, 20-29", 200, "", 0, 1000},
    {"9110-14.2 words for numbers are ignored", "Range: bytes=a-b", 200, "", 0, 1000},
    {"9110-14.2 nothing on either side is ignored", "Range: bytes=-", 200, "", 0, 1000},
    {"9110-14.2 two Range fields are ignored", "Range: bytes=0-9|Range: bytes=20-29", 200, "", 0,
     1000},
    // --- If-Range: RFC 9110 section 13.1.5
    {"9110-13.1.5 If-Range of our tag", "Range: bytes=0-9|If-Range: \"v1\"", 206, "bytes 0-9/1000",
     0, 10},
    {"9110-13.1.5 of another", "Range: bytes=0-9|If-Range: \"v2\"", 200, "", 0, 1000},
    {"9110-13.1.5 a weak tag never matches", "Range: bytes=0-9|If-Range: W/\"v1\"", 200, "", 0,
     1000},
    {"9110-13.1.5 of our date", "Range: bytes=0-9|If-Range: Tue, 01 Sep 2026 10:00:00 GMT", 206,
     "bytes 0-9/1000", 0, 10},
    {"9110-13.1.5 a later date is not the same",
     "Range: bytes=0-9|If-Range: Tue, 01 Sep 2026 10:00:01 GMT", 200, "", 0, 1000},
    {"9110-13.1.5 without Range it says nothing", "If-Range: \"v1\"", 200, "", 0, 1000},
};

class ServingTable : public ::testing::TestWithParam<Row> {};
TEST_P(ServingTable, IsAsTheClauseSays) {
  const Row& row = GetParam();
  const Serving got = ServeIt(row.request);
  EXPECT_EQ(got.head.status, row.status) << row.clause;
  EXPECT_EQ(got.head.headers.Find("content-range").value_or(""), row.content_range) << row.clause;
  EXPECT_EQ(got.has_body, row.length > 0) << row.clause;
  if (got.has_body) {
    EXPECT_EQ(got.body, (ByteRange{row.offset, row.length})) << row.clause;
  }
  EXPECT_EQ(got.head.headers.Find("age"), "70") << row.clause;
  EXPECT_EQ(got.head.headers.Find("cf-cache-status"), "HIT") << row.clause;
}
INSTANTIATE_TEST_SUITE_P(Rfc9110, ServingTable, ::testing::ValuesIn(kRows));

TEST(Serving, A304CarriesWhatAWholeAnswerWouldHaveSaidOfItself) {
  // RFC 9110 section 15.4.5
  const Serving got = ServeIt("If-None-Match: \"v1\"");
  for (const char* kept : {"cache-control", "date", "etag", "vary", "age"}) {
    EXPECT_TRUE(got.head.headers.Has(kept)) << kept;
  }
  EXPECT_FALSE(got.head.headers.Has("content-type"));
  EXPECT_FALSE(got.head.headers.Has("last-modified")) << "the tag is enough";
}

TEST(Serving, HeadHasTheFieldsOfGetAndNoBody) {
  // RFC 9110 section 9.3.2; Range is defined for GET alone (section 14.2).
  const Serving got = ServeIt("Range: bytes=0-9", "HEAD");
  EXPECT_EQ(got.head.status, 200);
  EXPECT_FALSE(got.has_body);
  EXPECT_EQ(got.head.headers.Find("content-length"), "1000");
}

TEST(Serving, ConditionsAndRangesAreForA200Alone) {
  // RFC 9110 section 13.2.1
  const StoredHead gone = Stored("Cache-Control: max-age=60|ETag: \"v1\"", 404);
  EXPECT_EQ(ServeIt("If-None-Match: \"v1\"", "GET", gone).head.status, 404);
  EXPECT_EQ(ServeIt("Range: bytes=0-9", "GET", gone).head.status, 404);
}

TEST(Serving, WithoutLastModifiedTheDateDecides) {
  // RFC 9111 section 4.3.2
  const StoredHead stored = Stored("Date: Tue, 01 Sep 2026 12:00:00 GMT|Cache-Control: max-age=60");
  EXPECT_EQ(ServeIt("If-Modified-Since: Tue, 01 Sep 2026 12:00:00 GMT", "GET", stored).head.status,
            304);
  EXPECT_EQ(ServeIt("If-Modified-Since: Tue, 01 Sep 2026 11:59:59 GMT", "GET", stored).head.status,
            200);
}

TEST(Serving, ADateOfTheSameSecondAsTheChangeIsNoStrongValidator) {
  // RFC 9110 section 8.8.2.2
  const StoredHead stored = Stored(
      "Date: Tue, 01 Sep 2026 12:00:00 GMT|Cache-Control: max-age=60|"
      "Last-Modified: Tue, 01 Sep 2026 12:00:00 GMT");
  EXPECT_EQ(ServeIt("Range: bytes=0-9|If-Range: Tue, 01 Sep 2026 12:00:00 GMT", "GET", stored)
                .head.status,
            200);
}

TEST(Serving, WhileTheLengthIsUnknownARangeGetsTheWhole) {
  const http::Headers request = HeadersOf("Range: bytes=0-9");
  const Serving got =
      Serve(Stored(), {.method = "GET", .request = request, .body_bytes = {}, .now = kNoon});
  EXPECT_EQ(got.head.status, 200);
  EXPECT_TRUE(got.has_body);
}

TEST(Serving, AnAnswerStraightFromTheOriginHasNoAge) {
  const http::Headers request;
  const Serving got = Serve(Stored(), {.method = "GET",
                                       .request = request,
                                       .body_bytes = kBodyBytes,
                                       .status = CacheStatus::kMiss,
                                       .add_age = false,
                                       .now = kNoon});
  EXPECT_FALSE(got.head.headers.Has("age"));
  EXPECT_EQ(got.head.headers.Find("cf-cache-status"), "MISS");
}

TEST(Range, OfAnEmptyBodyNothingCanBeHad) {
  EXPECT_EQ(ParseRange("bytes=0-", 0).kind, RangeDecision::Kind::kNotSatisfiable);
  EXPECT_EQ(ParseRange("bytes=-1", 0).kind, RangeDecision::Kind::kNotSatisfiable);
}

}  // namespace
}  // namespace terrella::cache
