#include <gtest/gtest.h>

#include "base/config.h"
#include "base/status.h"

namespace terrella {
namespace {

std::string Reparsed(std::string_view text) {
  auto node = ParseJsonc(text, "f.jsonc");
  return node.ok() ? ToJson(*node) : std::string(Message(node.status()));
}

TEST(Jsonc, ReadsEveryValueOfRfc8259) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "{}"},                                                              // section 4
      {" [ ] ", "[]"},                                                           // section 5
      {R"({"b":1,"a":[true,false,null]})", R"({"a":[true,false,null],"b":1})"},  // section 3
      {"[0,-0,12,-3,1.5,2e3,1E-2]", "[0,0,12,-3,1.5,2000,0.01]"},                // section 6
      {"[123456789012345678901]", "[1.2345678901234568e+20]"},
      {R"(["\"\\\/\b\f\n\r\t"])", R"(["\"\\/\b\f\n\r\t"])"},  // section 7
      {R"(["\u00e9\ud83d\ude00"])", "[\"\u00e9\U0001f600\"]"},
      {"\"alone\"", "\"alone\""},
  };
  for (const auto& [text, want] : kCases) EXPECT_EQ(Reparsed(text), want) << text;
}

TEST(Jsonc, TakesCommentsTrailingCommasAndAByteOrderMark) {
  EXPECT_EQ(
      Reparsed(
          "\xEF\xBB\xBF// first\n{ /* a */ \"a\" /**/ : 1, // one\n \"b\": [1, 2,],\n}\n// last"),
      R"({"a":1,"b":[1,2]})");
}

TEST(Jsonc, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "f.jsonc:1:1: expected a value, found the end of the file"},
      {"{\n  \"a\": 1\n  \"b\": 2 }", "f.jsonc:3:3: expected ',' or '}', found '\"'"},
      {"{a: 1}", "f.jsonc:1:2: expected a name in quotes or '}', found 'a'"},
      {"{\"a\" 1}", "f.jsonc:1:6: expected ':' after \"a\", found '1'"},
      {"{\"a\": undefined}", "f.jsonc:1:7: expected a value, found 'undefined'"},
      {"[1,,2]", "f.jsonc:1:4: expected a value, found ','"},
      {"[,]", "f.jsonc:1:2: expected a value, found ','"},
      {"[1] 2", "f.jsonc:1:5: expected the end of the file, found '2'"},
      {"[1", "f.jsonc:1:3: expected ',' or ']', found the end of the file"},
      {"[\"a\n\"]", "f.jsonc:1:2: the string is not closed"},
      {"[\"a\tb\"]", "f.jsonc:1:4: a control character must be escaped"},
      {"[01]", "f.jsonc:1:2: this is no number of JSON"},
      {"[-]", "f.jsonc:1:2: this is no number of JSON"},
      {"[1.]", "f.jsonc:1:2: this is no number of JSON"},
      {"[1e999]", "f.jsonc:1:2: the number is out of range"},
      {R"(["\x41"])",
       "f.jsonc:1:3: an escape of JSON is one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"},
      {R"(["\u12g4"])", "f.jsonc:1:5: expected four hexadecimal digits after \\u"},
      {R"(["\ud800"])", "f.jsonc:1:9: a surrogate stands alone"},
      {R"(["\ud800\u0041"])", "f.jsonc:1:15: a surrogate stands alone"},
      {"[\"\xC3\"]", "f.jsonc:1:2: the string is not UTF-8"},
      {"[\"\xED\xA0\x80\"]", "f.jsonc:1:2: the string is not UTF-8"},
      {"/* open", "f.jsonc:1:1: the comment is not closed"},
      {"{\"a\": 1,\n \"a\": 2}", "f.jsonc:2:2: \"a\" stands here a second time"},
  };
  for (const auto& [text, want] : kCases) EXPECT_EQ(Reparsed(text), want) << text;
  EXPECT_EQ(Reparsed(std::string(65, '[') + std::string(65, ']')),
            "f.jsonc:1:65: more than 64 levels deep");
}

TEST(Jsonc, IsReadLikeAnyOtherConfiguration) {
  auto file = ConfigFile::ParseJson("{\n  \"name\": 3, // no\n  \"nmae\": 1\n}", "f.json");
  ASSERT_TRUE(file.ok());
  ConfigTable root = file->root();
  EXPECT_FALSE(root.String("name"));
  EXPECT_EQ(root.UnaskedKeys(), std::vector<std::string>{"nmae"});
  EXPECT_EQ(root.WhereKey("nmae"), "f.json:3:3");
  EXPECT_EQ(Message(file->status()), "f.json:2:11: 'name' is an integer; expected a string");
  EXPECT_EQ(Message(ConfigFile::ParseJson("[]", "f.json").status()),
            "f.json:1:1: the file is a list; expected an object");
}

}  // namespace
}  // namespace terrella
