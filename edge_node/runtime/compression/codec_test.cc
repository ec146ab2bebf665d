#include "edge_node/runtime/compression/codec.h"

#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace terrella::runtime {
namespace {

constexpr CodecFormat kFormats[] = {CodecFormat::kGzip, CodecFormat::kDeflate,
                                    CodecFormat::kDeflateRaw, CodecFormat::kBrotli};

// All of `bytes` through the codec, `piece_bytes` in and at most `room_bytes` out at a time.
absl::StatusOr<std::string> RunAll(Codec& codec, std::string_view bytes, size_t piece_bytes,
                                   size_t room_bytes) {
  std::string out;
  for (;;) {
    std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    const auto flush = bytes.empty() ? Codec::Flush::kEnd : Codec::Flush::kNone;
    for (;;) {
      const size_t had = out.size();
      ASSIGN_OR_RETURN(const auto progress, codec.Run(piece, flush, room_bytes, out));
      EXPECT_LE(out.size() - had, room_bytes);
      if (progress == Codec::Progress::kEnd) {
        EXPECT_TRUE(piece.empty());
        return out;
      }
      if (progress == Codec::Progress::kHungry) break;
    }
    EXPECT_TRUE(piece.empty());
    if (flush == Codec::Flush::kEnd) return Internal("no end");
  }
}

std::string SomeText(size_t bytes) {
  std::string text;
  uint32_t seed = 301;
  while (text.size() < bytes) {
    seed = seed * 1664525 + 1013904223;
    text += seed >> 28 ? std::string(seed >> 27, 'a') : std::to_string(seed);
  }
  return text;
}

std::string Compress(CodecFormat format, std::string_view bytes) {
  return *RunAll(*MakeCompressor(format), bytes, bytes.size(), 1 << 20);
}

TEST(Codec, SurvivesTheRoundTripInPieces) {
  for (CodecFormat format : kFormats) {
    for (size_t bytes : {0, 1, 100, 200'000}) {
      const std::string text = SomeText(bytes);
      const auto packed = RunAll(*MakeCompressor(format), text, 777, 100);
      ASSERT_TRUE(packed.ok()) << packed.status();
      for (size_t piece_bytes : {size_t{1}, size_t{1000}, packed->size()}) {
        const auto again = RunAll(*MakeDecompressor(format), *packed, piece_bytes, 333);
        ASSERT_TRUE(again.ok()) << again.status();
        EXPECT_EQ(*again, text);
      }
    }
  }
}

TEST(Codec, DecompressesWhatOthersWrote) {
  // RFC 1952, 1950, 1951 and 7932 streams of "hi", by gzip, zlib and brotli.
  const std::pair<CodecFormat, std::string> rows[] = {
      {CodecFormat::kGzip, std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\xc8\x04\x00"
                                       "\xac\x2a\x93\xd8\x02\x00\x00\x00",
                                       22)},
      {CodecFormat::kDeflate, std::string("\x78\x9c\xcb\xc8\x04\x00\x01\x3b\x00\xd2", 10)},
      {CodecFormat::kDeflateRaw, std::string("\xcb\xc8\x04\x00", 4)},
      {CodecFormat::kBrotli, std::string("\x8b\x00\x80\x68\x69\x03", 6)},
  };
  for (const auto& [format, bytes] : rows) {
    const auto text = RunAll(*MakeDecompressor(format), bytes, bytes.size(), 100);
    ASSERT_TRUE(text.ok()) << static_cast<int>(format) << text.status();
    EXPECT_EQ(*text, "hi");
  }
}

TEST(Codec, GivesOutWhatASyncFlushAsksFor) {
  for (CodecFormat format : kFormats) {
    const auto compressor = MakeCompressor(format);
    const auto decompressor = MakeDecompressor(format);
    for (std::string text : {"one", "two", "three"}) {
      std::string_view in = text;
      std::string packed, again;
      ASSERT_EQ(*compressor->Run(in, Codec::Flush::kSync, 1000, packed), Codec::Progress::kHungry);
      in = packed;
      ASSERT_TRUE(decompressor->Run(in, Codec::Flush::kNone, 1000, again).ok());
      EXPECT_EQ(again, text);
    }
  }
}

TEST(Codec, LeavesWhatStandsBehindTheEnd) {
  for (CodecFormat format : kFormats) {
    const std::string bytes = Compress(format, "hello") + "rest";
    std::string_view in = bytes;
    std::string out;
    EXPECT_EQ(*MakeDecompressor(format)->Run(in, Codec::Flush::kNone, 1000, out),
              Codec::Progress::kEnd);
    EXPECT_EQ(out, "hello");
    EXPECT_EQ(in, "rest");
  }
}

TEST(Codec, RefusesMalformedAndShortInput) {
  for (CodecFormat format : kFormats) {
    const std::string bytes = Compress(format, SomeText(1000));
    EXPECT_FALSE(RunAll(*MakeDecompressor(format), "\xff\xff\xff\xff\xff\xff", 6, 100).ok());
    for (size_t length : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
      const auto text = RunAll(*MakeDecompressor(format), bytes.substr(0, length), 7, 100);
      EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument) << length;
    }
  }
}

TEST(Codec, CountsItsMemory) {
  for (CodecFormat format : kFormats) {
    const auto compressor = MakeCompressor(format);
    ASSERT_TRUE(RunAll(*compressor, SomeText(100'000), 1000, 1000).ok());
    EXPECT_GT(compressor->memory_bytes(), 10'000u);
    EXPECT_LT(compressor->memory_bytes(), 16u << 20);
  }
}

TEST(Codec, TakesOptionsOfTheFormat) {
  const std::string text = SomeText(200'000);
  auto round_trip = [&](CodecFormat format, const CodecOptions& pack, const CodecOptions& unpack) {
    const auto packed = RunAll(*MakeCompressor(format, pack), text, 100'000, 5000);
    EXPECT_TRUE(packed.ok()) << packed.status();
    const auto again = RunAll(*MakeDecompressor(format, unpack), *packed, 1000, 5000);
    EXPECT_TRUE(again.ok() && *again == text) << again.status();
    return packed->size();
  };
  const CodecOptions slow{.level = 9, .window_bits = 9, .memory_level = 1, .strategy = 2};
  for (CodecFormat format : {CodecFormat::kGzip, CodecFormat::kDeflate, CodecFormat::kDeflateRaw}) {
    EXPECT_GT(round_trip(format, {.level = 0}, {}), text.size());
    round_trip(format, slow, {.window_bits = 9});
  }
  EXPECT_LT(round_trip(CodecFormat::kBrotli, {.level = 11, .window_bits = 22, .strategy = 1}, {}),
            round_trip(CodecFormat::kBrotli, {.level = 1, .window_bits = 10}, {}));
}

TEST(Codec, TakesADictionaryAndAsksForIt) {
  const std::string dictionary = SomeText(2000);
  for (CodecFormat format : {CodecFormat::kDeflate, CodecFormat::kDeflateRaw}) {
    const auto packed =
        RunAll(*MakeCompressor(format, {.dictionary = dictionary}), dictionary, 2000, 2000);
    ASSERT_TRUE(packed.ok());
    EXPECT_LT(packed->size(), 100u);
    const auto again =
        RunAll(*MakeDecompressor(format, {.dictionary = dictionary}), *packed, 7, 2000);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, dictionary);
    EXPECT_FALSE(RunAll(*MakeDecompressor(format), *packed, 7, 2000).ok());
    EXPECT_FALSE(RunAll(*MakeDecompressor(format, {.dictionary = "other"}), *packed, 7, 2000).ok());
  }
}

}  // namespace
}  // namespace terrella::runtime
