#include "edge_node/runtime/mime/data_url.h"

#include <utility>

#include "edge_node/runtime/encoding/base64.h"
#include "edge_node/runtime/url/percent_encode.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kScheme = "data:";
constexpr std::string_view kAsciiWhitespace = "\t\n\f\r ";
constexpr std::string_view kBase64 = "base64";

std::string_view StripAsciiWhitespace(std::string_view text) {
  const size_t first = text.find_first_not_of(kAsciiWhitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kAsciiWhitespace) - first + 1);
}

// Takes a trailing ";base64", with spaces between the two, off the type.
bool TakeBase64(std::string_view& type) {
  if (type.size() < kBase64.size()) return false;
  std::string_view rest = type.substr(0, type.size() - kBase64.size());
  if (AsciiLower(type.substr(rest.size())) != kBase64) return false;
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  if (!rest.ends_with(';')) return false;
  rest.remove_suffix(1);
  type = rest;
  return true;
}

}  // namespace

std::optional<DataUrl> ParseDataUrl(std::string_view href) {
  const size_t comma = href.find(',');
  if (!href.starts_with(kScheme) || comma == std::string_view::npos) return std::nullopt;
  std::string_view type = StripAsciiWhitespace(href.substr(kScheme.size(), comma - kScheme.size()));
  std::string body = PercentDecode(href.substr(comma + 1));
  if (TakeBase64(type)) {
    std::optional<std::string> bytes = DecodeBase64(body);
    if (!bytes) return std::nullopt;
    body = *std::move(bytes);
  }
  std::string full(type);
  if (full.starts_with(';')) full.insert(0, "text/plain");
  auto mime = MimeType::Parse(full);
  if (!mime) mime = MimeType::Parse("text/plain;charset=US-ASCII");
  return DataUrl{*std::move(mime), std::move(body)};
}

}  // namespace terrella::runtime
