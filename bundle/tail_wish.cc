#include "bundle/tail_wish.h"

#include "absl/strings/match.h"
#include "base/status.h"

namespace terrella::bundle {
namespace {

template <class Values>
bool AnyIs(const Values& values, std::string_view value) {
  return AnyFits(values, [value](std::string_view wanted) {
    return absl::EqualsIgnoreCase(ToAbsl(wanted), ToAbsl(value));
  });
}

bool HasText(const v1::TailEvent& event, std::string_view text) {
  const auto in = [text](std::string_view whole) { return whole.find(text) != whole.npos; };
  return in(event.url()) ||
         std::any_of(event.logs().begin(), event.logs().end(),
                     [&](const v1::TailLog& log) { return in(log.text()); }) ||
         std::any_of(event.exceptions().begin(), event.exceptions().end(),
                     [&](const v1::TailException& exception) {
                       return in(exception.message()) || in(exception.stack());
                     });
}

}  // namespace

std::string_view OutcomeClass(std::string_view outcome) {
  return outcome == "ok" || outcome == "canceled" ? outcome : "error";
}

bool WantsPop(const v1::TailFilter& filter, std::string_view pop) {
  return AnyIs(filter.pops(), pop);
}

bool WantsMethod(const v1::TailFilter& filter, std::string_view method) {
  return AnyFits(filter.methods(), [&](std::string_view wanted) { return wanted == method; });
}

bool WantsVersion(const v1::TailFilter& filter, std::string_view version_id) {
  return AnyFits(filter.version_ids(),
                 [&](std::string_view wanted) { return version_id.starts_with(wanted); });
}

bool WantsCity(const v1::TailFilter& filter, std::string_view city) {
  return AnyIs(filter.cities(), city);
}

HeaderWish::HeaderWish(std::string_view wanted) {
  const size_t colon = wanted.find(':');
  name = wanted.substr(0, colon);
  if (colon != wanted.npos) part = wanted.substr(colon + 1);
}

bool WantsEnd(const v1::TailFilter& filter, const v1::TailEvent& event) {
  const std::string_view outcome = OutcomeClass(event.outcome());
  if (filter.only_with_logs() && event.logs().empty() && event.exceptions().empty()) return false;
  return AnyFits(filter.outcomes(), [&](std::string_view wanted) { return wanted == outcome; }) &&
         AnyFits(filter.statuses(), [&](int wanted) { return wanted == event.status(); }) &&
         HasText(event, filter.search());
}

}  // namespace terrella::bundle
