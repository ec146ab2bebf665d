#include "http/unparsed_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace terrella::http {
namespace {

// A read of `text`, as a connection makes it.
std::string_view Read(std::string_view text) {
  char* memory = ReadBuffer::Current();
  std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}
void Overwrite() {
  std::memset(ReadBuffer::Current(), '#', ReadBuffer::kBytes);
}
auto Take(std::string* into, size_t bytes) {
  return [into, bytes](std::string_view* in) {
    into->append(in->substr(0, bytes));
    in->remove_prefix(std::min(bytes, in->size()));
  };
}

TEST(UnparsedInput, ALargeRestIsKeptWhereItLies) {
  const std::string text(60'000, 'a');
  const std::string_view read = Read("head" + text);
  UnparsedInput input;
  std::string got;
  ASSERT_TRUE(input.Advance(read, Take(&got, 4)));
  EXPECT_EQ(got, "head");
  EXPECT_FALSE(input.empty());
  Overwrite();
  const char* at = nullptr;
  input.Advance({}, [&at](std::string_view* in) { at = in->data(); });
  EXPECT_EQ(at, read.data() + 4) << "it was copied";
  got.clear();
  input.Advance({}, Take(&got, text.size()));
  EXPECT_EQ(got, text);
  EXPECT_TRUE(input.empty());
}

TEST(UnparsedInput, WhatComesLaterFollowsARestOfEitherSize) {
  for (const size_t rest : {10, 60'000}) {
    std::string expected(rest, 'a');
    UnparsedInput input;
    std::string got;
    input.Advance(Read(expected), Take(&got, 0));
    Overwrite();
    input.Advance(Read("bcd"), Take(&got, rest + 1));
    Overwrite();
    EXPECT_EQ(got, expected + "b");
    input.Advance({}, Take(&got, 1));
    EXPECT_EQ(input.Take(), "d");
    EXPECT_TRUE(input.empty());
    EXPECT_EQ(got, expected + "bc");
  }
}

TEST(UnparsedInput, ALargeRestThatShrankIsTakenWhole) {
  UnparsedInput input;
  std::string got;
  input.Advance(Read(std::string(60'000, 'a') + "tail"), Take(&got, 0));
  Overwrite();
  input.Advance({}, Take(&got, 60'000));
  Overwrite();
  EXPECT_EQ(input.Take(), "tail");
}

TEST(UnparsedInput, ParsingDoesNotRunInsideItself) {
  UnparsedInput input;
  bool inner = true;
  input.Advance("x", [&](std::string_view*) {
    EXPECT_TRUE(input.advancing());
    inner = input.Advance("y", [](std::string_view*) { FAIL(); });
  });
  EXPECT_FALSE(inner);
  input.Clear();
  EXPECT_TRUE(input.empty());
}

}  // namespace
}  // namespace terrella::http
