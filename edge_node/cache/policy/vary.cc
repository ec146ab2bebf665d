#include "edge_node/cache/policy/vary.h"

#include <algorithm>

#include "edge_node/cache/policy/field_list.h"

namespace terrella::cache {
namespace {

// The codings somebody takes, sorted: "gzip;q=0" is as good as not mentioned, but "identity;q=0"
// and "*;q=0" forbid something and stay.
std::string NormalizeCodings(std::string_view value) {
  std::vector<std::string> codings;
  for (FieldList list(value); const auto item = list.Next();) {
    std::string lower = ToLower(item->whole);
    std::erase_if(lower, [](char c) { return c == ' ' || c == '\t'; });
    const size_t semicolon = lower.find(';');
    const std::string name = lower.substr(0, semicolon);
    std::string weight = semicolon == std::string::npos ? "" : lower.substr(semicolon + 1);
    const bool zero =
        weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string::npos;
    const bool one = weight.starts_with("q=1");
    if (zero && name != "identity" && name != "*") continue;
    codings.push_back(one || weight.empty() ? name : name + ";" + weight);
  }
  std::sort(codings.begin(), codings.end());
  std::string out;
  for (const std::string& coding : codings) out.append(out.empty() ? "" : ",").append(coding);
  return out;
}

}  // namespace

Vary VaryOf(const http::Headers& response) {
  Vary vary;
  const auto value = response.Combined("vary");
  if (!value) return vary;
  for (FieldList list(*value); const auto item = list.Next();) {
    if (item->whole == "*") vary.any = true;
    vary.names.push_back(ToLower(item->whole));
  }
  std::sort(vary.names.begin(), vary.names.end());
  vary.names.erase(std::unique(vary.names.begin(), vary.names.end()), vary.names.end());
  return vary;
}

std::string NormalizeForVary(std::string_view name, std::string_view value) {
  if (name == "accept-encoding") return NormalizeCodings(value);
  std::string out;
  for (FieldList list(value); const auto item = list.Next();) {
    out.append(out.empty() ? "" : ",").append(item->whole);
  }
  return out;
}

std::string VaryValues(const std::vector<std::string>& names, const http::Headers& request) {
  std::string out;
  for (const std::string& name : names) {
    const auto value = request.Combined(name);
    // A field that is missing differs from one that is empty; no value holds a line feed.
    out.append(name).append(value ? "=" : "-");
    if (value) out.append(NormalizeForVary(name, *value));
    out.push_back('\n');
  }
  return out;
}

}  // namespace terrella::cache
