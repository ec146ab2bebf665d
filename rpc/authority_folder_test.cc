#include "rpc/authority_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/testing/temp_folder.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"

namespace terrella::rpc {
namespace {

using std::chrono::hours;

WallTime Now() {
  return SystemClock().WallNow();
}

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(AuthorityFolder, IsMadeOnceAndKeepsItsKeyToItself) {
  TempFolder temp;
  const std::filesystem::path folder = temp.path() / "identity";
  EXPECT_TRUE(absl::IsNotFound(AuthorityFolder::Open(folder).status()));
  const auto made = AuthorityFolder::OpenOrMake(folder, "world", Now());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(ModeOf(folder), 0700u);
  EXPECT_EQ(ModeOf(AuthorityFolder::KeyIn(folder)), 0600u);
  const auto again = AuthorityFolder::OpenOrMake(folder, "world", Now());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->authority().certificates_pem, made->authority().certificates_pem);
  ASSERT_TRUE(WriteFileAtomic(AuthorityFolder::KeyIn(folder), *http::MakeKey()).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(AuthorityFolder::Open(folder).status()));
}

TEST(AuthorityFolder, IssuesAnewWhatIsOldOrOthers) {
  TempFolder temp;
  const auto ours = AuthorityFolder::OpenOrMake(temp.path() / "a", "world", Now());
  const auto others = AuthorityFolder::OpenOrMake(temp.path() / "b", "world", Now());
  ASSERT_TRUE(ours.ok() && others.ok());
  AuthorityFolder::Holding holding{.identity = Identity::Node("world", "FRA"),
                                   .file = temp.path() / "fra.pem",
                                   .lifetime = hours(24)};
  EXPECT_TRUE(*ours->Ensure(holding, Now()));
  EXPECT_EQ(ModeOf(holding.file), 0600u);
  const std::string first = *ReadFile(holding.file);
  EXPECT_EQ(http::DescribeCertificate(first)->uris,
            std::vector<std::string>{"edge://world/node/FRA"});
  EXPECT_TRUE(http::KeyFits(first, first));
  EXPECT_FALSE(*ours->Ensure(holding, Now()));
  EXPECT_FALSE(*ours->Ensure(holding, Now() + hours(15)));
  EXPECT_TRUE(*ours->Ensure(holding, Now() + hours(17)));
  EXPECT_TRUE(*others->Ensure(holding, Now()));
  holding.identity.name = "LHR";
  EXPECT_TRUE(*others->Ensure(holding, Now()));
}

}  // namespace
}  // namespace terrella::rpc
