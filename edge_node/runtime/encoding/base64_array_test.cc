// Rows after ECMA-262 section 23.3.3 (FromBase64) and 23.3.4 (FromHex).
#include "edge_node/runtime/encoding/base64_array.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

constexpr LastChunk kLoose = LastChunk::kLoose, kStrict = LastChunk::kStrict,
                    kStop = LastChunk::kStopBeforePartial;
constexpr size_t kAll = static_cast<size_t>(-1);

struct Row {
  const char* text;
  LastChunk last_chunk;
  size_t bytes_max;
  const char* bytes;
  size_t read;
  bool is_wrong = false;
};

TEST(Base64Array, Decodes) {
  const Row rows[] = {
      {"", kLoose, kAll, "", 0},
      {"Zm9vYmFy", kLoose, kAll, "foobar", 8},
      {" Z m\t9\nv\f Y\rm F y ", kLoose, kAll, "foobar", 18},
      {"Zg", kLoose, kAll, "f", 2},
      {"Zg==", kLoose, kAll, "f", 4},
      {"Zm8=", kLoose, kAll, "fo", 4},
      {"Zg = = ", kLoose, kAll, "f", 7},
      {"Zm9vYg", kStrict, kAll, "foo", 4, true},
      {"Zm9vYg==", kStrict, kAll, "foob", 8},
      {"Zh==", kStrict, kAll, "", 0, true},  // bits that the byte does not use
      {"Zh==", kLoose, kAll, "f", 4},
      {"Zm9vY", kLoose, kAll, "foo", 4, true},
      {"Zm9vYg", kStop, kAll, "foo", 4},
      {"Zm9vYg=", kStop, kAll, "foo", 4},
      {"Zm9vYg==", kStop, kAll, "foob", 8},
      {"Zm9vYg=", kLoose, kAll, "foo", 4, true},
      {"Zm9vYg===", kLoose, kAll, "foo", 4, true},
      {"Zm9vYg==Zg", kLoose, kAll, "foo", 4, true},
      {"=", kLoose, kAll, "", 0, true},
      {"Zm9v=", kLoose, kAll, "foo", 4, true},
      {"Zm9v!", kLoose, kAll, "foo", 4, true},
      {"Zm9v\xC3\xA4", kLoose, kAll, "foo", 4, true},
      {"Zm9vYmFy", kLoose, 0, "", 0},
      {"Zm9vYmFy", kLoose, 3, "foo", 4},
      {"Zm9vYmFy", kLoose, 4, "foo", 4},
      {"Zm9vYmFy", kLoose, 5, "foo", 4},
      {"Zm9vYg==", kLoose, 4, "foob", 8},
      {"Zm9vYmE=", kLoose, 4, "foo", 4},
  };
  for (const Row& row : rows) {
    const DecodedText got =
        DecodeBase64Array(row.text, {.last_chunk = row.last_chunk, .bytes_max = row.bytes_max});
    EXPECT_EQ(got.bytes, row.bytes) << row.text;
    EXPECT_EQ(got.read, row.read) << row.text;
    EXPECT_EQ(got.is_wrong, row.is_wrong) << row.text;
  }
}

TEST(Base64Array, HasTwoAlphabets) {
  EXPECT_EQ(DecodeBase64Array("-_-_", {.is_url = true}).bytes, "\xFB\xFF\xBF");
  EXPECT_EQ(DecodeBase64Array("+/+/", {}).bytes, "\xFB\xFF\xBF");
  EXPECT_TRUE(DecodeBase64Array("+/+/", {.is_url = true}).is_wrong);
  EXPECT_TRUE(DecodeBase64Array("-_-_", {}).is_wrong);
}

TEST(Base64Array, Encodes) {
  EXPECT_EQ(EncodeBase64Array("foobar", false, false), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64Array("fooba", false, false), "Zm9vYmE=");
  EXPECT_EQ(EncodeBase64Array("foob", false, false), "Zm9vYg==");
  EXPECT_EQ(EncodeBase64Array("foob", false, true), "Zm9vYg");
  EXPECT_EQ(EncodeBase64Array("\xFB\xFF\xBF", true, false), "-_-_");
  EXPECT_EQ(EncodeBase64Array("", false, false), "");
}

TEST(HexArray, DecodesAndEncodes) {
  EXPECT_EQ(DecodeHexArray("00fFa0", kAll).bytes, std::string("\0\xFF\xA0", 3));
  EXPECT_TRUE(DecodeHexArray("0", kAll).is_wrong);
  const DecodedText wrong = DecodeHexArray("01g0", kAll);
  EXPECT_TRUE(wrong.is_wrong);
  EXPECT_EQ(wrong.bytes, "\x01");
  EXPECT_EQ(wrong.read, 2u);
  const DecodedText cut = DecodeHexArray("0102", 1);
  EXPECT_EQ(cut.read, 2u);
  EXPECT_FALSE(cut.is_wrong);
  EXPECT_EQ(EncodeHexArray(std::string("\0\xFF\xA0", 3)), "00ffa0");
}

}  // namespace
}  // namespace terrella::runtime
