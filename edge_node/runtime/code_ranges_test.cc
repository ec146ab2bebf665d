#include "edge_node/runtime/code_ranges.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "edge_node/runtime/fresh_isolate.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

TEST(CodeRanges, RoomIsNotLookedForOnceThereWasNone) {
  // 4 GiB around the built-ins hold some thirty ranges of 128 MiB.
  constexpr int kMoreThanFit = 50;
  std::vector<std::unique_ptr<FreshIsolate>> isolates;
  for (int i = 0; i < kMoreThanFit; ++i) {
    isolates.push_back(std::make_unique<FreshIsolate>(TestEngine(), 64u << 20));
  }
  const uint64_t searches = CodeRangeSearches();
  EXPECT_GT(searches, 0u) << "V8 did not ask here";
  EXPECT_LT(searches, 40u);
  for (int i = 0; i < kMoreThanFit; ++i) {
    isolates.push_back(std::make_unique<FreshIsolate>(TestEngine(), 64u << 20));
  }
  EXPECT_EQ(CodeRangeSearches(), searches);
}

}  // namespace
}  // namespace terrella::runtime
