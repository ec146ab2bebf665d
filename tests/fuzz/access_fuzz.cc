// What callers write: scopes, globs, the URI of a certificate. Fed whole and split in two.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "control_plane/access/caller.h"
#include "control_plane/access/scope.h"

namespace {

using namespace terrella::control;

void One(std::string_view text) {
  if (const auto scope = ParseScope(text); scope.ok()) {
    CHECK(ScopeText(*scope) == text);
    const auto again = ParseScope(ScopeText(*scope));
    CHECK(again.ok() && *again == *scope);
    CHECK(Covers(*scope, scope->grant, scope->glob));
  }
  if (const auto caller = CallerOfUri(text, "c"); caller.ok()) {
    CHECK(text.substr(0, 9) == "edge://c/" && !caller->scopes.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  One(text);
  const size_t middle = size / 2;
  One(text.substr(middle));
  const std::string_view glob = text.substr(0, middle), name = text.substr(middle);
  const bool matches = GlobMatches(glob, name);
  if (glob.find('*') == glob.npos) CHECK(matches == (glob == name));
  CHECK(GlobMatches("*", text));
  return 0;
}
