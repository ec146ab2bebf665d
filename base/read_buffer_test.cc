#include "base/read_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace terrella {
namespace {

TEST(ReadBuffer, IsOverwrittenUnlessItIsKept) {
  char* first = ReadBuffer::Current();
  EXPECT_EQ(ReadBuffer::Current(), first);
  std::memcpy(first, "hello", 5);
  const ReadBuffer::Kept kept = ReadBuffer::Keep({first + 1, 4});
  ASSERT_EQ(kept.get(), first);
  EXPECT_NE(ReadBuffer::Current(), first);
  std::memset(ReadBuffer::Current(), 'x', ReadBuffer::kBytes);
  EXPECT_EQ(std::string_view(first, 5), "hello");
}

TEST(ReadBuffer, OnlyWhatLiesInTheLastReadCanBeKept) {
  char* memory = ReadBuffer::Current();
  EXPECT_EQ(ReadBuffer::Keep("elsewhere"), nullptr);
  EXPECT_EQ(ReadBuffer::Keep({memory + ReadBuffer::kBytes - 1, 2}), nullptr);
  const ReadBuffer::Kept kept = ReadBuffer::Keep({memory, ReadBuffer::kBytes});
  EXPECT_EQ(kept.get(), memory);
  EXPECT_EQ(ReadBuffer::Keep({memory, 1}), nullptr) << "somebody has it";
}

TEST(ReadBuffer, MemoryGivenBackIsReadIntoAgain) {
  char* first = ReadBuffer::Current();
  ReadBuffer::Keep({first, 1}).reset();
  EXPECT_EQ(ReadBuffer::Current(), first);
  // Any number may be kept at once and come back.
  std::vector<ReadBuffer::Kept> kept;
  for (int i = 0; i < 200; ++i) kept.push_back(ReadBuffer::Keep({ReadBuffer::Current(), 1}));
  kept.clear();
  EXPECT_NE(ReadBuffer::Current(), nullptr);
}

}  // namespace
}  // namespace terrella
