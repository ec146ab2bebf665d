#include "bundle/asset_ignore.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

TEST(AssetIgnore, ReadsLinesAsGitDoes) {
  const auto ignore = AssetIgnore::Parse(
      "# comment\n*.map\n!keep.map\n/drafts\na/*.txt\nold/\n**/deep/x\n\\#odd\n{p,q}.bin  \r\n",
      "f");
  ASSERT_TRUE(ignore.ok()) << ignore.status();
  const struct {
    const char* path;
    bool is_folder, ignored;
  } kRows[] = {
      {"x.map", false, true},
      {"a/b/x.map", false, true},
      {"a/keep.map", false, false},
      {"drafts", true, true},
      {"a/drafts", true, false},
      {"a/n.txt", false, true},
      {"a/b/n.txt", false, false},
      {"old", true, true},
      {"a/old", true, true},
      {"old", false, false},
      {"1/2/deep/x", false, true},
      {"#odd", false, true},
      {"q.bin", false, true},
      {"index.html", false, false},
      // What never is an asset.
      {"_headers", false, true},
      {"a/_headers", false, false},
      {".dev.vars", false, true},
      {".env.local", false, true},
      {"a/.git", true, true},
      {".well-known", true, false},
      {".assetsignore", false, true},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(ignore->Ignores(row.path, row.is_folder), row.ignored) << row.path;
  }
}

TEST(AssetIgnore, RefusesClasses) {
  EXPECT_EQ(Message(AssetIgnore::Parse("a\n[ab].js\n", "f").status()),
            "f:2: '[ab].js': classes of characters are not supported");
}

}  // namespace
}  // namespace terrella::bundle
