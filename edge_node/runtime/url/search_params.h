// SearchParams: the list behind URLSearchParams, application/x-www-form-urlencoded.
//
// Parsing and serializing by the URL Standard, section 5. Names and values are UTF-8. The methods
// of the JavaScript class that only walk the list live in JavaScript.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace terrella::runtime {

using SearchParams = std::vector<std::pair<std::string, std::string>>;

// `query` is without '?'. Never fails.
SearchParams ParseSearchParams(std::string_view query);
std::string SerializeSearchParams(const SearchParams& params);

// Appends one name or value as the serializer writes it.
void AppendFormEncoded(std::string_view text, std::string& out);

}  // namespace terrella::runtime
