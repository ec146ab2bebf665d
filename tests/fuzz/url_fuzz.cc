// URL parsing: a serialization parses to itself, setters never break that, and a relative reference
// resolved against a URL gives a URL.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/url/search_params.h"
#include "edge_node/runtime/url/url.h"

namespace {

using terrella::runtime::Url;

void CheckFixpoint(const Url& url) {
  CHECK(terrella::runtime::IsAscii(url.href()));  // the JavaScript side takes bytes for code units
  const absl::StatusOr<Url> again = Url::Parse(url.href());
  CHECK(again.ok());
  CHECK(*again == url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\xFF');
  const std::string_view head = input.substr(0, cut);
  const std::string_view tail =
      cut == std::string_view::npos ? std::string_view() : input.substr(cut + 1);
  terrella::runtime::ParseSearchParams(head);
  const absl::StatusOr<Url> url = Url::Parse(head);
  if (!url.ok()) return 0;
  CheckFixpoint(*url);
  if (const absl::StatusOr<Url> joined = Url::Parse(tail, &*url); joined.ok())
    CheckFixpoint(*joined);
  using Setter = void (Url::*)(std::string_view);
  for (const Setter set : std::initializer_list<Setter>{
           &Url::SetProtocol, &Url::SetUsername, &Url::SetPassword, &Url::SetHost,
           &Url::SetHostname, &Url::SetPort, &Url::SetPathname, &Url::SetSearch, &Url::SetHash}) {
    Url changed = *url;
    (changed.*set)(tail);
    CheckFixpoint(changed);
  }
  return 0;
}
