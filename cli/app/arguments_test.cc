#include "cli/app/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Command> Table() {
  return {
      {.name = "up",
       .flags = {{.name = "--pops", .value = "N", .kind = ValueKind::kNumber, .min = 1, .max = 9},
                 {.name = "--mode",
                  .value = "M",
                  .kind = ValueKind::kChoice,
                  .choices = {"fast", "slow"}}}},
      {.name = "deploy",
       .positionals = {{.name = "PATH"}},
       .flags = {{.name = "--route", .value = "R", .repeatable = true},
                 {.name = "--message", .letter = 'm', .value = "TEXT"},
                 {.name = "--detach"},
                 {.name = "--timeout", .value = "T", .kind = ValueKind::kDuration}}},
      {.name = "kill", .positionals = {{.name = "POP", .repeated = true}}},
      {.name = "net rtt", .positionals = {{.name = "A"}, {.name = "B"}}},
      {.name = "net pops"},
      {.name = "dns ds"},
      {.name = "dns record add", .positionals = {{.name = "NAME"}}},
      {.name = "dns record list"},
      {.name = "__complete",
       .positionals = {{.name = "WORD", .required = false, .repeated = true}},
       .hidden = true,
       .raw_words = true}};
}

class ArgumentsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Parsed> Parse(std::vector<std::string> words) {
    return ParseCommandLine(table_, words);
  }
  std::string Error(std::vector<std::string> words) {
    const absl::StatusOr<Parsed> parsed = Parse(std::move(words));
    EXPECT_FALSE(parsed.ok());
    return std::string(Message(parsed.status()));
  }
  std::vector<Command> table_ = Table();
};

TEST_F(ArgumentsTest, SouthernCoordinatesAreNoFlags) {
  for (const auto& words : {std::vector<std::string>{"net", "rtt", "-34.6,-58.4", "FRA"},
                            {"net", "rtt", "--json", "--", "-34.6,-58.4", "FRA"}}) {
    const auto parsed = Parse(words);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->arguments.Text("A"), "-34.6,-58.4");
  }
}

TEST_F(ArgumentsTest, WhatStandsBehindTwoDashesIsNeverAFlag) {
  const auto parsed = Parse({"deploy", "--", "--odd name.js"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->arguments.Text("PATH"), "--odd name.js");
}

TEST_F(ArgumentsTest, TakesFlagsBeforeBetweenAndBehindArguments) {
  const auto parsed = Parse({"--cluster", "ci", "deploy", "-m", "why not", "a.js", "--route=x/*",
                             "--route", "y/*", "-q"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command->name, "deploy");
  EXPECT_EQ(parsed->arguments.Text("--cluster"), "ci");
  EXPECT_EQ(parsed->arguments.Text("PATH"), "a.js");
  EXPECT_EQ(parsed->arguments.Text("--message"), "why not");
  EXPECT_THAT(parsed->arguments.All("--route"), ElementsAre("x/*", "y/*"));
  EXPECT_TRUE(parsed->arguments.Has("--quiet"));
  EXPECT_FALSE(parsed->arguments.Has("--detach"));
}

TEST_F(ArgumentsTest, FindsCommandsOfTwoWords) {
  const auto parsed = Parse({"net", "rtt", "Lagos", "FRA"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command->name, "net rtt");
  EXPECT_EQ(parsed->arguments.Text("B"), "FRA");
}

TEST_F(ArgumentsTest, FindsCommandsOfThreeWords) {
  const auto parsed = Parse({"dns", "record", "add", "www"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->command->name, "dns record add");
  EXPECT_EQ(parsed->arguments.Text("NAME"), "www");
  EXPECT_THAT(Error({"dns"}), HasSubstr("'dns' needs a word more: ds or record"));
  EXPECT_THAT(Error({"dns", "record"}), HasSubstr("'dns record' needs a word more: add or list"));
  EXPECT_THAT(Error({"dns", "record", "ad", "x"}), HasSubstr("did you mean 'add'?"));
  EXPECT_THAT(Error({"dns", "recrd", "add"}), HasSubstr("did you mean 'record'?"));
}

TEST_F(ArgumentsTest, RepeatedPositionalTakesTheRest) {
  const auto parsed = Parse({"kill", "FRA", "LHR"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->arguments.All("POP"), ElementsAre("FRA", "LHR"));
}

TEST_F(ArgumentsTest, RawCommandKeepsDashes) {
  const auto parsed = Parse({"__complete", "deploy", "--na", ""});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->arguments.All("WORD"), ElementsAre("deploy", "--na", ""));
}

TEST_F(ArgumentsTest, HelpNeedsNoArguments) {
  const auto parsed = Parse({"deploy", "--help"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->arguments.Has("--help"));
}

TEST_F(ArgumentsTest, ErrorsNameTheAlternative) {
  EXPECT_THAT(Error({"deploi", "x"}), HasSubstr("did you mean 'deploy'?"));
  EXPECT_THAT(Error({"deploy", "x", "--rout", "y"}), HasSubstr("did you mean '--route'?"));
  EXPECT_THAT(Error({"net", "rt"}), HasSubstr("did you mean 'rtt'?"));
  EXPECT_THAT(Error({"net"}), HasSubstr("rtt or pops"));
  EXPECT_THAT(Error({"up", "--mode", "fas"}), HasSubstr("did you mean 'fast'?"));
}

TEST_F(ArgumentsTest, RefusesBadValues) {
  EXPECT_THAT(Error({"up", "--pops", "x"}), HasSubstr("not a whole number"));
  EXPECT_THAT(Error({"up", "--pops", "0"}), HasSubstr("expected 1 to 9, got 0"));
  EXPECT_THAT(Error({"up", "--pops"}), HasSubstr("--pops needs a value"));
  EXPECT_THAT(Error({"up", "--pops", "1", "--pops", "2"}), HasSubstr("given 2 times"));
  EXPECT_THAT(Error({"deploy"}), HasSubstr("PATH is missing"));
  EXPECT_THAT(Error({"deploy", "a", "b"}), HasSubstr("unexpected argument 'b'"));
  EXPECT_THAT(Error({"deploy", "a", "--timeout", "5"}),
              HasSubstr("--timeout: '5' is not a duration"));
  EXPECT_THAT(Error({""}), HasSubstr("unknown command ''"));
}

}  // namespace
}  // namespace terrella::cli
