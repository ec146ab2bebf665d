#include "sim/scenario/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace terrella::sim {
namespace {

constexpr uint64_t kObjectStream = 0x6f626a656374;

}  // namespace

std::vector<double> ZipfWeights(uint32_t things, double exponent) {
  std::vector<double> out(things);
  for (uint32_t i = 0; i < things; ++i) out[i] = std::pow(i + 1, -exponent);
  return out;
}

Catalogue::Catalogue(const Scenario& scenario) : seed_(scenario.seed) {
  choices_.resize(scenario.requests.size());
  for (size_t kind = 0; kind < choices_.size(); ++kind) {
    const RequestKind& request = scenario.requests[kind];
    first_slots_.push_back(slots_);
    objects_.push_back(std::max(request.objects, 1U));
    slots_ += objects_.back() * request.origins.size();
    if (request.objects > 1) choices_[kind].emplace(ZipfWeights(request.objects, request.zipf));
  }
}

uint32_t Catalogue::ObjectOf(size_t kind, uint64_t number) const {
  if (!choices_[kind]) return 0;
  CounterRandom random(seed_, kObjectStream, number);
  return static_cast<uint32_t>(choices_[kind]->Draw(random));
}

std::string PathOf(const RequestKind& kind, uint32_t object) {
  const size_t mark = kind.path.find(kObjectMark);
  if (mark == std::string::npos || kind.objects == 0) return kind.path;
  std::string out = kind.path;
  return out.replace(mark, kObjectMark.size(), fmt::to_string(object));
}

}  // namespace terrella::sim
