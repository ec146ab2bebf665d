#include "edge_node/control/build_name.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

TEST(BuildName, IsTheSameWheneverItIsAsked) {
  // It would not be when some library of this process had no build id.
  EXPECT_EQ(BuildName(), BuildName());
}

TEST(BuildName, HasAVersionAndSixteenDigits) {
  const std::string name = BuildName();
  const size_t plus = name.find('+');
  ASSERT_NE(plus, std::string::npos) << name;
  EXPECT_EQ(name.size() - plus, 17u) << name;
  EXPECT_EQ(name.find_first_not_of("0123456789abcdef", plus + 1), std::string::npos) << name;
}

}  // namespace
}  // namespace terrella::edge
