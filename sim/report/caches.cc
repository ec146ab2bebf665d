#include "sim/report/caches.h"

#include <algorithm>

namespace terrella::sim {

CacheFigures CacheFiguresOf(const Results& results) {
  CacheFigures out;
  for (const auto& [code, summary] : results.ByContinent()) {
    if (summary.cache.asked() == 0) continue;
    out.all.Merge(summary.cache);
    out.continents.push_back(
        {std::string(net::ContinentName(*net::ParseContinent(code))), summary.cache});
  }
  const std::vector<CacheCounts>& by_pop = results.cache_by_pop();
  for (size_t pop = 0; pop < by_pop.size(); ++pop) {
    if (by_pop[pop].asked() > 0) out.pops.push_back({results.pops()[pop], by_pop[pop]});
  }
  std::sort(out.pops.begin(), out.pops.end(), [](const CacheRow& a, const CacheRow& b) {
    return a.counts.asked() != b.counts.asked() ? a.counts.asked() > b.counts.asked()
                                                : a.name < b.name;
  });
  return out;
}

}  // namespace terrella::sim
