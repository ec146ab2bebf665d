#include "base/digest.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

// FIPS 180-4 example vectors.
TEST(Digest, Sha256OfKnownTexts) {
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, HexRoundTripsAndRefusesWhatIsNotHex) {
  std::string bytes("\x00\x7f\xff", 3);
  EXPECT_EQ(*FromHex(ToHex(bytes)), bytes);
  EXPECT_EQ(*FromHex("00fF"), std::string("\x00\xff", 2));
  EXPECT_FALSE(FromHex("abc").ok());
  EXPECT_FALSE(FromHex("zz").ok());
}

}  // namespace
}  // namespace terrella
