#include "cli/app/text_table.h"

#include <gtest/gtest.h>

namespace terrella::cli {
namespace {

TEST(TextTable, AlignsColumnsAndCountsLettersNotBytes) {
  TextTable table({{"CITY"}, {"RTT", TextTable::Align::kRight}});
  table.AddRow({"São Paulo", "9.7"});
  table.AddRow({"Lagos", "132.9"});
  EXPECT_EQ(table.ToString(),
            "CITY         RTT\n"
            "São Paulo    9.7\n"
            "Lagos      132.9\n");
}

TEST(TextTable, LeavesNoTrailingSpaces) {
  TextTable table({{"A"}, {"B"}});
  table.AddRow({"long one", ""});
  table.AddRow({"x"});
  EXPECT_EQ(table.ToString(), "A         B\nlong one\nx\n");
}

TEST(TextTable, DoesNotCountColours) {
  EXPECT_EQ(DisplayWidth("\033[32mready\033[0m"), 5u);
}

}  // namespace
}  // namespace terrella::cli
