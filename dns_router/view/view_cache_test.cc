#include "dns_router/view/view_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace terrella::dns {
namespace {

v1::View MakeView(uint64_t serial) {
  v1::View view;
  view.set_zone("edge.test");
  view.set_serial(serial);
  return view;
}

class ViewCacheTest : public ::testing::Test {
 protected:
  ViewCacheTest() { std::filesystem::remove(path_); }
  ~ViewCacheTest() override { std::filesystem::remove(path_); }
  std::optional<uint64_t> Kept() const {
    const auto view = ReadViewCache(path_);
    return view.ok() ? std::optional(view->serial()) : std::nullopt;
  }
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("view-cache-" + std::to_string(getpid()));
  EventLoop loop_;
};

TEST_F(ViewCacheTest, TheNewestIsKeptAndNotEveryOne) {
  EXPECT_EQ(ReadViewCache(path_).status().code(), absl::StatusCode::kNotFound);
  {
    ViewCache cache(loop_, path_, std::chrono::hours(1));
    cache.Keep(MakeView(1));
    loop_.RunOnce();
    EXPECT_EQ(Kept(), 1u);
    cache.Keep(MakeView(2));
    cache.Keep(MakeView(3));
    loop_.RunOnce();
    EXPECT_EQ(Kept(), 1u) << "not within the hour";
  }
  EXPECT_EQ(Kept(), 3u) << "at the end";
}

TEST_F(ViewCacheTest, WhatIsNotWholeIsRefused) {
  const std::string bytes = EncodeView(MakeView(7));
  EXPECT_EQ(DecodeView(bytes)->serial(), 7u);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeView(bytes.substr(0, size)).ok()) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(DecodeView(damaged).ok()) << at;
  }
}

}  // namespace
}  // namespace terrella::dns
