// Goal: the networks and records of a MaxMind DB come out as they went in, whatever its record
// size, and no damage to it goes further than an error.
#include "sim/net/mmdb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/status.h"
#include "sim/net/mmdb_value.h"
#include "sim/net/test_mmdb.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> All(const std::string& bytes) {
  std::vector<std::string> out;
  const absl::StatusOr<Mmdb> mmdb = Mmdb::Open(bytes);
  if (!mmdb.ok()) return {std::string(Message(mmdb.status()))};
  const absl::Status status = mmdb->ForEach([&](const Mmdb::Network& network) -> absl::Status {
    ASSIGN_OR_RETURN(const Mmdb::Location at, mmdb->ReadLocation(network.record));
    out.push_back(fmt::format("{:016x}/{} {} {},{}", network.first, network.bits, at.country,
                              at.latitude_deg, at.longitude_deg));
    return absl::OkStatus();
  });
  if (!status.ok()) out.push_back(std::string(Message(status)));
  return out;
}

TEST(Mmdb, WalksAllNetworksInOrder) {
  const std::vector<TestBlock> blocks = {{"102.89.0.0/16", "NG", 6.5, 3.375},
                                         {"8.8.8.0/24", "US", 37.5, -122.25},
                                         {"8.8.9.128/25", "US", 40.5, -74},
                                         {"128.0.0.0/1", "ZA", -33.5, 18.5}};
  const std::vector<std::string> expected = {
      "0808080000000000/24 US 37.5,-122.25", "0808098000000000/25 US 40.5,-74",
      "6659000000000000/16 NG 6.5,3.375", "8000000000000000/1 ZA -33.5,18.5"};
  for (const int record_bits : {24, 28, 32}) {
    EXPECT_EQ(All(TestMmdb(4, record_bits).Build(blocks)), expected) << record_bits;
  }
  EXPECT_EQ(All(TestMmdb(6, 28).Build(
                {{"2a02:2e0::/32", "DE", 52.5, 13.375}, {"2001:db8::1/128", "DE", 1, 1}})),
            std::vector<std::string>{"2a0202e000000000/32 DE 52.5,13.375"});
}

TEST(Mmdb, SaysWhatIsWrong) {
  const std::string good = TestMmdb(4, 24).Build({{"8.8.8.0/24", "US", 37.5, -122.25}});
  EXPECT_EQ(Mmdb::Open(good)->built_unix_s(), 1'700'000'000u);
  auto error = [&](std::string_view what, std::string_view with) {
    std::string bytes = good;
    const size_t at = bytes.rfind(what);
    EXPECT_NE(at, std::string::npos) << what;
    bytes.replace(at, with.size(), with);
    return All(bytes).back();
  };
  EXPECT_THAT(All("")[0], HasSubstr("expected a MaxMind DB"));
  EXPECT_THAT(error("MaxMind.com", "MaxMind.org"), HasSubstr("expected a MaxMind DB"));
  EXPECT_THAT(error("record_size", std::string_view("record_size\xc4\0\0\0\x19", 16)),
              HasSubstr("24, 28 or 32 bits, got 25"));
  EXPECT_THAT(error("ip_version", std::string_view("ip_version\xc4\0\0\0\x05", 15)),
              HasSubstr("version 4 or 6, got 5"));
  EXPECT_THAT(error("node_count", std::string_view("node_count\xc4\0\xff\xff\xff", 15)),
              HasSubstr("nodes within"));
  EXPECT_THAT(
      error("format_major_version", std::string_view("format_major_version\xc4\0\0\0\x03", 25)),
      HasSubstr("format 2, got 3"));
  EXPECT_THAT(error("latitude", "lATITUDE"), HasSubstr("has no coordinates"));
  // A node that is its own child.
  std::string loop = good;
  loop.replace(0, 6, std::string(6, '\0'));
  EXPECT_THAT(All(loop).back(), HasSubstr("expected a tree"));
}

TEST(Mmdb, BrokenBytesAreAnErrorAtWorst) {
  const std::string good = TestMmdb(6, 28).Build(
      {{"2a02:2e0::/32", "DE", 52.5, 13.375}, {"2c0f::/16", "KE", -1.25, 36.75}});
  for (size_t length = 0; length < good.size(); ++length) All(good.substr(0, length));
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    CounterRandom random(23, seed);
    std::string bytes = good;
    for (uint64_t i = 0; i <= seed % 4; ++i) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    All(bytes);
  }
}

TEST(MmdbCursor, FollowsOnePointerAndNotTwo) {
  const std::string section("\x20\x02\x20\x04\x41x", 6);
  EXPECT_EQ(MmdbCursor(section, 2).Next()->bytes, "x");
  EXPECT_THAT(Message(MmdbCursor(section, 0).Next().status()), HasSubstr("pointer to a pointer"));
}

TEST(MmdbCursor, LimitsNesting) {
  std::string section;
  for (int i = 0; i < 100; ++i) section += std::string("\x01\x04", 2);  // an array of one array
  EXPECT_THAT(Message(MmdbCursor(section, 0).Skip()), HasSubstr("deep"));
}

}  // namespace
}  // namespace terrella::net
