#include "edge_node/runtime/url/search_params.h"

#include <algorithm>

#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/url/percent_encode.h"

namespace terrella::runtime {
namespace {

std::string FormDecode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  std::string decoded =
      spaced.find('%') == std::string::npos ? std::move(spaced) : PercentDecode(spaced);
  return IsWellFormedUtf8(decoded) ? decoded : ToWellFormedUtf8(decoded);
}

}  // namespace

SearchParams ParseSearchParams(std::string_view query) {
  SearchParams params;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    params.emplace_back(FormDecode(pair.substr(0, equals)), FormDecode(value));
  }
  return params;
}

std::string SerializeSearchParams(const SearchParams& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    if (!out.empty()) out.push_back('&');
    AppendFormEncoded(name, out);
    out.push_back('=');
    AppendFormEncoded(value, out);
  }
  return out;
}

void AppendFormEncoded(std::string_view text, std::string& out) {
  const size_t begin = out.size();
  AppendEncoded(EncodeSet::kForm, text, out);
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), ' ', '+');
}

}  // namespace terrella::runtime
