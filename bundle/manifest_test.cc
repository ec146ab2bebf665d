#include "bundle/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::HasSubstr;

TEST(Manifest, ReadsEveryKey) {
  auto m = ParseManifest(R"(
name = "geo"
main = "src/index.js"
routes = ["geo.edge.test/*", "*.geo.test/api/*"]
compatibility_date = "2026-01-31"
compatibility_flags = ["x"]
[vars]
GREETING = "hi"
LIST = [1, "two", { three = 3 }]
ON = true
[services]
AUTH = "auth"
[[origins]]
host = "API.example"
address = "127.0.0.1:9000"
place = "Frankfurt"
[limits]
cpu_ms = 50
heap_mib = 64
)",
                         "terrella.toml");
  ASSERT_TRUE(m.ok()) << m.status();
  EXPECT_EQ(m->name, "geo");
  EXPECT_EQ(m->main_module, "src/index.js");
  EXPECT_EQ(m->routes.size(), 2u);
  EXPECT_EQ(m->compatibility_date, "2026-01-31");
  ASSERT_EQ(m->bindings.size(), 4u);
  EXPECT_EQ(m->bindings[0].text(), "hi");
  std::string list = m->bindings[1].json();
  std::erase_if(list, [](char c) { return c == '\n' || c == ' '; });
  EXPECT_EQ(list, R"([1,"two",{"three":3}])");
  EXPECT_EQ(m->bindings[2].json(), "true");
  EXPECT_EQ(m->bindings[3].service(), "auth");
  ASSERT_EQ(m->origins.size(), 1u);
  EXPECT_EQ(m->origins[0].host(), "api.example");
  EXPECT_EQ(m->limits.cpu_ms(), 50u);
  EXPECT_EQ(m->limits.heap_bytes(), 64u << 20);
}

struct BadCase {
  const char* text;
  const char* expected;
};

class ManifestErrors : public ::testing::TestWithParam<BadCase> {};

TEST_P(ManifestErrors, NameThePlaceAndWhatWasExpected) {
  auto m = ParseManifest(GetParam().text, "t.toml");
  ASSERT_FALSE(m.ok());
  EXPECT_THAT(std::string(Message(m.status())), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ManifestErrors,
    ::testing::Values(
        BadCase{"name = ", "t.toml:1:8: "},
        BadCase{"\nnmae = 'x'", "t.toml:2:1: unknown key 'nmae'; did you mean 'name'?"},
        BadCase{"name = 3", "'name' is an integer; expected a string"},
        BadCase{"name = 'Hello'", "is not a script name"},
        BadCase{"name = ''", "is not a script name"}, BadCase{"routes = [3]", "must hold strings"},
        BadCase{"routes = ['x_']", "neither a host name"},
        BadCase{"compatibility_date = 'soon'", "must look like"},
        BadCase{"vars = 3", "'vars' is an integer; expected a table"},
        BadCase{"[vars]\n'a b' = '1'", "t.toml:2:9: 'a b' is not a name for env"},
        BadCase{"[vars]\nA = '1'\n[services]\nA = 'x'", "is bound twice"},
        BadCase{"[services]\nA = 1", "'A' is an integer; expected a string"},
        BadCase{"[limits]\ncpu = 1", "unknown key 'cpu'"},
        BadCase{"[limits]\ncpu_ms = 0", "expected 1 to 300000"},
        BadCase{"[limits]\ncpu_ms = -5", "expected 1 to 300000"},
        BadCase{"origins = ['x']", "expected tables, written [[origins]]"},
        BadCase{"[[origins]]\nhost = 'a'", "needs an 'address'"},
        BadCase{"[[origins]]\naddress = '127.0.0.1:1'", "needs a 'host'"},
        BadCase{"[[origins]]\nhost = 'http://a'\naddress = '127.0.0.1:1'", "bare host name"},
        BadCase{"[[origins]]\nhost='a'\naddress='127.0.0.1:1'\n[[origins]]\nhost='A'\naddress='127."
                "0.0.1:2'",
                "declared twice"}));

}  // namespace
}  // namespace terrella::bundle
