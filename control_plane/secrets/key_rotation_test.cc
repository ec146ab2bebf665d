// A new master key, and everything that can come between its steps.
#include "control_plane/secrets/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/secrets/script_key.h"
#include "control_plane/store/forwarding_store.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

// Ends after some transactions, or at its second reading: what a process that is killed there has
// done.
class DyingStore final : public ForwardingStore {
 public:
  DyingStore(StateStore& store, int transactions, int readings)
      : ForwardingStore(store), transactions_(transactions), readings_(readings) {}
  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override {
    if (transactions_-- <= 0) return Unavailable("killed");
    return ForwardingStore::Txn(request);
  }
  absl::StatusOr<RangeResult> Range(std::string_view prefix) override {
    if (readings_-- <= 0) return Unavailable("killed");
    return ForwardingStore::Range(prefix);
  }

 private:
  int transactions_;
  int readings_;
};

class KeyRotationTest : public ::testing::Test {
 protected:
  static constexpr int kScripts = 5;  // the last is of before there were keys of scripts

  KeyRotationTest() {
    const auto master = *MasterKey::Open(current_);
    for (int i = 0; i < kScripts; ++i) {
      v1::Resource body;
      v1::SecretSet& set = *body.mutable_secrets();
      set.set_script(Script(i));
      v1::Secret& secret = *set.add_secrets();
      secret.set_name("TOKEN");
      if (i + 1 < kScripts) {
        const ScriptKey key = ScriptKey::Fresh(*master, set.script());
        set.set_sealed_key(key.WrappedBy(*master));
        key.Seal(Value(i), secret);
      } else {
        const SecretBox box(*ReadFile(current_));
        secret.set_sealed(*box.Seal(Value(i), fmt::format("secret/{}/TOKEN", Script(i))));
      }
      EXPECT_TRUE(
          store_.Txn({.ops = {Op::Put("live/secret/" + Script(i), body.SerializeAsString())}})
              .ok());
    }
  }
  static std::string Script(int i) { return fmt::format("script-{}", i); }
  static std::string Value(int i) { return fmt::format("value {}", i); }

  // All values open with the key that is in the place of the key.
  void ExpectAllOpen() {
    const auto master = *MasterKey::Open(current_);
    for (int i = 0; i < kScripts; ++i) {
      v1::Resource body;
      ASSERT_TRUE(body.ParseFromString(store_.Get("live/secret/" + Script(i))->value));
      const auto value =
          ScriptKey::Of(*master, body.secrets()).Unseal(*master, body.secrets().secrets(0));
      EXPECT_TRUE(value.ok() && *value == Value(i)) << i << ": " << value.status();
    }
  }

  TempFolder folder_;
  const std::filesystem::path current_ = folder_.path() / "secrets.key";
  const std::filesystem::path next_ = folder_.path() / "secrets.key.next";
  MemoryStore store_;
};

TEST_F(KeyRotationTest, EverythingOpensWithTheNewKeyAndNothingWithTheOld) {
  const std::string old = *ReadFile(current_);
  const auto done = RotateMasterKey(store_, folder_.path());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->scripts, 5u);
  EXPECT_EQ(done->moved, 1u);
  EXPECT_EQ(done->before, MasterKey(old).id());
  EXPECT_EQ(done->after, (*MasterKey::Open(current_))->id());
  EXPECT_NE(done->before, done->after);
  EXPECT_FALSE(std::filesystem::exists(next_));
  struct stat facts {};
  ASSERT_EQ(stat(current_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ExpectAllOpen();
  const auto rows = store_.Range("live/secret/");
  for (const Record& record : rows->records) {
    v1::Resource body;
    ASSERT_TRUE(body.ParseFromString(record.value));
    EXPECT_FALSE(OpensSecrets(MasterKey(old), body.secrets())) << record.key;
  }
  EXPECT_EQ(RotateMasterKey(store_, folder_.path())->moved, 0u);
  ExpectAllOpen();
}

// Killed before the first transaction, after each, and before the old key goes: the call that comes
// next ends it, and until then either key file is there.
TEST_F(KeyRotationTest, ABrokenOffOneIsEndedByTheNext) {
  for (int transactions = 0; transactions <= kScripts; ++transactions) {
    const std::string before = *ReadFile(current_);
    DyingStore dying(store_, transactions, transactions < kScripts ? 3 : 2);
    ASSERT_TRUE(absl::IsUnavailable(RotateMasterKey(dying, folder_.path()).status()));
    EXPECT_EQ(*ReadFile(current_), before) << "the old one stays as long as it is needed";
    const std::string next = *ReadFile(next_);
    EXPECT_FALSE(CheckNotRotating(folder_.path()).ok()) << "a backup would need both keys";
    // And killed once more, as soon as it begins.
    DyingStore again(store_, 0, 1);
    EXPECT_FALSE(FinishRotation(again, folder_.path()).ok());
    EXPECT_EQ(*ReadFile(next_), next);
    const auto finished = FinishRotation(store_, folder_.path());
    ASSERT_TRUE(finished.ok() && finished->has_value()) << finished.status();
    EXPECT_EQ(*ReadFile(current_), next);
    ExpectAllOpen();
    EXPECT_FALSE(FinishRotation(store_, folder_.path())->has_value()) << "there is none any more";
    EXPECT_TRUE(CheckNotRotating(folder_.path()).ok());
  }
}

TEST_F(KeyRotationTest, ALostKeyIsSaidAndNoKeyIsChanged) {
  std::filesystem::remove(current_);
  const auto master = *MasterKey::Open(current_);
  const absl::Status refused = RotateMasterKey(store_, folder_.path()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(refused)),
              HasSubstr("secret TOKEN of script script-0: secrets.key is the key " + master->id() +
                        ", and it needs the key "));
  EXPECT_FALSE(std::filesystem::exists(next_));
  EXPECT_EQ((*MasterKey::Open(current_))->id(), master->id());
}

// As after a restore of an older backup. Until it is ended no control plane serves.
TEST_F(KeyRotationTest, ABrokenOffOneThatFindsAThirdKeySaysTheWayOut) {
  DyingStore dying(store_, 2, 3);
  ASSERT_FALSE(RotateMasterKey(dying, folder_.path()).ok());
  const MasterKey third(std::string(32, 'z'));
  const ScriptKey key = ScriptKey::Fresh(third, Script(0));
  v1::Resource body;
  body.mutable_secrets()->set_script(Script(0));
  body.mutable_secrets()->set_sealed_key(key.WrappedBy(third));
  v1::Secret& secret = *body.mutable_secrets()->add_secrets();
  secret.set_name("TOKEN");
  key.Seal("restored", secret);
  const std::string row = "live/secret/" + Script(0);
  ASSERT_TRUE(store_.Txn({.ops = {Op::Put(row, body.SerializeAsString())}}).ok());
  const absl::Status refused = FinishRotation(store_, folder_.path()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(refused)),
              HasSubstr("it needs the key " + third.id() +
                        "; put that key back from its copy, or move secrets.key.next away until"));
  const auto kept = folder_.path() / "kept";
  std::filesystem::rename(next_, kept);
  EXPECT_FALSE(FinishRotation(store_, folder_.path())->has_value()) << "it can serve";
  ASSERT_TRUE(store_.Txn({.ops = {Op::Delete(row)}}).ok());
  std::filesystem::rename(kept, next_);
  const auto finished = FinishRotation(store_, folder_.path());
  ASSERT_TRUE(finished.ok() && finished->has_value()) << finished.status();
  EXPECT_EQ((*finished)->scripts, 4u);
}

TEST_F(KeyRotationTest, SomebodyElsesChangeMeanwhileKeepsTheOldKey) {
  const std::string row = "live/secret/script-0";
  // Changes a row that is wrapped anew already back to what it was.
  class Meddling final : public ForwardingStore {
   public:
    Meddling(StateStore& store, std::string row)
        : ForwardingStore(store), row_(std::move(row)), before_(*store.Get(row_)) {}
    absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override {
      auto done = ForwardingStore::Txn(request);
      if (request.ops[0].key == row_) {
        EXPECT_TRUE(ForwardingStore::Txn({.ops = {Op::Put(row_, before_.value)}}).ok());
      }
      return done;
    }

   private:
    const std::string row_;
    const Record before_;
  };
  const std::string before = *ReadFile(current_);
  Meddling meddling(store_, row);
  EXPECT_TRUE(absl::IsAborted(RotateMasterKey(meddling, folder_.path()).status()));
  EXPECT_EQ(*ReadFile(current_), before);
  ASSERT_TRUE(FinishRotation(store_, folder_.path()).ok());
  ExpectAllOpen();
}

}  // namespace
}  // namespace terrella::control
