#include "control_plane/events/log_match.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "base/status.h"

namespace terrella::control {
namespace {

// "ok", "error" or "canceled": what people filter by.
std::string_view ClassOf(std::string_view outcome) {
  return outcome == "ok" || outcome == "canceled" ? outcome : "error";
}

template <class Values, class Fits>
bool AnyOf(const Values& values, Fits fits) {
  return values.empty() || std::any_of(values.begin(), values.end(), fits);
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// "name", or "name:part of the value".
bool HasHeader(const v1::TailEvent& event, std::string_view wanted) {
  const size_t colon = wanted.find(':');
  const std::string_view name = wanted.substr(0, colon);
  const std::string_view part = colon == wanted.npos ? "" : wanted.substr(colon + 1);
  return std::any_of(event.headers().begin(), event.headers().end(),
                     [&](const v1::TailHeader& header) {
                       return absl::EqualsIgnoreCase(ToAbsl(header.name()), ToAbsl(name)) &&
                              Contains(header.value(), part);
                     });
}

bool HasText(const v1::TailEvent& event, std::string_view text) {
  if (text.empty() || Contains(event.url(), text)) return true;
  for (const v1::TailLog& log : event.logs()) {
    if (Contains(log.text(), text)) return true;
  }
  for (const v1::TailException& exception : event.exceptions()) {
    if (Contains(exception.message(), text) || Contains(exception.stack(), text)) return true;
  }
  return false;
}

}  // namespace

bool LogMatches(const v1::TailFilter& filter, const v1::TailEvent& event) {
  const auto is = [](std::string_view value) {
    return [value](std::string_view wanted) { return wanted == value; };
  };
  if (filter.only_with_logs() && event.logs().empty() && event.exceptions().empty()) return false;
  return AnyOf(filter.outcomes(), is(ClassOf(event.outcome()))) &&
         AnyOf(filter.methods(), is(event.method())) && AnyOf(filter.pops(), is(event.pop())) &&
         AnyOf(filter.statuses(), [&](int status) { return status == event.status(); }) &&
         AnyOf(filter.version_ids(),
               [&](std::string_view id) { return event.version_id().starts_with(id); }) &&
         AnyOf(filter.cities(),
               [&](std::string_view city) {
                 return absl::EqualsIgnoreCase(ToAbsl(city), ToAbsl(event.city()));
               }) &&
         std::all_of(filter.headers().begin(), filter.headers().end(),
                     [&](std::string_view header) { return HasHeader(event, header); }) &&
         HasText(event, filter.search());
}

}  // namespace terrella::control
