// Runs the URL cases of the web-platform-tests project against the URL library.
//
// The cases are not part of this repository: TERRELLA_WPT_DIR names a folder with urltestdata.json,
// setters_tests.json (url/resources/ there) and toascii.json. Without it the tests say SKIPPED.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "edge_node/runtime/url/idna.h"
#include "edge_node/runtime/url/search_params.h"
#include "edge_node/runtime/url/url.h"

namespace terrella::runtime {
namespace {

using Json = nlohmann::json;

class UrlWpt : public testing::Test {
 protected:
  // Reads a file of cases; skips the test when there is no folder.
  void Load(const char* name) {
    const char* folder = std::getenv("TERRELLA_WPT_DIR");
    if (folder == nullptr) GTEST_SKIP() << "SKIPPED: TERRELLA_WPT_DIR is not set (" << name << ")";
    std::ifstream file(std::filesystem::path(folder) / name);
    ASSERT_TRUE(file) << folder << "/" << name << " cannot be read";
    // Lone surrogates stand as \uD800 in some files: nlohmann refuses them, so they become U+FFFD,
    // which is what the USVString conversion makes of them before the parser.
    std::string text((std::istreambuf_iterator<char>(file)), {});
    cases_ = Json::parse(ReplaceLoneSurrogates(std::move(text)));
  }

  static bool IsSurrogateEscape(const std::string& text, size_t at, char kind_min, char kind_max) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return false;
    const char high = static_cast<char>(text[at + 2] | 0x20);
    const char low = static_cast<char>(text[at + 3] | (text[at + 3] > '9' ? 0x20 : 0));
    return high == 'd' && low >= kind_min && low <= kind_max;
  }

  static std::string ReplaceLoneSurrogates(std::string text) {
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '\\') continue;
      if (text[at + 1] == '\\') {
        ++at;
        continue;
      }
      const bool is_lead = IsSurrogateEscape(text, at, '8', 'b');
      const bool is_trail = IsSurrogateEscape(text, at, 'c', 'f');
      if (is_lead && IsSurrogateEscape(text, at + 6, 'c', 'f')) {
        at += 11;
      } else if (is_lead || is_trail) {
        text.replace(at, 6, "\\uFFFD");
      }
    }
    return text;
  }

  Json cases_;
};

std::string Get(const Url& url, const std::string& attribute) {
  if (attribute == "href") return url.href();
  if (attribute == "origin") return url.origin();
  if (attribute == "protocol") return std::string(url.protocol());
  if (attribute == "username") return std::string(url.username());
  if (attribute == "password") return std::string(url.password());
  if (attribute == "host") return std::string(url.host());
  if (attribute == "hostname") return std::string(url.hostname());
  if (attribute == "port") return std::string(url.port());
  if (attribute == "pathname") return std::string(url.pathname());
  if (attribute == "search") return std::string(url.search());
  if (attribute == "hash") return std::string(url.hash());
  if (attribute == "searchParams") {
    const std::string_view search = url.search();
    return SerializeSearchParams(ParseSearchParams(search.substr(search.empty() ? 0 : 1)));
  }
  ADD_FAILURE() << "unknown attribute " << attribute;
  return "";
}

void Set(Url& url, const std::string& attribute, const std::string& value) {
  if (attribute == "href") {
    absl::StatusOr<Url> parsed = Url::Parse(value);
    if (parsed.ok()) url = *parsed;
  } else if (attribute == "protocol") {
    url.SetProtocol(value);
  } else if (attribute == "username") {
    url.SetUsername(value);
  } else if (attribute == "password") {
    url.SetPassword(value);
  } else if (attribute == "host") {
    url.SetHost(value);
  } else if (attribute == "hostname") {
    url.SetHostname(value);
  } else if (attribute == "port") {
    url.SetPort(value);
  } else if (attribute == "pathname") {
    url.SetPathname(value);
  } else if (attribute == "search") {
    url.SetSearch(value);
  } else if (attribute == "hash") {
    url.SetHash(value);
  } else {
    ADD_FAILURE() << "unknown attribute " << attribute;
  }
}

bool IsCommentKey(const std::string& key) {
  return key == "comment" || key == "input" || key == "base" || key == "relativeTo";
}

TEST_F(UrlWpt, ParsesUrlTestData) {
  Load("urltestdata.json");
  if (IsSkipped()) return;
  int count = 0;
  for (const Json& row : cases_) {
    if (!row.is_object()) continue;
    ++count;
    const std::string input = row["input"];
    SCOPED_TRACE("input " + row["input"].dump() + " base " + row["base"].dump());
    std::optional<Url> base;
    if (row["base"].is_string()) {
      absl::StatusOr<Url> parsed = Url::Parse(row["base"].get<std::string>());
      if (!parsed.ok()) {
        EXPECT_TRUE(row.value("failure", false));
        continue;
      }
      base = *parsed;
    }
    const absl::StatusOr<Url> url = Url::Parse(input, base ? &*base : nullptr);
    EXPECT_EQ(url.ok(), !row.value("failure", false));
    if (!url.ok() || row.value("failure", false)) continue;
    for (const auto& [key, expected] : row.items()) {
      if (!IsCommentKey(key)) {
        EXPECT_EQ(Get(*url, key), expected.get<std::string>()) << key;
      }
    }
    const absl::StatusOr<Url> again = Url::Parse(url->href());
    ASSERT_TRUE(again.ok()) << url->href();
    EXPECT_EQ(*again, *url);
  }
  std::cout << count << " cases\n";
  EXPECT_GT(count, 800);
}

TEST_F(UrlWpt, RunsSetters) {
  Load("setters_tests.json");
  if (IsSkipped()) return;
  int count = 0;
  for (const auto& [attribute, rows] : cases_.items()) {
    if (attribute == "comment") continue;
    for (const Json& row : rows) {
      ++count;
      SCOPED_TRACE(attribute + " of " + row["href"].dump() + " = " + row["new_value"].dump());
      absl::StatusOr<Url> url = Url::Parse(row["href"].get<std::string>());
      ASSERT_TRUE(url.ok());
      Set(*url, attribute, row["new_value"]);
      for (const auto& [key, expected] : row["expected"].items()) {
        EXPECT_EQ(Get(*url, key), expected.get<std::string>()) << key;
      }
    }
  }
  std::cout << count << " cases\n";
  EXPECT_GT(count, 250);
}

TEST_F(UrlWpt, TurnsDomainsToAscii) {
  Load("toascii.json");
  if (IsSkipped()) return;
  int count = 0;
  for (const Json& row : cases_) {
    if (!row.is_object()) continue;
    ++count;
    SCOPED_TRACE(row.dump(-1, ' ', true));
    const absl::StatusOr<Url> url = Url::Parse("https://" + row["input"].get<std::string>() + "/x");
    EXPECT_EQ(url.ok(), row["output"].is_string());
    if (!url.ok() || !row["output"].is_string()) continue;
    EXPECT_EQ(url->host(), row["output"].get<std::string>());
    EXPECT_EQ(url->pathname(), "/x");
  }
  std::cout << count << " cases\n";
  EXPECT_GT(count, 80);
}

}  // namespace
}  // namespace terrella::runtime
