#include "edge_node/runtime/url/url.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "edge_node/runtime/url/idna.h"

namespace terrella::runtime {
namespace {

struct ParseRow {
  const char* clause;  // of the URL Standard
  const char* input;
  const char* base;  // nullptr: none
  const char* href;  // nullptr: refused
};

void Check(const ParseRow& row) {
  SCOPED_TRACE(std::string(row.clause) + ": " + row.input);
  absl::StatusOr<Url> base = InvalidArgument("no base");
  if (row.base != nullptr) {
    base = Url::Parse(row.base);
    ASSERT_TRUE(base.ok()) << row.base;
  }
  const absl::StatusOr<Url> url = Url::Parse(row.input, base.ok() ? &*base : nullptr);
  ASSERT_EQ(url.ok(), row.href != nullptr);
  if (!url.ok()) return;
  EXPECT_EQ(url->href(), row.href);
  const absl::StatusOr<Url> again = Url::Parse(url->href());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *url) << "parsing the serialization changes it";
}

TEST(Url, ParsesAbsoluteUrls) {
  const ParseRow rows[] = {
      {"4.4 scheme", "HTTP://Example.COM", nullptr, "http://example.com/"},
      {"4.4 leading and trailing C0 control or space", "\x01  http://a/ \n", nullptr, "http://a/"},
      {"4.4 tab and newline", "ht\ntp://a\t.b/\rc", nullptr, "http://a.b/c"},
      {"4.4 no scheme state", "a/b", nullptr, nullptr},
      {"4.4 special authority slashes state", "http:\\\\\\a", nullptr, "http://a/"},
      {"4.4 special authority slashes state", "https:a", nullptr, "https://a/"},
      {"4.4 path or authority state", "foo:/a/../b", nullptr, "foo:/b"},
      {"4.4 authority state", "http://u:p@q@h", nullptr, "http://u:p%40q@h/"},
      {"4.4 authority state", "http://u@/x", nullptr, nullptr},
      {"4.4 host state", "http://:80", nullptr, nullptr},
      {"4.4 host state", "http://", nullptr, nullptr},
      {"4.4 host state", "foo://", nullptr, "foo://"},
      {"4.4 port state", "https://a:443/", nullptr, "https://a/"},
      {"4.4 port state", "https://a:0080/", nullptr, "https://a:80/"},
      {"4.4 port state", "https://a:65536/", nullptr, nullptr},
      {"4.4 port state", "https://a:8a/", nullptr, nullptr},
      {"4.4 port state", "https://a:/", nullptr, "https://a/"},
      {"4.4 path state", "http://a/b/./c/../%2e%2E/d/%2e", nullptr, "http://a/d/"},
      {"4.4 path state", "http://a\\b\\c", nullptr, "http://a/b/c"},
      {"4.4 path state", "http://a/ \"<>^`{}|", nullptr, "http://a/%20%22%3C%3E%5E%60%7B%7D|"},
      {"4.4 query state", "http://a?'\" #'\" ", nullptr, "http://a/?%27%22%20#'%22"},
      {"4.4 query state", "foo://a?'", nullptr, "foo://a?'"},
      {"4.4 opaque path state", "data:a b ?x", nullptr, "data:a b%20?x"},
      {"4.4 opaque path state", "mailto:a@b", nullptr, "mailto:a@b"},
      {"4.4 file host state", "file://localhost/x", nullptr, "file:///x"},
      {"4.4 file host state", "file://C|/x", nullptr, "file:///C:/x"},
      {"4.4 file slash state", "file:/x", nullptr, "file:///x"},
      {"4.5 serializer, path beginning with //", "foo:/.//p", nullptr, "foo:/.//p"},
      {"1.4 UTF-8, lone surrogate bytes", "http://a/\xED\xA0\x80", nullptr,
       "http://a/%EF%BF%BD%EF%BF%BD%EF%BF%BD"},
  };
  for (const ParseRow& row : rows) Check(row);
}

TEST(Url, ResolvesAgainstABase) {
  constexpr const char* kBase = "http://u:p@h:81/a/b?q#f";
  const ParseRow rows[] = {
      {"4.4 relative state", "", kBase, "http://u:p@h:81/a/b?q"},
      {"4.4 relative state", "c", kBase, "http://u:p@h:81/a/c"},
      {"4.4 relative state", "?x", kBase, "http://u:p@h:81/a/b?x"},
      {"4.4 relative state", "#x", kBase, "http://u:p@h:81/a/b?q#x"},
      {"4.4 relative slash state", "/c", kBase, "http://u:p@h:81/c"},
      {"4.4 relative slash state", "//g/c", kBase, "http://g/c"},
      {"4.4 special relative or authority state", "http:c", kBase, "http://u:p@h:81/a/c"},
      {"4.4 special relative or authority state", "https:c", kBase, "https://c/"},
      {"4.4 no scheme state", "#x", "data:a", "data:a#x"},
      {"4.4 no scheme state", "x", "data:a", nullptr},
      {"4.4 file state", "..", "file:///C:/a", "file:///C:/"},
      {"4.4 file state", "D|", "file:///C:/a", "file:///D:"},
      {"4.4 file slash state", "/x", "file://h/C:/a", "file://h/C:/x"},
  };
  for (const ParseRow& row : rows) Check(row);
}

TEST(Url, ParsesHosts) {
  const ParseRow rows[] = {
      {"3.5 host parser, IPv6", "http://[::FFFF:1.2.3.4]:8080/", nullptr,
       "http://[::ffff:102:304]:8080/"},
      {"3.5 host parser, IPv6", "http://[::1", nullptr, nullptr},
      {"3.5 ends in a number", "http://127.1/", nullptr, "http://127.0.0.1/"},
      {"3.5 ends in a number", "http://a.1/", nullptr, nullptr},
      {"3.5 percent-decode", "http://%45xample.com/", nullptr, "http://example.com/"},
      {"3.1 forbidden domain code point", "http://a%00b/", nullptr, nullptr},
      {"3.1 forbidden domain code point", "http://a b/", nullptr, nullptr},
      {"3.1 forbidden domain code point", "http://a%25b/", nullptr, nullptr},
      {"3.5 opaque-host parser", "foo://A b/", nullptr, nullptr},
      {"3.5 opaque-host parser", "foo://A%20\xC3\xA9/", nullptr, "foo://A%20%C3%A9/"},
      {"3.3 domain to ASCII",
       "http://B\xC3\xBC"
       "cher.de/",
       nullptr, "http://xn--bcher-kva.de/"},
      {"3.3 domain to ASCII, not transitional", "http://fa\xC3\x9F.de/", nullptr,
       "http://xn--fa-hia.de/"},
      {"3.3 domain to ASCII, Unicode 15.1 sharp s", "http://\xE1\xBA\x9E.de/", nullptr,
       "http://xn--zca.de/"},
      {"3.3 domain to ASCII, ideographic full stop",
       "http://a\xE3\x80\x82"
       "b/",
       nullptr, "http://a.b/"},
      {"3.3 domain to ASCII, ACE of ASCII", "http://xn--/", nullptr, nullptr},
      {"3.3 domain to ASCII, ACE of ASCII", "http://xn--ab-.de/", nullptr, nullptr},
      {"3.3 domain to ASCII, bad ACE", "http://XN--A.de/", nullptr, nullptr},
      {"3.3 domain to ASCII, hyphens are not checked", "http://-a--b-/", nullptr, "http://-a--b-/"},
  };
  for (const ParseRow& row : rows) Check(row);
}

TEST(Url, GivesItsParts) {
  const absl::StatusOr<Url> url = Url::Parse("https://u:p@example.com:8443/a/b?q=1#f");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->protocol(), "https:");
  EXPECT_EQ(url->username(), "u");
  EXPECT_EQ(url->password(), "p");
  EXPECT_EQ(url->host(), "example.com:8443");
  EXPECT_EQ(url->hostname(), "example.com");
  EXPECT_EQ(url->port(), "8443");
  EXPECT_EQ(url->pathname(), "/a/b");
  EXPECT_EQ(url->search(), "?q=1");
  EXPECT_EQ(url->hash(), "#f");
  EXPECT_EQ(url->origin(), "https://example.com:8443");
  EXPECT_FALSE(url->has_opaque_path());
}

TEST(Url, KeepsAnEmptyQueryInHrefButNotInSearch) {
  const absl::StatusOr<Url> url = Url::Parse("http://a/?#");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->href(), "http://a/?#");
  EXPECT_EQ(url->search(), "");
  EXPECT_EQ(url->hash(), "");
}

TEST(Url, HasTheOriginOfSection4_7) {
  EXPECT_EQ(Url::Parse("ws://a:81/x")->origin(), "ws://a:81");
  EXPECT_EQ(Url::Parse("blob:https://a/1-2")->origin(), "https://a");
  EXPECT_EQ(Url::Parse("blob:ftp://a/1-2")->origin(), "null");
  EXPECT_EQ(Url::Parse("file:///x")->origin(), "null");
  EXPECT_EQ(Url::Parse("data:x")->origin(), "null");
}

// The quick way for plain http URLs must give what the parser gives: an upper-case scheme takes the
// long way to the same result.
TEST(Url, FastPathAgreesWithTheParser) {
  for (const char* rest : {"://a",          "://a/",
                           "://a?q",        "://a#f",
                           "://a:80/",      "://a:443",
                           "://a:8080",     "://a:080/",
                           "://a:",         "://a:0/",
                           "://a:99999/",   "://1.2.3.4/",
                           "://1.2.3/",     "://1.2.3.4.5/",
                           "://a.0x7f/",    "://xn--a/",
                           "://a/.",        "://a/..",
                           "://a/b/../c",   "://a/%2e/b",
                           "://a/.b",       "://a/b.c/d",
                           "://a/b?q=/../", "://a/b?'",
                           "://a/b#`",      "://a/\\b",
                           "://a\\b",       "://A/",
                           "://a b/",       "://a%41/",
                           "://.",          "://a../",
                           "://-",          "://_a.b-c:1/x?y#z",
                           "://a?b/..",     "://u@a/",
                           "://[::1]/",     "://a:8/?#",
                           "://a:+8/"}) {
    for (const std::string scheme : {"http", "https"}) {
      std::string upper = scheme;
      upper[0] = 'H';
      const absl::StatusOr<Url> fast = Url::Parse(scheme + rest);
      const absl::StatusOr<Url> slow = Url::Parse(upper + rest);
      ASSERT_EQ(fast.ok(), slow.ok()) << scheme << rest;
      if (fast.ok()) {
        EXPECT_EQ(*fast, *slow) << scheme << rest;
      }
    }
  }
}

TEST(Url, SettersChangeWhatTheyMay) {
  struct Row {
    void (Url::*set)(std::string_view);
    const char* href;
    const char* value;
    const char* result;
  };
  // Section 6.1.
  const Row rows[] = {
      {&Url::SetProtocol, "http://a:443/", "https", "https://a/"},
      {&Url::SetProtocol, "http://a/", "foo", "http://a/"},
      {&Url::SetProtocol, "http://u@a/", "file", "http://u@a/"},
      {&Url::SetProtocol, "http://a/", "ws:ignored", "ws://a/"},
      {&Url::SetUsername, "http://a/", "x:y@z", "http://x%3Ay%40z@a/"},
      {&Url::SetUsername, "file:///a", "x", "file:///a"},
      {&Url::SetPassword, "http://u:p@a/", "", "http://u@a/"},
      {&Url::SetHost, "http://a:1/", "b:2/x", "http://b:2/"},
      {&Url::SetHost, "http://a:1/", "b:99999", "http://b:1/"},
      {&Url::SetHost, "http://a/", "", "http://a/"},
      {&Url::SetHost, "data:x", "b", "data:x"},
      {&Url::SetHostname, "http://a:1/", "b:2", "http://a:1/"},
      {&Url::SetHostname, "foo:/.//p", "h", "foo://h//p"},
      {&Url::SetPort, "http://a/", "81x", "http://a:81/"},
      {&Url::SetPort, "http://a:81/", "", "http://a/"},
      {&Url::SetPort, "http://a:81/", "x", "http://a:81/"},
      {&Url::SetPort, "http://a:81/", "65536", "http://a:81/"},
      {&Url::SetPathname, "http://a/b?q", "c?d#e", "http://a/c%3Fd%23e?q"},
      {&Url::SetPathname, "http://a/b", "", "http://a/"},
      {&Url::SetPathname, "foo:/b", "//c", "foo:/.//c"},
      {&Url::SetPathname, "data:x", "y", "data:x"},
      {&Url::SetSearch, "http://a/?b#c", "", "http://a/#c"},
      {&Url::SetSearch, "http://a/", "?x#y", "http://a/?x%23y"},
      {&Url::SetSearch, "http://a/", "?", "http://a/?"},
      {&Url::SetHash, "http://a/#b", "", "http://a/"},
      {&Url::SetHash, "http://a/", "#x`", "http://a/#x%60"},
  };
  for (const Row& row : rows) {
    absl::StatusOr<Url> url = Url::Parse(row.href);
    ASSERT_TRUE(url.ok()) << row.href;
    ((*url).*row.set)(row.value);
    EXPECT_EQ(url->href(), row.result) << row.href << " <- " << row.value;
    EXPECT_EQ(*Url::Parse(url->href()), *url) << url->href();
  }
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_EQ(Message(Url::Parse("a/b").status()), "no scheme, and no base URL");
  EXPECT_EQ(Message(Url::Parse("http://a:8x/").status()), "invalid port '8x'");
  EXPECT_EQ(Message(Url::Parse("http://1.2.3.999/").status()), "invalid IPv4 address '1.2.3.999'");
}

TEST(Url, RefusesMoreThanItsLimits) {
  EXPECT_FALSE(Url::Parse("http://a/bc", nullptr, {.input_bytes_max = 10}).ok());
  EXPECT_TRUE(Url::Parse("http://a/b", nullptr, {.input_bytes_max = 10}).ok());
  EXPECT_FALSE(DomainToAscii("\xC3\xA9" + std::string(kIdnaDomainBytesMax, 'a')).has_value());
}

}  // namespace
}  // namespace terrella::runtime
