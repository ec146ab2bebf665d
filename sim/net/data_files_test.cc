// Goal: a data file that was mixed up or typed wrong is refused with its name and line, never
// read as something else, and what is read is the same from every thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct DataFile {
  const char* name;
  std::string text;
};

// The files as they ship; in the order of Parse's arguments.
std::vector<DataFile> Shipped() {
  std::vector<DataFile> files;
  for (const char* name : {"cities.csv", "countries.csv", "aliases.csv", "pops.csv",
                           "latency_fit.csv", "latency_places.csv", "latency_corrections.csv"}) {
    files.push_back({name, ReadFile(*FindDataDir() / name, 16 << 20).value()});
  }
  return files;
}

absl::Status ParseAll(const std::vector<DataFile>& f) {
  auto places = Places::Parse({f[0].text, f[1].text, f[2].text, f[3].text});
  RETURN_IF_ERROR(places.status());
  return LatencyModel::Parse({f[4].text, f[5].text, f[6].text}).status();
}

struct Line {
  size_t begin, size, number;
};
Line LastLine(const std::string& text) {
  const size_t end = text.size() - 1;  // a line feed
  const size_t begin = text.rfind('\n', end - 1) + 1;
  const auto before = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(begin), '\n');
  return {begin, end - begin, static_cast<size_t>(before) + 1};
}

TEST(DataFiles, ShippedFilesAreRead) {
  const absl::Status status = ParseAll(Shipped());
  EXPECT_TRUE(status.ok()) << Message(status);
}

TEST(DataFiles, AWrongLineIsRefusedByFileAndLine) {
  const std::vector<DataFile> shipped = Shipped();
  for (size_t which = 0; which < shipped.size(); ++which) {
    const Line line = LastLine(shipped[which].text);
    for (const std::string& wrong :
         {std::string("one field"), std::string(",,,,,,,,,,,"), std::string("\"open"),
          std::string(5000, 'x'), std::string("\0\1\xff\xfe", 4)}) {
      std::vector<DataFile> damaged = shipped;
      damaged[which].text.replace(line.begin, line.size, wrong);
      const absl::Status status = ParseAll(damaged);
      ASSERT_FALSE(status.ok()) << shipped[which].name << " took " << wrong.substr(0, 20);
      EXPECT_THAT(std::string(Message(status)),
                  StartsWith(std::string(shipped[which].name) + ":" + std::to_string(line.number) +
                             ": expected"));
    }
  }
}

TEST(DataFiles, AFileInPlaceOfAnotherOrNoFileIsRefusedByName) {
  const std::vector<DataFile> shipped = Shipped();
  for (size_t which = 0; which < shipped.size(); ++which) {
    std::vector<DataFile> damaged = shipped;
    for (const std::string& text : {std::string(), shipped[(which + 1) % shipped.size()].text}) {
      damaged[which].text = text;
      const absl::Status status = ParseAll(damaged);
      ASSERT_FALSE(status.ok()) << shipped[which].name;
      EXPECT_THAT(std::string(Message(status)), StartsWith(std::string(shipped[which].name) + ":"));
      EXPECT_THAT(std::string(Message(status)), HasSubstr("expected the header line"));
    }
  }
}

TEST(DataFiles, CorrectionsHaveALimit) {
  std::vector<DataFile> files = Shipped();
  for (int i = 0; i < 5; ++i) files[6].text += "2026,1,1,9,1,1,9,0.5,somebody\n";
  EXPECT_THAT(std::string(Message(ParseAll(files))), HasSubstr("expected at most 4 corrections"));
}

TEST(LatencyModel, IsTheSameToTheBitFromEveryThread) {
  const auto places = *Places::Load(*FindDataDir());
  const auto model = *LatencyModel::Load(*FindDataDir());
  const auto hash = [&] {
    uint64_t sum = 0;
    for (size_t i = 0; i < places->cities().size(); i += 5) {
      const City& city = places->cities()[i];
      const Endpoint people = model->ClientAt(city.country, city.at);
      for (const PopSite& site : places->pops().sites().subspan(0, 30)) {
        CounterRandom random(3, i);
        const Endpoint there = model->SiteAt(site);
        sum = Mix64(sum ^ std::bit_cast<uint64_t>(model->RttMs(people, there)));
        sum = Mix64(sum ^ std::bit_cast<uint64_t>(model->JitterMs(random, people, there)));
      }
    }
    return sum;
  };
  const uint64_t expected = hash();
  std::vector<uint64_t> sums(3, 0);
  std::vector<std::thread> threads;
  for (uint64_t& sum : sums) threads.emplace_back([&] { sum = hash(); });
  for (std::thread& thread : threads) thread.join();
  for (uint64_t sum : sums) EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace terrella::net
