#include "control_plane/rollout/secret_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "control_plane/secrets/script_key.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SecretKeeperTest : public ::testing::Test {
 protected:
  void Reload(Revision) { table_.Load(*store_.Range(ResourceTable::kPrefix), store_.compacted()); }
  void Deploy(const char* binding) {
    v1::Resource body;
    body.mutable_version()->set_script("hello");
    body.mutable_version()->set_id("v1");
    body.mutable_version()->add_bindings()->set_name(binding);
    TxnRequest txn;
    txn.ops.push_back(Op::Put(ResourceTable::Key("version/hello/v1"), body.SerializeAsString()));
    body.mutable_deployment()->set_script("hello");
    body.mutable_deployment()->set_id("hello-1");
    body.mutable_deployment()->set_version_id("v1");
    txn.ops.push_back(Op::Put(ResourceTable::Key("deployment/hello"), body.SerializeAsString()));
    ASSERT_TRUE(store_.Txn(txn).ok());
    Reload(0);
  }
  absl::StatusOr<v1::DeployResponse> Put(const std::string& name, const std::string& value,
                                         const std::string& script = "hello") {
    v1::PutSecretsRequest request;
    request.set_script(script);
    (*request.mutable_secrets())[name] = value;
    return keeper_.Put(request);
  }
  // As it was done before there were keys of scripts.
  void PutOfBefore(const std::string& script, const std::string& name, const std::string& value) {
    v1::Resource body;
    body.mutable_secrets()->set_script(script);
    v1::Secret& secret = *body.mutable_secrets()->add_secrets();
    secret.set_name(name);
    const SecretBox box(std::string(32, 'k'));
    secret.set_sealed(*box.Seal(value, fmt::format("secret/{}/{}", script, name)));
    const std::string key = ResourceTable::Key(SecretsName(script));
    ASSERT_TRUE(store_.Txn({.ops = {Op::Put(key, body.SerializeAsString())}}).ok());
    Reload(0);
  }
  // "NAME=value" of what a node would get.
  std::vector<std::string> AtNodes() {
    std::vector<std::string> out;
    const v1::Resource* row = table_.Find("secret/hello");
    if (row == nullptr) return out;
    const v1::SecretSet sent = ResealSecrets(row->secrets(), master_.get(), push_);
    for (const v1::Secret& secret : sent.secrets()) {
      EXPECT_TRUE(secret.value().empty());
      out.push_back(secret.name() + "=" +
                    push_.Unseal(secret.sealed(), "secret/hello/" + secret.name()).value());
    }
    return out;
  }

  SystemClock clock_;
  MemoryStore store_;
  ResourceTable table_;
  Catalog catalog_{store_, table_};
  std::shared_ptr<const MasterKey> master_ =
      std::make_shared<const MasterKey>(std::string(32, 'k'));
  const SecretBox push_{std::string(32, 'p')};
  SecretKeeper keeper_{clock_,   store_,  table_,
                       catalog_, master_, [this](Revision r) { Reload(r); }};
};

TEST_F(SecretKeeperTest, AChangeIsANewDeploymentOfTheSameVersion) {
  ASSERT_TRUE(Put("KEY", "early").ok()) << "before there is a deployment";
  Deploy("OTHER");
  const auto changed = Put("KEY", "hunter2");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->deployment_id(), "hello-2");
  EXPECT_EQ(changed->version_id(), "v1");
  EXPECT_EQ(catalog_.DeploymentOf("hello")->deployment().id(), "hello-2");
  EXPECT_THAT(AtNodes(), ElementsAre("KEY=hunter2"));
  ASSERT_TRUE(Put("A", "b").ok());
  EXPECT_THAT(AtNodes(), ElementsAre("A=b", "KEY=hunter2"));
  EXPECT_EQ(catalog_.History("hello")->back().message(), "secret changed: A");
}

TEST_F(SecretKeeperTest, TheStoreHoldsNoValue) {
  Deploy("OTHER");
  ASSERT_TRUE(Put("KEY", "correct horse battery").ok());
  const auto all = store_.Range("");
  for (const Record& record : all->records) {
    EXPECT_EQ(record.value.find("horse"), std::string::npos) << record.key;
  }
  v1::SecretSet moved = table_.Find("secret/hello")->secrets();
  moved.set_script("other");
  EXPECT_EQ(ResealSecrets(moved, master_.get(), push_).secrets_size(), 0) << "of another script";
  const MasterKey other(std::string(32, 'x'));
  EXPECT_EQ(ResealSecrets(table_.Find("secret/hello")->secrets(), &other, push_).secrets_size(), 0);
}

// A database of before: values sealed by the master key itself. They open as they are, and the next
// change gives the script a key of its own.
TEST_F(SecretKeeperTest, ValuesOfBeforeOpenAndMoveOverAtTheNextPut) {
  PutOfBefore("hello", "OLD", "hunter2");
  EXPECT_THAT(AtNodes(), ElementsAre("OLD=hunter2"));
  ASSERT_TRUE(Put("NEW", "value").ok());
  EXPECT_THAT(AtNodes(), ElementsAre("NEW=value", "OLD=hunter2"));
  const v1::SecretSet& set = table_.Find("secret/hello")->secrets();
  EXPECT_TRUE(ScriptKey::Of(*master_, set).opens());
  for (const v1::Secret& secret : set.secrets()) {
    EXPECT_FALSE(master_->UnsealOld(secret.sealed(), "secret/hello/" + secret.name()).ok());
  }
}

TEST_F(SecretKeeperTest, EachScriptHasAKeyOfItsOwnThatGoesWithItsLastSecret) {
  ASSERT_TRUE(Put("KEY", "same", "hello").ok());
  ASSERT_TRUE(Put("KEY", "same", "other").ok());
  const v1::SecretSet first = table_.Find("secret/hello")->secrets();
  v1::SecretSet mixed = table_.Find("secret/other")->secrets();
  mixed.set_sealed_key(first.sealed_key());
  EXPECT_EQ(ResealSecrets(mixed, master_.get(), push_).secrets_size(), 0);
  v1::DeleteSecretsRequest gone;
  gone.set_script("hello");
  gone.add_names("KEY");
  ASSERT_TRUE(keeper_.Delete(gone).ok());
  ASSERT_TRUE(Put("KEY", "same", "hello").ok());
  v1::SecretSet again = table_.Find("secret/hello")->secrets();
  again.set_sealed_key(first.sealed_key());
  EXPECT_EQ(ResealSecrets(again, master_.get(), push_).secrets_size(), 0) << "it is another key";
}

// Nothing is sealed by what took the place of a lost key: put back, that would not open it.
TEST_F(SecretKeeperTest, RefusesToPutWhileAnotherMasterKeyIsNeeded) {
  ASSERT_TRUE(Put("KEY", "hunter2").ok());
  PutOfBefore("old", "KEY", "hunter2");
  PutOfBefore("an-old-one", "KEY", "hunter2");
  const auto lost = std::make_shared<const MasterKey>(std::string(32, 'x'));
  SecretKeeper keeper(clock_, store_, table_, catalog_, lost, [this](Revision r) { Reload(r); });
  v1::PutSecretsRequest put;
  put.set_script("third");
  (*put.mutable_secrets())["A"] = "b";
  const absl::Status refused = keeper.Put(put).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Message(refused),
            fmt::format("secrets.key is the key {}, but the secrets of an-old-one, hello, old "
                        "need the key {}: put that one back from its copy and start again, or "
                        "delete those secrets",
                        lost->id(), master_->id()));
  for (const char* script : {"an-old-one", "hello", "old"}) {
    v1::DeleteSecretsRequest gone;
    gone.set_script(script);
    gone.add_names("KEY");
    ASSERT_TRUE(keeper.Delete(gone).ok());
  }
  EXPECT_TRUE(keeper.Put(put).ok());
}

// Who started over while the key was lost has the row's revision, and not the values.
TEST_F(SecretKeeperTest, SecretsAreNewsAgainWhenTheRightMasterKeyIsBack) {
  ASSERT_TRUE(Put("KEY", "hunter2").ok());
  const auto row = [&] { return store_.Get(ResourceTable::Key("secret/hello"))->modified; };
  const Revision first = row(), revision = store_.revision();
  ASSERT_TRUE(keeper_.BeginWithMaster().ok());
  EXPECT_EQ(store_.revision(), revision) << "nothing was wrong";
  const auto lost = std::make_shared<const MasterKey>(std::string(32, 'x'));
  SecretKeeper keeper(clock_, store_, table_, catalog_, lost, [this](Revision r) { Reload(r); });
  ASSERT_TRUE(keeper.BeginWithMaster().ok());
  ASSERT_TRUE(keeper.BeginWithMaster().ok()) << "twice in a row";
  EXPECT_EQ(row(), first);
  ASSERT_TRUE(keeper_.BeginWithMaster().ok());
  EXPECT_GT(row(), first);
  Reload(0);
  EXPECT_THAT(AtNodes(), ElementsAre("KEY=hunter2"));
  const Revision second = row();
  ASSERT_TRUE(keeper_.BeginWithMaster().ok());
  EXPECT_EQ(row(), second) << "once";
}

TEST_F(SecretKeeperTest, RefusesWithoutSayingTheValue) {
  Deploy("TAKEN");
  EXPECT_THAT(std::string(Message(Put("TAKEN", "v").status())),
              HasSubstr("'TAKEN' is a binding of version v1 and a secret of script hello"));
  EXPECT_THAT(AtNodes(), ElementsAre());
  const std::string large(6000, 'x');
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"BIG", large},
                                    {"NOT_TEXT", "\xffsecret"},
                                    {"not-a-name", "secret"}}) {
    const auto refused = Put(name, value);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(refused.status().message().find("xx"), std::string::npos);
  }
  v1::PutSecretsRequest many;
  many.set_script("hello");
  for (int i = 0; i < 65; ++i) (*many.mutable_secrets())[fmt::format("S{}", i)] = "v";
  EXPECT_EQ(keeper_.Put(many).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SecretKeeperTest, ListsNamesAndDeletes) {
  Deploy("OTHER");
  ASSERT_TRUE(Put("B", "1").ok());
  ASSERT_TRUE(Put("A", "2").ok());
  v1::ListSecretsRequest list;
  list.set_script("hello");
  const auto listed = keeper_.List(list);
  EXPECT_THAT(listed->names(), ElementsAre("A", "B"));
  v1::DeleteSecretsRequest gone;
  gone.set_script("hello");
  gone.add_names("A");
  gone.add_names("C");
  EXPECT_EQ(Message(keeper_.Delete(gone).status()), "script 'hello' has no secret 'C'");
  EXPECT_EQ(keeper_.List(list)->names_size(), 2) << "all or nothing";
  gone.set_names(1, "B");
  ASSERT_TRUE(keeper_.Delete(gone).ok());
  EXPECT_EQ(table_.Find("secret/hello"), nullptr);
}

}  // namespace
}  // namespace terrella::control
