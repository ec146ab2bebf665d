#include "control_plane/rollout/upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/status.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::UploadBlobsRequest Part(std::string bytes, bool continues = false) {
  v1::UploadBlobsRequest part;
  part.set_blob(std::move(bytes));
  part.set_continues(continues);
  return part;
}

class AssetUploadTest : public ::testing::Test {
 protected:
  AssetUploadTest() {
    v1::Asset& asset = *manifest_.add_assets();
    asset.set_path("/a.txt");
    asset.set_sha256(Sha256("asset"));
    asset.set_size_bytes(5);
  }
  // Uploads a version of assets alone; `list` is what comes as the list of files.
  absl::Status UploadVersion(const std::string& list) {
    v1::UploadRequest first, second;
    v1::Version& version = *first.mutable_version();
    version.set_script("site");
    version.mutable_assets()->set_manifest_sha256(Sha256(manifest_.SerializeAsString()));
    version.mutable_assets()->set_manifest_bytes(manifest_.ByteSizeLong());
    version.mutable_assets()->set_files(static_cast<uint32_t>(manifest_.assets_size()));
    Upload upload;
    RETURN_IF_ERROR(upload.Add(first));
    second.set_blob(list);
    RETURN_IF_ERROR(upload.Add(second));
    return upload.Store(store_).status();
  }
  std::string Refusal() {
    return std::string(Message(UploadVersion(manifest_.SerializeAsString())));
  }

  MemoryStore store_;
  v1::AssetManifest manifest_;
};

TEST(Upload, AFrameOfPushesIsNotKept) {
  v1::UploadRequest request;
  v1::Version& version = *request.mutable_version();
  version.set_script("hello");
  version.set_main_module("index.js");
  v1::Module& module = *version.add_modules();
  module.set_name("index.js");
  module.set_kind(v1::MODULE_KIND_ESM);
  module.set_sha256(Sha256("code"));
  module.set_size_bytes(4);
  module.set_inline_bytes("code");
  module.set_inline_zstd("no frame of it");
  Upload upload;
  ASSERT_TRUE(upload.Add(request).ok());
  MemoryStore store;
  const auto stored = upload.Store(store);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->modules(0).inline_zstd(), "");
}

TEST_F(AssetUploadTest, AVersionIsTakenWhenEveryFileIsThere) {
  EXPECT_EQ(Refusal(), "no content came for the asset '/a.txt'");
  BlobUpload blobs(store_);
  ASSERT_TRUE(blobs.Add(Part("as")).ok());
  ASSERT_TRUE(blobs.Add(Part("set", true)).ok());
  ASSERT_TRUE(blobs.Add(Part("")).ok());
  const auto done = blobs.Finish();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->blobs(), 2u);
  EXPECT_EQ(done->size_bytes(), 5u);
  EXPECT_EQ(Refusal(), "");
  manifest_.mutable_assets(0)->set_size_bytes(6);
  EXPECT_EQ(Refusal(), "the asset '/a.txt' says it has 6 bytes, its content has 5");
}

TEST_F(AssetUploadTest, TheListMustBeTheOneTheVersionNames) {
  EXPECT_THAT(std::string(Message(UploadVersion("other"))), HasSubstr("belongs to nothing here"));
  manifest_.Clear();
  manifest_.add_assets()->set_path(std::string(9 << 20, 'x'));
  EXPECT_EQ(UploadVersion("").code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(AssetUploadTest, OnlyWhatIsMissingIsAskedFor) {
  const std::string_view there = "there";
  ASSERT_TRUE(store_.PutBlobs({&there, 1}).ok());
  v1::FindMissingBlobsRequest request;
  for (const char* content : {"b", "there", "a"}) request.add_sha256(Sha256(content));
  const auto missing = FindMissingBlobs(store_, request);
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_THAT(missing->sha256(), ElementsAre(Sha256("b"), Sha256("a")));
  request.add_sha256("short");
  EXPECT_FALSE(FindMissingBlobs(store_, request).ok());
}

TEST_F(AssetUploadTest, RefusesPartsOfNothingAndContentsWithoutEnd) {
  EXPECT_FALSE(BlobUpload(store_).Add(Part("x", true)).ok());
  BlobUpload blobs(store_);
  ASSERT_TRUE(blobs.Add(Part("x")).ok());
  const v1::UploadBlobsRequest more = Part(std::string(3 << 20, 'x'), true);
  absl::Status status;
  for (int i = 0; i < 9 && status.ok(); ++i) status = blobs.Add(more);
  EXPECT_EQ(Message(status), "a content is larger than 25 MiB");
}

}  // namespace
}  // namespace terrella::control
