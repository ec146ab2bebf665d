#include "base/zstd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella {
namespace {

using testing::HasSubstr;

std::string Code() {
  std::string code;
  for (int i = 0; i < 2000; ++i) code += "export const n" + std::to_string(i) + " = () => 1;\n";
  return code;
}

TEST(Zstd, CodeComesBackFromAFractionOfItsSize) {
  const std::string code = Code();
  const std::string frame = ZstdCompress(code);
  EXPECT_LT(frame.size(), code.size() / 4);
  const auto back = ZstdDecompress(frame, code.size());
  ASSERT_TRUE(back.ok()) << Message(back.status());
  EXPECT_EQ(*back, code);
}

TEST(Zstd, NothingIsContentToo) {
  const auto back = ZstdDecompress(ZstdCompress(""), 0);
  ASSERT_TRUE(back.ok()) << Message(back.status());
  EXPECT_EQ(*back, "");
}

// A frame that would grow beyond what was said is refused before memory is taken for it.
TEST(Zstd, AnotherLengthThanWasSaidIsRefused) {
  const std::string frame = ZstdCompress(std::string(100 << 20, 'x'));
  EXPECT_LT(frame.size(), 20'000u);
  EXPECT_THAT(Message(ZstdDecompress(frame, 1000).status()), HasSubstr("no zstd frame of 1000"));
}

TEST(Zstd, EveryBeginningOfAFrameIsRefused) {
  const std::string code = Code(), frame = ZstdCompress(code);
  for (size_t bytes = 0; bytes < frame.size(); ++bytes) {
    EXPECT_FALSE(ZstdDecompress(frame.substr(0, bytes), code.size()).ok()) << bytes;
  }
}

TEST(Zstd, RubbishAndTwoFramesAreRefused) {
  EXPECT_FALSE(ZstdDecompress("rubbish that is no frame", 10).ok());
  const std::string frame = ZstdCompress("abc");
  EXPECT_FALSE(ZstdDecompress(frame + frame, 3).ok());
}

}  // namespace
}  // namespace terrella
