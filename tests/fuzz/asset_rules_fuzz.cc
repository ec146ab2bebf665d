// Any text is rules whose patterns can be matched, or a refusal with a line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "bundle/asset_ignore.h"
#include "bundle/asset_rules.h"
#include "bundle/path_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace bundle = terrella::bundle;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string path = "/" + std::string(text.substr(0, 64));
  auto use = [&](const std::string& pattern, const std::string& to) {
    const auto parsed = bundle::PathPattern::Parse(pattern);
    CHECK(parsed.ok());
    if (const auto captures = parsed->Match("host.test", path)) bundle::Substitute(to, *captures);
  };
  if (const auto rules = bundle::ParseHeadersFile(text, "f"); rules.ok()) {
    for (const auto& rule : *rules) {
      CHECK(rule.set_size() + rule.unset_size() > 0);
      use(rule.pattern(), rule.set_size() > 0 ? rule.set(0).value() : "");
    }
  }
  if (const auto rules = bundle::ParseRedirectsFile(text, "f"); rules.ok()) {
    for (const auto& rule : *rules) {
      CHECK(rule.to().find('\n') == std::string::npos);
      use(rule.from(), rule.to());
    }
  }
  if (const auto ignore = bundle::AssetIgnore::Parse(text, "f"); ignore.ok()) {
    (void)ignore->Ignores("a/b.c", false);
  }
  return 0;
}
