// Every family of /metrics follows Prometheus' conventions (what `promtool check metrics` asks for)
// and stands in docs/dns.md as it is.
#include "dns_router/metrics/families.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/file.h"

namespace terrella::dns {
namespace {

std::string_view TypeName(MetricFamily::Type type) {
  static constexpr std::string_view kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<size_t>(type)];
}

TEST(MetricFamilies, AreNamedByConvention) {
  std::set<std::string_view> names;
  for (const MetricFamily* family : metric::kFamilies) {
    SCOPED_TRACE(family->name);
    EXPECT_TRUE(names.insert(family->name).second);
    EXPECT_TRUE(family->name.starts_with("terrella_dns_") || family->name.starts_with("process_"));
    EXPECT_EQ(family->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
              std::string_view::npos);
    EXPECT_EQ(family->name.find("__"), std::string_view::npos);
    EXPECT_FALSE(family->name.ends_with('_'));
    EXPECT_EQ(family->name.ends_with("_total"), family->type == MetricFamily::Type::kCounter);
    for (const std::string_view word :
         {"_milliseconds", "_ms", "_kilobytes", "_percent", "_counter", "_gauge", "_histogram",
          "_count", "_sum", "_bucket"}) {
      EXPECT_FALSE(family->name.ends_with(word)) << word;
    }
    EXPECT_FALSE(family->help.empty());
    EXPECT_EQ(family->help.find('\n'), std::string_view::npos);
    EXPECT_NE(family->help.back(), '.');
  }
}

TEST(MetricFamilies, AreDocumented) {
  const char* root = std::getenv("TERRELLA_SOURCE_DIR");
  if (root == nullptr) GTEST_SKIP() << "TERRELLA_SOURCE_DIR is not set";
  const auto text = ReadFile(std::filesystem::path(root) / "docs/dns.md");
  ASSERT_TRUE(text.ok());
  std::string table = "| metric | type | labels | what |\n|---|---|---|---|\n";
  for (const MetricFamily* family : metric::kFamilies) {
    table += fmt::format("| `{}` | {} | {} | {} |\n", family->name, TypeName(family->type),
                         family->labels, family->help);
  }
  EXPECT_NE(text->find(table), std::string::npos) << "docs/dns.md must have this table:\n" << table;
}

}  // namespace
}  // namespace terrella::dns
