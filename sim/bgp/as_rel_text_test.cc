// Goal: CAIDA's text is read as its README says, packed or not, and everything else is refused with
// file and line.
#include "sim/bgp/as_rel_text.h"

#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "sim/bgp/bzip2.h"

namespace terrella::bgp {
namespace {

using ::testing::HasSubstr;

std::string Packed(std::string_view text) {
  std::string out(text.size() + 1000, '\0');
  auto size = static_cast<unsigned>(out.size());
  CHECK(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                 static_cast<unsigned>(text.size()), 1, 0, 0) == BZ_OK);
  out.resize(size);
  return out;
}

TEST(AsRelText, ReadsSerial1AndTheExtraFieldOfSerial2) {
  const auto graph =
      ParseAsRel("# source: x\n# input clique: 1 2\n1|2|0\r\n1|3|-1\n\n2|3|-1|bgp\n4|1|0|mlp", "f");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ((*graph)->size(), 4u);
  EXPECT_EQ((*graph)->provider_links(), 2u);
  EXPECT_EQ((*graph)->peer_links(), 2u);
}

TEST(AsRelText, RefusesEverythingElseWithFileAndLine) {
  const struct {
    std::string text;
    std::string_view error;
  } cases[] = {
      {"", "as.txt:0: expected at least one link"},
      {"# only a comment\n", "as.txt:1: expected at least one link"},
      {"1|2|-1\n1|2\n",
       "as.txt:2: expected <provider>|<customer>|-1 or <peer>|<peer>|0, got '1|2'"},
      {"1|2|1\n", "as.txt:1: expected <provider>"},
      {"1|2|-1|a|b\n", "as.txt:1: expected <provider>"},
      {"1| 2|0\n", "as.txt:1: expected <provider>"},
      {"+1|2|0\n", "as.txt:1: expected <provider>"},
      {"1|4294967296|0\n", "as.txt:1: expected <provider>"},
      {"1|-2|0\n", "as.txt:1: expected <provider>"},
      {"1|2|0\n\xff\x01\n",
       "as.txt:2: expected <provider>|<customer>|-1 or <peer>|<peer>|0, got '\?\?'"},
      {"1|2|0\n3|3|0\n4|5|0\n", "as.txt:2: expected two different ASes, got AS3 twice"},
      {"1|2|0\n3|4|0\n2|1|-1\n", "as.txt:3: expected one link between AS1 and AS2, got another"},
      {"1|2|-1\n2|1|-1\n", "as.txt:2: expected one link"},
      {"1|2|-1\n2|3|-1\n3|1|-1\n", "expected no circle of providers"},
      {"1|2|0\n#" + std::string(70'000, 'x') + "\n",
       "as.txt:2: expected at most 65536 bytes a line"},
  };
  for (const auto& row : cases) {
    const auto graph = ParseAsRel(row.text, "as.txt");
    ASSERT_FALSE(graph.ok()) << row.error;
    EXPECT_EQ(graph.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(graph.status())), HasSubstr(std::string(row.error)));
  }
}

TEST(AsRelText, KeepsItsLimits) {
  AsRelLimits limits;
  limits.graph.links_max = 2;
  EXPECT_TRUE(ParseAsRel("1|2|0\n1|3|0", "f", limits).ok());
  EXPECT_THAT(std::string(Message(ParseAsRel("1|2|0\n1|3|0\n1|4|0", "f", limits).status())),
              HasSubstr("f:3: expected at most 2 links"));
  limits.graph.ases_max = 2;
  EXPECT_FALSE(ParseAsRel("1|2|0\n1|3|0", "f", limits).ok());
}

TEST(AsRelText, UnpacksBzip2) {
  const auto path = std::filesystem::path(testing::TempDir()) / fmt::format("{}.bz2", getpid());
  ASSERT_TRUE(WriteFileAtomic(path, Packed("1|2|0\n") + Packed("1|3|-1\n")).ok());
  const auto graph = ReadAsRel(path);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ((*graph)->size(), 3u) << "streams one after the other are one text";
  ASSERT_TRUE(WriteFileAtomic(path, Packed("1|2|0\n").substr(0, 20)).ok());
  EXPECT_THAT(std::string(Message(ReadAsRel(path).status())),
              HasSubstr(path.string() + ": expected a bzip2 stream"));
  std::filesystem::remove(path);
}

TEST(Bzip2, GivesBackWhatWasPackedUpToItsLimit) {
  std::string text(3 << 20, 'a');
  for (size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>('a' + i % 23);
  EXPECT_EQ(*Bunzip2(Packed(text), text.size()), text);
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += Packed("");
  EXPECT_EQ(Bunzip2(many, text.size()).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Bunzip2(Packed(text), text.size() - 1).status().code(),
            absl::StatusCode::kResourceExhausted);
  std::string damaged = Packed(text);
  damaged[damaged.size() / 2] ^= 0x10;
  EXPECT_EQ(Bunzip2(damaged, text.size()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(IsBzip2("BZh0"));
  EXPECT_FALSE(IsBzip2("BZ"));
}

}  // namespace
}  // namespace terrella::bgp
