#include "bundle/assets_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<AssetsOptions> Read(std::string_view text) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, "f"));
  ConfigTable root = file.root();
  AssetsOptions options = ReadAssetsOptions(root);
  RETURN_IF_ERROR(file.status());
  return options;
}

TEST(AssetsOptions, ReadsWhatIsThere) {
  const auto options = Read(
      "directory = 'dist'\nbinding = 'ASSETS'\nhtml_handling = 'drop-trailing-slash'\n"
      "not_found_handling = 'single-page-application'\nrun_worker_first = ['/api/*', '!/api/x']\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->directory, "dist");
  EXPECT_EQ(options->binding, "ASSETS");
  EXPECT_EQ(options->assets.html_handling(), v1::StaticAssets::DROP_TRAILING_SLASH);
  EXPECT_EQ(options->assets.not_found_handling(), v1::StaticAssets::SINGLE_PAGE_APPLICATION);
  EXPECT_EQ(options->assets.worker_first_paths_size(), 2);
  EXPECT_TRUE(Read("directory = 'd'\nrun_worker_first = true")->assets.run_worker_first());
}

TEST(AssetsOptions, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> kRows[] = {
      {"", "'assets' needs a 'directory'"},
      {"directory = 'd'\nbinding = 'a-b'", "'a-b' is not a name for env"},
      {"directory = 'd'\nhtml_handling = 'auto'", "expected one of \"auto-trailing-slash\""},
      {"directory = 'd'\nnot_found_handling = '404'", "f:2:22: expected one of"},
      {"directory = 'd'\nrun_worker_first = 1", "expected true, false or a list of paths"},
      {"directory = 'd'\nrun_worker_first = ['api']", "a path begins with '/' or '!/'"},
      {"directory = 'd'\nrun_worker_first = ['!/api']", "at least one path without '!'"},
  };
  for (const auto& [text, want] : kRows) {
    EXPECT_THAT(std::string(Message(Read(text).status())), HasSubstr(want)) << text;
  }
}

}  // namespace
}  // namespace terrella::bundle
