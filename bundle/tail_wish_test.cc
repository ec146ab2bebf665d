#include "bundle/tail_wish.h"

#include <gtest/gtest.h>

namespace terrella::bundle {
namespace {

TEST(TailWish, OutcomesHaveThreeClasses) {
  EXPECT_EQ(OutcomeClass("ok"), "ok");
  EXPECT_EQ(OutcomeClass("canceled"), "canceled");
  for (const char* error : {"exception", "exceededCpu", "exceededMemory", "unknown"}) {
    EXPECT_EQ(OutcomeClass(error), "error");
  }
}

TEST(TailWish, AHeaderIsANameOrAlsoAPartOfItsValue) {
  EXPECT_EQ(HeaderWish("Accept").name, "Accept");
  EXPECT_EQ(HeaderWish("Accept").part, "");
  EXPECT_EQ(HeaderWish("Accept:text:html").name, "Accept");
  EXPECT_EQ(HeaderWish("Accept:text:html").part, "text:html");
}

TEST(TailWish, PlacesAreOfAnyCaseAndVersionsBegin) {
  v1::TailFilter filter;
  EXPECT_TRUE(WantsPop(filter, "FRA") && WantsCity(filter, "Berlin") && WantsVersion(filter, "a1"));
  filter.add_pops("fra");
  filter.add_cities("BERLIN");
  filter.add_version_ids("ab");
  EXPECT_TRUE(WantsPop(filter, "FRA") && WantsCity(filter, "Berlin") &&
              WantsVersion(filter, "abc"));
  EXPECT_FALSE(WantsPop(filter, "SIN") || WantsCity(filter, "Bern") || WantsVersion(filter, "a"));
}

}  // namespace
}  // namespace terrella::bundle
