// Names in text and on the wire (RFC 1035 sections 2.3 and 3.1, RFC 4343).
#include "dns_router/wire/name.h"

#include <gtest/gtest.h>

namespace terrella::dns {
namespace {

TEST(Name, HasAWireFormInLowerCase) {
  const auto name = Name::Parse("Hello.EDGE.test.");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->wire(), std::string_view("\5hello\4edge\4test\0", 17));
  EXPECT_EQ(name->ToString(), "hello.edge.test");
  EXPECT_EQ(Name::Parse(".")->wire(), std::string_view("\0", 1));
}

TEST(Name, RefusesWhatIsNoName) {
  for (std::string text : {std::string(), std::string(".."), std::string("a..b"), std::string(".a"),
                           std::string("a b"), std::string(64, 'x'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(Name::Parse(text).ok()) << text;
  }
}

TEST(Name, Takes255BytesAndNotOneMore) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_TRUE(Name::Parse(longest).ok());
  EXPECT_EQ(Name::Parse(longest)->wire().size(), 255u);
  EXPECT_FALSE(Name::Parse(longest + "b").ok());
  EXPECT_FALSE(Name::Parse(longest)->WithLabel("x").ok());
}

TEST(Name, IsWithinItselfAndItsAncestors) {
  const Name apex = *Name::Parse("edge.test");
  EXPECT_TRUE(IsWithin(apex.wire(), apex.wire()));
  EXPECT_TRUE(IsWithin(Name::Parse("a.b.edge.test")->wire(), apex.wire()));
  EXPECT_FALSE(IsWithin(Name::Parse("ledge.test")->wire(), apex.wire()));
  EXPECT_FALSE(IsWithin(Name::Parse("test")->wire(), apex.wire()));
  EXPECT_TRUE(IsWithin(apex.wire(), Name().wire()));
}

}  // namespace
}  // namespace terrella::dns
