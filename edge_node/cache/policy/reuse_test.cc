// What a stored response may be used for as it ages: one row a rule, each naming its clause.
#include "edge_node/cache/policy/reuse.h"

#include <gtest/gtest.h>

#include "edge_node/cache/policy/storing.h"
#include "edge_node/cache/policy/testing.h"

namespace terrella::cache {
namespace {

StoredHead Stored(std::string_view fields) {
  const StoreDecision got = DecideStore(
      {}, {.status = 200, .reason = "", .headers = HeadersOf(fields)}, {kNoon, kNoon}, {});
  EXPECT_TRUE(got.store) << fields << ": " << got.why_not;
  return got.head;
}

struct Row {
  const char* clause;
  const char* response;
  int64_t after_s;
  Use use;
  bool on_error;  // may be served when the origin fails
};

const Row kRows[] = {
    {"9111-4.2 fresh below its lifetime", "Cache-Control: max-age=60", 59, Use::kFresh, true},
    {"9111-4.2 stale at its lifetime", "Cache-Control: max-age=60", 60, Use::kValidateFirst, true},
    {"9111-4.2.3 the age it came with counts", "Cache-Control: max-age=60|Age: 50", 10,
     Use::kValidateFirst, true},
    {"9111-4.2.3 up to there it is fresh", "Cache-Control: max-age=60|Age: 50", 9, Use::kFresh,
     true},
    {"9111-5.2.2.4 no-cache is never fresh", "Cache-Control: no-cache, max-age=60|ETag: \"a\"", 1,
     Use::kValidateFirst, false},
    {"5861-3 stale-while-revalidate inside its window",
     "Cache-Control: max-age=60, stale-while-revalidate=30", 89, Use::kServeAndRefresh, true},
    {"5861-3 and after it", "Cache-Control: max-age=60, stale-while-revalidate=30", 90,
     Use::kValidateFirst, true},
    {"5861-3 before it", "Cache-Control: max-age=60, stale-while-revalidate=30", 59, Use::kFresh,
     true},
    {"5861-3 of no number is none", "Cache-Control: max-age=60, stale-while-revalidate=x", 61,
     Use::kValidateFirst, true},
    {"9111-5.2.2.2 must-revalidate forbids it",
     "Cache-Control: max-age=60, stale-while-revalidate=30, must-revalidate", 61,
     Use::kValidateFirst, false},
    {"9111-5.2.2.8 proxy-revalidate forbids it",
     "Cache-Control: max-age=60, stale-while-revalidate=30, proxy-revalidate", 61,
     Use::kValidateFirst, false},
    {"9111-5.2.2.10 s-maxage forbids it", "Cache-Control: s-maxage=60, stale-while-revalidate=30",
     61, Use::kValidateFirst, false},
    {"9111-5.2.2.2 must-revalidate has no say while fresh",
     "Cache-Control: max-age=60, must-revalidate", 30, Use::kFresh, false},
    {"5861-4 stale-if-error inside its window", "Cache-Control: max-age=60, stale-if-error=30", 89,
     Use::kValidateFirst, true},
    {"5861-4 and after it", "Cache-Control: max-age=60, stale-if-error=30", 90, Use::kValidateFirst,
     false},
    {"5861-4 stale-if-error=0 forbids", "Cache-Control: max-age=60, stale-if-error=0", 60,
     Use::kValidateFirst, false},
    {"9111-4.2.4 without it there is no bound", "Cache-Control: max-age=60", 1'000'000,
     Use::kValidateFirst, true},
    {"9213-2.2 both out of CDN-Cache-Control",
     "CDN-Cache-Control: max-age=60, stale-while-revalidate=30, stale-if-error=5|"
     "Cache-Control: must-revalidate",
     66, Use::kServeAndRefresh, false},
};

class ReuseTable : public ::testing::TestWithParam<Row> {};
TEST_P(ReuseTable, IsAsTheClauseSays) {
  const Row& row = GetParam();
  const StoredHead head = Stored(row.response);
  const WallTime now = kNoon + std::chrono::seconds(row.after_s);
  EXPECT_EQ(JudgeUse(head, CacheMode::kDefault, now), row.use) << row.clause;
  EXPECT_EQ(MayServeOnError(head, now), row.on_error) << row.clause;
  EXPECT_EQ(JudgeUse(head, CacheMode::kNoCache, now), Use::kValidateFirst) << row.clause;
}
INSTANTIATE_TEST_SUITE_P(Rfc9111, ReuseTable, ::testing::ValuesIn(kRows));

TEST(Reuse, AClockThatJumpsBackMakesNothingOlder) {
  const StoredHead head = Stored("Cache-Control: max-age=60");
  EXPECT_EQ(head.AgeAt(kNoon - std::chrono::hours(1)), Duration(0));
  EXPECT_TRUE(head.FreshAt(kNoon - std::chrono::hours(1)));
}

TEST(Reuse, FourAnswersOfAnOriginCountAsItsFailure) {
  for (int status : {500, 502, 503, 504}) EXPECT_TRUE(IsServerFailure(status));
  for (int status : {200, 304, 404, 429, 501, 505}) EXPECT_FALSE(IsServerFailure(status));
}

}  // namespace
}  // namespace terrella::cache
