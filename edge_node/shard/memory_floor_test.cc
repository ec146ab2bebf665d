#include "edge_node/shard/memory_floor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;

TEST(MemoryFloorTest, TheKernelsTextSaysWhatIsAvailable) {
  EXPECT_EQ(*MemoryFloor::AvailableBytes("MemTotal:  24684084 kB\nMemFree: 1 kB\n"
                                         "MemAvailable:    2048 kB\nBuffers: 7 kB\n"),
            2u << 20);
  for (const char* text : {"", "MemFree: 1 kB\n", "MemAvailable: 12 MB\n", "MemAvailable: kB\n",
                           "MemAvailable: -1 kB\n", "MemAvailable: 99999999999999999999 kB\n",
                           "MemAvailable: 9999999999999999 kB\n", " MemAvailable: 1 kB"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(MemoryFloor::AvailableBytes(text).status())) << text;
  }
}

TEST(MemoryFloorTest, IsReachedWhenLessIsAvailable) {
  const fs::path file =
      fs::temp_directory_path() / ("terrella-meminfo-" + std::to_string(getpid()));
  std::ofstream(file) << "MemAvailable: 1024 kB\n";
  EXPECT_TRUE(MemoryFloor((1 << 20) + 1, file).IsReached());
  EXPECT_FALSE(MemoryFloor(1 << 20, file).IsReached());
  EXPECT_FALSE(MemoryFloor(0, file).IsReached()) << "there is none";
  fs::remove(file);
  EXPECT_FALSE(MemoryFloor(1 << 20, file).IsReached()) << "nobody says so";
  EXPECT_TRUE(MemoryFloor(uint64_t{1} << 50).IsReached()) << "this machine has less than 1 PiB";
}

}  // namespace
}  // namespace terrella::edge
