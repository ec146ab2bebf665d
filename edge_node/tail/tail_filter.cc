#include "edge_node/tail/tail_filter.h"

#include <algorithm>
#include <utility>

#include "http/message/message.h"

namespace terrella::edge {
namespace {

// No value lets everything pass.
template <class Values, class Fits>
bool AnyFits(const Values& values, Fits fits) {
  return values.empty() || std::any_of(values.begin(), values.end(), fits);
}

bool HeaderFits(const http::Headers& headers, std::string_view wanted) {
  const size_t colon = wanted.find(':');
  const auto value = headers.Combined(wanted.substr(0, colon));
  if (!value) return false;
  return colon == std::string_view::npos ||
         value->find(wanted.substr(colon + 1)) != std::string::npos;
}

}  // namespace

std::string_view OutcomeClass(std::string_view outcome) {
  return outcome == "ok" || outcome == "canceled" ? outcome : "error";
}

TailFilter::TailFilter(v1::TailFilter filter) : filter_(std::move(filter)) {}

bool TailFilter::WantsPop(std::string_view pop) const {
  return AnyFits(filter_.pops(),
                 [&](const std::string& wanted) { return http::EqualsIgnoreCase(wanted, pop); });
}

bool TailFilter::MayWant(const TailSubject& subject) const {
  if (filter_.sampling_rate() > 0 && subject.dice >= filter_.sampling_rate()) return false;
  if (!AnyFits(filter_.methods(), [&](const std::string& m) { return m == subject.method; })) {
    return false;
  }
  if (!AnyFits(filter_.version_ids(),
               [&](const std::string& id) { return subject.version_id.starts_with(id); })) {
    return false;
  }
  if (!AnyFits(filter_.cities(),
               [&](const std::string& c) { return http::EqualsIgnoreCase(c, subject.city); })) {
    return false;
  }
  return std::all_of(filter_.headers().begin(), filter_.headers().end(),
                     [&](const std::string& wanted) {
                       return subject.headers != nullptr && HeaderFits(*subject.headers, wanted);
                     });
}

bool TailFilter::Wants(const v1::TailEvent& event) const {
  const std::string_view outcome = OutcomeClass(event.outcome());
  if (!AnyFits(filter_.outcomes(), [&](const std::string& o) { return o == outcome; })) {
    return false;
  }
  if (!AnyFits(filter_.statuses(), [&](int status) { return status == event.status(); })) {
    return false;
  }
  if (filter_.only_with_logs() && event.logs().empty() && event.exceptions().empty()) return false;
  const std::string& text = filter_.search();
  if (text.empty() || event.url().find(text) != std::string::npos) return true;
  for (const v1::TailLog& log : event.logs()) {
    if (log.text().find(text) != std::string::npos) return true;
  }
  return std::any_of(event.exceptions().begin(), event.exceptions().end(),
                     [&](const v1::TailException& e) {
                       return e.message().find(text) != std::string::npos ||
                              e.stack().find(text) != std::string::npos;
                     });
}

}  // namespace terrella::edge
