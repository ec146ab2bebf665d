// Goal: an origin on the command line is read whole, or refused with what was expected.
#include "bundle/origin.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

TEST(Origin, IsReadFromTheCommandLine) {
  auto origin = ParseOrigin("API.example=127.0.0.1:9000@São Paulo");
  ASSERT_TRUE(origin.ok()) << origin.status();
  EXPECT_EQ(origin->host(), "api.example");
  EXPECT_EQ(origin->address(), "127.0.0.1:9000");
  EXPECT_EQ(origin->place(), "São Paulo");
  origin = ParseOrigin("a=[::1]:9000");
  ASSERT_TRUE(origin.ok()) << origin.status();
  EXPECT_EQ(origin->place(), "");
}

TEST(Origin, SaysWhatWasExpected) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "expected HOST=IP:PORT"},
      {"api.example", "expected HOST=IP:PORT"},
      {"=127.0.0.1:1", "expected a bare host name"},
      {"http://a=127.0.0.1:1", "expected a bare host name"},
      {"a=localhost:1", "expected an address like"},
      {"a=127.0.0.1", "expected an address like"},
      {"a=127.0.0.1:1@", "expected a place after '@'"},
  };
  for (const auto& [text, error] : rows) {
    const auto origin = ParseOrigin(text);
    ASSERT_FALSE(origin.ok()) << text;
    EXPECT_NE(Message(origin.status()).find(error), std::string_view::npos) << origin.status();
  }
}

TEST(Origin, TakesThePlaceOfOneOfTheSameHost) {
  v1::Version version;
  SetOrigin(*ParseOrigin("a=127.0.0.1:1"), version);
  SetOrigin(*ParseOrigin("b=127.0.0.1:2"), version);
  SetOrigin(*ParseOrigin("A=127.0.0.1:3"), version);
  ASSERT_EQ(version.origins_size(), 2);
  EXPECT_EQ(version.origins(0).address(), "127.0.0.1:3");
}

}  // namespace
}  // namespace terrella::bundle
