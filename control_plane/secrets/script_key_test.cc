#include "control_plane/secrets/script_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

class ScriptKeyTest : public ::testing::Test {
 protected:
  v1::SecretSet Sealed(const MasterKey& master) {
    const ScriptKey key = ScriptKey::Fresh(master, "shop");
    v1::SecretSet set;
    set.set_script("shop");
    set.set_sealed_key(key.WrappedBy(master));
    for (const char* name : {"A", "B"}) {
      v1::Secret& secret = *set.add_secrets();
      secret.set_name(name);
      key.Seal(std::string("value of ") + name, secret);
    }
    return set;
  }

  const MasterKey master_{std::string(32, 'k')}, other_{std::string(32, 'x')};
};

TEST_F(ScriptKeyTest, OpensWithTheMasterKeyThatWrappedIt) {
  const v1::SecretSet set = Sealed(master_);
  const ScriptKey key = ScriptKey::Of(master_, set);
  ASSERT_TRUE(key.opens());
  EXPECT_EQ(*key.Unseal(master_, set.secrets(1)), "value of B");
  const ScriptKey foreign = ScriptKey::Of(other_, set);
  EXPECT_TRUE(foreign.exists());
  EXPECT_FALSE(foreign.opens());
  EXPECT_EQ(foreign.wrapped_by(), master_.id());
  EXPECT_THAT(std::string(Message(foreign.Unseal(other_, set.secrets(0)).status())),
              HasSubstr("it needs the key " + master_.id()));
  EXPECT_TRUE(OpensSecrets(master_, set));
  EXPECT_FALSE(OpensSecrets(other_, set));
}

TEST_F(ScriptKeyTest, IsOfNoUseToAnotherScript) {
  v1::SecretSet set = Sealed(master_);
  set.set_script("blog");
  EXPECT_FALSE(ScriptKey::Of(master_, set).opens());
}

TEST_F(ScriptKeyTest, IsNotOpenedWhenItsRowIsTorn) {
  const v1::SecretSet set = Sealed(master_);
  for (size_t size = 1; size < set.sealed_key().size(); ++size) {
    v1::SecretSet torn = set;
    torn.set_sealed_key(set.sealed_key().substr(0, size));
    const ScriptKey key = ScriptKey::Of(master_, torn);
    EXPECT_TRUE(key.exists() && !key.opens()) << size;
  }
}

// Who had the old master key and the store knows the old key: what is put later is none of his.
TEST_F(ScriptKeyTest, IsAnotherWithANewMasterKey) {
  const v1::SecretSet before = Sealed(master_);
  const auto after = RewrapSecrets(before, master_, other_);
  ASSERT_TRUE(after.ok()) << after.status();
  v1::SecretSet old = *after;
  old.set_sealed_key(before.sealed_key());
  EXPECT_FALSE(ScriptKey::Of(master_, old).Unseal(master_, old.secrets(0)).ok());
  EXPECT_EQ(*ScriptKey::Of(other_, *after).Unseal(other_, after->secrets(0)), "value of A");
  EXPECT_FALSE(OpensSecrets(master_, *after));
  EXPECT_TRUE(absl::IsDataLoss(RewrapSecrets(*after, master_, other_).status()));
}

}  // namespace
}  // namespace terrella::control
