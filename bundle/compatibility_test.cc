#include "bundle/compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Flags = std::vector<std::string>;

TEST(Compatibility, FlagsAndDatesSwitchBehaviour) {
  EXPECT_FALSE(ResolveCompatibility("", {}).nodejs_compat);
  EXPECT_FALSE(ResolveCompatibility("2026-08-03", {}).nodejs_compat);
  EXPECT_TRUE(ResolveCompatibility("2026-08-04", {}).nodejs_compat);
  EXPECT_FALSE(ResolveCompatibility("2026-08-04", Flags{"no_nodejs_compat"}).nodejs_compat);
  const Compatibility node = ResolveCompatibility("2025-04-01", Flags{"nodejs_compat"});
  EXPECT_TRUE(node.nodejs_compat && node.nodejs_als && node.populate_process_env);
  EXPECT_FALSE(ResolveCompatibility("2025-03-31", Flags{"nodejs_compat"}).populate_process_env);
  EXPECT_FALSE(
      ResolveCompatibility("2025-04-01", {}).populate_process_env);  // implied by the other
  const Compatibility als = ResolveCompatibility("", Flags{"nodejs_als"});
  EXPECT_TRUE(als.nodejs_als && !als.nodejs_compat);
  EXPECT_TRUE(ResolveCompatibility("", {}).importable_env);
  EXPECT_FALSE(ResolveCompatibility("", Flags{"disallow_importable_env"}).importable_env);
}

TEST(Compatibility, ContradictionsAreRefused) {
  EXPECT_TRUE(CheckCompatibilityFlags(Flags{"nodejs_compat", "url_standard"}).ok());
  EXPECT_EQ(Message(CheckCompatibilityFlags(Flags{"url_original", "x", "url_standard"})),
            "the compatibility flags 'url_standard' and 'url_original' contradict each other");
}

TEST(Compatibility, WhatIsNotDoneIsSaidOnce) {
  EXPECT_THAT(CompatibilityWarnings(Flags{"nodejs_compat", "streams_enable_constructors",
                                          "no_nodejs_als", "enable_nodejs_fs_module",
                                          "disallow_eval_during_startup", "ignore_custom_ports"}),
              IsEmpty());
  EXPECT_THAT(
      CompatibilityWarnings(Flags{"nodejs_compact", "zzzz", "url_original", "python_workers"}),
      ElementsAre("compatibility flag 'nodejs_compact' is not known; did you mean 'nodejs_compat'?",
                  "compatibility flag 'zzzz' is not known",
                  "compatibility flag 'url_original' has no effect: nodes always behave as "
                  "'url_standard'",
                  "compatibility flag 'python_workers' has no effect: nodes do not have this"));
}

}  // namespace
}  // namespace terrella::bundle
