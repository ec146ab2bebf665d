#include "edge_node/script_origins.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

TEST(ScriptOrigin, Parses) {
  struct Row {
    std::string_view text;
    std::string_view authority;
    std::string_view ip;
    std::optional<uint16_t> port;
  };
  for (const Row& row : {
           Row{"api.test=127.0.0.1", "api.test", "127.0.0.1", std::nullopt},
           Row{"api.test=127.0.0.1:81", "api.test", "127.0.0.1", uint16_t{81}},
           Row{"api.test:80=127.0.0.1:81", "api.test:80", "127.0.0.1", uint16_t{81}},
           Row{"[::1]:80=[::1]:81", "[::1]:80", "::1", uint16_t{81}},
           Row{"api.test=[::1]", "api.test", "::1", std::nullopt},
       }) {
    const auto origin = ParseScriptOrigin(row.text);
    ASSERT_TRUE(origin.ok()) << row.text << origin.status();
    EXPECT_EQ(origin->authority, row.authority);
    EXPECT_EQ(origin->ip.ToString(), row.ip);
    EXPECT_EQ(origin->port, row.port);
  }
}

TEST(ScriptOrigin, RefusesWhatHasNoAddress) {
  for (const char* text : {"", "api.test", "=127.0.0.1", "api.test=", "api.test=localhost",
                           "api.test=127.0.0.1:99999", "api.test=localhost:80"}) {
    EXPECT_FALSE(ParseScriptOrigin(text).ok()) << text;
  }
}

}  // namespace
}  // namespace terrella::edge
