// The command line of a daemon: what is taken, and how mistakes are told.
#include "base/flags.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, test_name, "none", "a text");
ABSL_FLAG(uint32_t, test_count, 1, "a number");
ABSL_FLAG(bool, test_loud, false, "a switch");

namespace terrella {
namespace {

void Parse(std::vector<std::string> arguments) {
  std::vector<char*> argv = {const_cast<char*>("program")};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  ParseFlags(static_cast<int>(argv.size()), argv.data(), __FILE__, "usage text");
}

TEST(ParseFlags, TakesBothSpellingsAndBothForms) {
  Parse({"--test-name=a=b", "--test_count", "7", "--test-loud"});
  EXPECT_EQ(absl::GetFlag(FLAGS_test_name), "a=b");
  EXPECT_EQ(absl::GetFlag(FLAGS_test_count), 7u);
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_loud));
  Parse({"--notest-loud", "--test-name="});
  EXPECT_FALSE(absl::GetFlag(FLAGS_test_loud));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_name), "");
}

TEST(ParseFlagsDeathTest, ExitsWith2AndSaysWhy) {
  using ::testing::ExitedWithCode;
  EXPECT_EXIT(Parse({"--test-cuont=1"}), ExitedWithCode(2), "did you mean --test-count");
  EXPECT_EXIT(Parse({"--test-count=x"}), ExitedWithCode(2), "test-count: 'x'");
  EXPECT_EXIT(Parse({"--test-count=-1"}), ExitedWithCode(2), "test-count");
  EXPECT_EXIT(Parse({"--test-name"}), ExitedWithCode(2), "needs a value");
  EXPECT_EXIT(Parse({"word"}), ExitedWithCode(2), "found 'word'");
  EXPECT_EXIT(Parse({"--"}), ExitedWithCode(2), "found '--'");
  // A flag of a library is not one of the program.
  EXPECT_EXIT(Parse({"--flagfile=x"}), ExitedWithCode(2), "unknown flag");
}

TEST(ParseFlagsDeathTest, PrintsHelpAndExitsWith0) {
  EXPECT_EXIT(Parse({"--help"}), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace terrella
