#include "sim/scenario/page.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kPartStream = 0x7061727473;

}  // namespace

PageLoad::PageLoad(const Page& page, uint64_t seed, uint64_t number) {
  CounterRandom random(seed, kPartStream, number);
  for (const PagePart& part : page.parts) {
    for (int i = 0; i < part.count; ++i) {
      if (part.cached_share > 0 && random.Uniform() < part.cached_share) continue;
      wanted_.push_back({part.depth, part.request});
    }
  }
  std::stable_sort(wanted_.begin(), wanted_.end(),
                   [](const Wanted& a, const Wanted& b) { return a.depth < b.depth; });
}

std::optional<size_t> PageLoad::Next() {
  if (next_ == wanted_.size()) return std::nullopt;
  const Wanted& wanted = wanted_[next_];
  // What names it is not there yet.
  if (wanted.depth != depth_ && waiting_ > 0) return std::nullopt;
  depth_ = wanted.depth;
  ++next_;
  ++waiting_;
  return wanted.request;
}

void PageLoad::Answered() {
  CHECK(waiting_ > 0);
  --waiting_;
}

}  // namespace terrella::sim
