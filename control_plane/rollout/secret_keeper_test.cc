#include "control_plane/rollout/secret_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
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
  absl::StatusOr<v1::DeployResponse> Put(const std::string& name, const std::string& value) {
    v1::PutSecretsRequest request;
    request.set_script("hello");
    (*request.mutable_secrets())[name] = value;
    return keeper_.Put(request);
  }
  // "NAME=value" of what a node would get.
  std::vector<std::string> AtNodes() {
    std::vector<std::string> out;
    const v1::Resource* row = table_.Find("secret/hello");
    if (row == nullptr) return out;
    const v1::SecretSet sent = ResealSecrets(row->secrets(), box_.get(), push_);
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
  std::shared_ptr<const SecretBox> box_ = std::make_shared<const SecretBox>(std::string(32, 'k'));
  const SecretBox push_{std::string(32, 'p')};
  SecretKeeper keeper_{clock_, store_, table_, catalog_, box_, [this](Revision r) { Reload(r); }};
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
  EXPECT_EQ(ResealSecrets(moved, box_.get(), push_).secrets_size(), 0) << "of another script";
  const SecretBox other(std::string(32, 'x'));
  EXPECT_EQ(ResealSecrets(table_.Find("secret/hello")->secrets(), &other, push_).secrets_size(), 0);
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
