#include "edge_node/tail/tail_filter.h"

#include <algorithm>
#include <utility>

#include "bundle/tail_wish.h"

namespace terrella::edge {
namespace {

bool HeaderFits(const http::Headers& headers, std::string_view wanted) {
  const bundle::HeaderWish wish(wanted);
  const auto value = headers.Combined(wish.name);
  return value && value->find(wish.part) != std::string::npos;
}

}  // namespace

TailFilter::TailFilter(v1::TailFilter filter) : filter_(std::move(filter)) {}

bool TailFilter::WantsPop(std::string_view pop) const {
  return bundle::WantsPop(filter_, pop);
}

bool TailFilter::MayWant(const TailSubject& subject) const {
  if (filter_.sampling_rate() > 0 && subject.dice >= filter_.sampling_rate()) return false;
  return bundle::WantsMethod(filter_, subject.method) &&
         bundle::WantsVersion(filter_, subject.version_id) &&
         bundle::WantsCity(filter_, subject.city) &&
         std::all_of(filter_.headers().begin(), filter_.headers().end(),
                     [&](const std::string& wanted) {
                       return subject.headers != nullptr && HeaderFits(*subject.headers, wanted);
                     });
}

bool TailFilter::Wants(const v1::TailEvent& event) const {
  return bundle::WantsEnd(filter_, event);
}

}  // namespace terrella::edge
