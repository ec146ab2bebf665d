#include "base/config.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella {
namespace {

using namespace std::chrono_literals;

ConfigFile Parse(std::string_view text) {
  auto file = ConfigFile::Parse(text, "f.toml");
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(Config, ReadsEveryType) {
  ConfigFile file = Parse(R"(
name = "x"
count = 3
share = 0.5
on = true
at = "1.5s"
one = "alone"
list = ["a", {b = 1}]
[table]
k = "v"
[[row]]
i = 1
[[row]]
i = 2
)");
  ConfigTable root = file.root();
  EXPECT_EQ(root.String("name"), "x");
  EXPECT_EQ(root.Integer("count", 1, 10), 3);
  EXPECT_EQ(root.Number("share", 0, 1), 0.5);
  EXPECT_EQ(root.Boolean("on"), true);
  EXPECT_EQ(root.DurationOf("at", 0s, 1h), Duration(1500ms));
  EXPECT_EQ(root.List("one").size(), 1u);
  auto list = root.List("list");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].AsString(), "a");
  EXPECT_TRUE(list[1].AsTable().has_value());
  EXPECT_EQ(root.Table("table")->String("k"), "v");
  EXPECT_EQ(root.Tables("row").size(), 2u);
  EXPECT_FALSE(root.String("absent").has_value());
  root.RefuseUnknownKeys();
  EXPECT_TRUE(file.status().ok()) << file.status();
}

struct BadCase {
  const char* text;
  const char* error;
};

// Reads one fixed shape; each text breaks it in one way.
absl::Status ReadShape(std::string_view text) {
  auto file = ConfigFile::Parse(text, "f.toml");
  if (!file.ok()) return file.status();
  ConfigTable root = file->root();
  root.String("name", 5);
  root.Integer("count", 1, 10);
  root.Number("share", 0, 1);
  root.DurationOf("at", 1ms, 10s);
  root.Tables("row");
  root.List("list", 2);
  root.RefuseUnknownKeys();
  return file->status();
}

TEST(Config, SaysWhatIsWrongAndWhere) {
  const BadCase kCases[] = {
      {"name = 3", "f.toml:1:8: 'name' is an integer; expected a string"},
      {"name = \"longer\"", "f.toml:1:8: 'name' is longer than 5 bytes"},
      {"count = 11", "f.toml:1:9: 'count' is 11; expected 1 to 10"},
      {"count = \"1\"", "f.toml:1:9: 'count' is a string; expected an integer"},
      {"share = nan", "f.toml:1:9: 'share' is nan; expected 0 to 1"},
      {"\nat = \"1\"",
       "f.toml:2:6: 'at': '1' is not a duration; expected e.g. \"250ms\", \"10s\", \"1.5m\" or "
       "\"2h\""},
      {"at = \"1h\"", "f.toml:1:6: 'at' is 1h; expected 1 ms to 10000 ms"},
      {"row = [1]", "f.toml:1:8: 'row' holds an integer; expected tables, written [[row]]"},
      {"list = [1,2,3]", "f.toml:1:8: 'list' has 3 values; at most 2"},
      {"cuont = 1", "f.toml:1:1: unknown key 'cuont'; did you mean 'count'?"},
      {"zzzzzzzz = 1", "f.toml:1:1: unknown key 'zzzzzzzz'"},
  };
  for (const BadCase& c : kCases) EXPECT_EQ(Message(ReadShape(c.text)), c.error) << c.text;
  EXPECT_FALSE(ReadShape("a = [").ok());
  EXPECT_FALSE(ReadShape("a = 1\na = 2").ok());
}

TEST(ConfigFile, GivesAnyValueAsJson) {
  auto file = ConfigFile::Parse("a = [1, 'two']\nb = { c = true }\ns = 'x'", "f.toml");
  ASSERT_TRUE(file.ok());
  ConfigTable root = file->root();
  auto without_spaces = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
    return text;
  };
  EXPECT_EQ(without_spaces(root.Json("a").value()), R"([1,"two"])");
  EXPECT_EQ(without_spaces(root.Json("b").value()), R"({"c":true})");
  EXPECT_FALSE(root.Json("none"));
  EXPECT_TRUE(root.IsString("s"));
  EXPECT_FALSE(root.IsString("a"));
  EXPECT_FALSE(root.Json("a", 3));
  EXPECT_FALSE(file->status().ok());
}

TEST(Config, ABracketBeforeNothingIsAnError) {
  for (const char* text : {"[\n", "[", "[[\n", "[>>\n", "[[", "[a.\n"}) {
    EXPECT_FALSE(ConfigFile::Parse(text, "f.toml").ok()) << text;
  }
}

TEST(Config, LettersOutsideStringsAreErrorsWhateverTheyAre) {
  for (const char* letter : {"\u00dc", "\u00a1", "\u0499", "\u1681", "\u3001", "\U0001f600"}) {
    EXPECT_FALSE(ConfigFile::Parse(fmt::format("\n{} = 1", letter), "f.toml").ok()) << letter;
    EXPECT_FALSE(ConfigFile::Parse(fmt::format("a = {}", letter), "f.toml").ok()) << letter;
  }
}

}  // namespace
}  // namespace terrella
