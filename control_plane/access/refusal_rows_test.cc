// Who is refused all the time gets few rows, and loses none of the count.
#include "control_plane/access/refusal_rows.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

using std::chrono::seconds;

class RefusalRowsTest : public testing::Test {
 protected:
  std::optional<v1::AuditRow> Add(const std::string& caller, const std::string& method = "Kv.Get") {
    v1::AuditRow row;
    row.set_caller(caller);
    row.set_method(method);
    return rows_.Add(std::move(row));
  }
  ManualClock clock_;
  RefusalRows rows_{clock_, {.burst = 3, .row_every = seconds(60), .callers_max = 4}};
};

TEST_F(RefusalRowsTest, AFewHaveARowEachAndTheRestIsOneAMinute) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Add("token ci"));
  EXPECT_FALSE(rows_.due());
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(Add("token ci", i < 499 ? "Kv.Get" : "Kv.Put"));
  EXPECT_EQ(rows_.due(), clock_.Now() + seconds(60));
  clock_.Advance(seconds(59));
  EXPECT_TRUE(rows_.Take().empty());
  clock_.Advance(seconds(1));
  const auto taken = rows_.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].unseen(), 499u);
  EXPECT_EQ(taken[0].method(), "Kv.Put");
  EXPECT_FALSE(rows_.due());
}

TEST_F(RefusalRowsTest, ADayOfRefusalsIsARowAMinute) {
  size_t rows = 0;
  uint64_t told = 0;
  const int refusals = 24 * 60 * 60;
  for (int i = 0; i < refusals; ++i) {
    if (Add("token ci")) ++rows, ++told;
    clock_.Advance(seconds(1));
    for (const v1::AuditRow& row : rows_.Take()) ++rows, told += 1 + row.unseen();
  }
  for (const v1::AuditRow& row : rows_.Take(/*all=*/true)) ++rows, told += 1 + row.unseen();
  EXPECT_EQ(told, static_cast<uint64_t>(refusals));
  EXPECT_LE(rows, 24u * 60 + 4);
  EXPECT_GE(rows, 24u * 60 - 4);
}

TEST_F(RefusalRowsTest, OneThatFloodsHidesNobodyElse) {
  for (int i = 0; i < 500; ++i) Add("token ci");
  EXPECT_TRUE(Add("token ops"));
}

TEST_F(RefusalRowsTest, RowsComeBackWithTime) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Add("token ci"));
  clock_.Advance(seconds(120));
  EXPECT_TRUE(Add("token ci"));
  EXPECT_TRUE(Add("token ci"));
  EXPECT_FALSE(Add("token ci"));
}

TEST_F(RefusalRowsTest, CallersAreBoundedAndThoseTooManyShare) {
  size_t rows = 0;
  for (int i = 0; i < 1000; ++i) rows += Add(fmt::format("token {}", i)) ? 1 : 0;
  EXPECT_EQ(rows, 4u + 3u - 0u);
  EXPECT_EQ(rows_.Take(/*all=*/true).size(), 1u);
  clock_.Advance(seconds(3600));
  EXPECT_TRUE(Add("token new"));
}

}  // namespace
}  // namespace terrella::control
