#include "sim/chaos/shrink.h"

#include <algorithm>

namespace terrella::sim {
namespace {

using Faults = std::vector<TimelineEvent>;
using Fails = std::function<bool(const Faults&)>;

// All but those of [begin, end).
Faults Without(const Faults& faults, size_t begin, size_t end) {
  Faults out(faults.begin(), faults.begin() + static_cast<ptrdiff_t>(begin));
  out.insert(out.end(), faults.begin() + static_cast<ptrdiff_t>(end), faults.end());
  return out;
}

// Drops the first piece of `size` that is not needed.
bool DropPiece(Faults& faults, size_t size, const Fails& fails) {
  for (size_t begin = 0; begin < faults.size(); begin += size) {
    Faults rest = Without(faults, begin, std::min(begin + size, faults.size()));
    if (!fails(rest)) continue;
    faults = std::move(rest);
    return true;
  }
  return false;
}

void RoundTimes(Faults& faults, const Fails& fails) {
  constexpr Duration kSecond = std::chrono::seconds(1);
  for (size_t i = 0; i < faults.size(); ++i) {
    Faults rounded = faults;
    rounded[i].at = (faults[i].at + kSecond / 2) / kSecond * kSecond;
    const bool in_order = (i == 0 || rounded[i - 1].at <= rounded[i].at) &&
                          (i + 1 == rounded.size() || rounded[i].at <= rounded[i + 1].at);
    if (in_order && rounded[i].at != faults[i].at && fails(rounded)) faults = std::move(rounded);
  }
}

}  // namespace

std::vector<TimelineEvent> Shrink(std::vector<TimelineEvent> faults, const Fails& fails) {
  size_t size = std::max<size_t>(faults.size() / 2, 1);
  while (!faults.empty()) {
    if (DropPiece(faults, size, fails)) {
      size = std::clamp<size_t>(size, 1, std::max<size_t>(faults.size() / 2, 1));
    } else if (size > 1) {
      size /= 2;
    } else {
      break;
    }
  }
  RoundTimes(faults, fails);
  return faults;
}

}  // namespace terrella::sim
