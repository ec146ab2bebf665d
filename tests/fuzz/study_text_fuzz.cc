// What studies read from outside: a field and its values are within their bounds, a goal can be
// asked of a city, and two reports that are accepted differ by nothing from themselves.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "cli/study/goal.h"
#include "cli/study/report_difference.h"
#include "cli/study/variation.h"

using namespace terrella;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto variation = cli::ParseVariation(text); variation.ok()) {
    const cli::VariedField* field = cli::FindVariedField(variation->field);
    CHECK(field != nullptr && !variation->values.empty());
    CHECK(variation->values.size() <= cli::kVariationValuesMax);
    for (const double value : variation->values) {
      CHECK(value >= field->min && value <= field->max);
    }
  }
  if (const auto goal = cli::ParseGoal(text); goal.ok()) CHECK(goal->selector.empty());
  if (const auto difference = cli::CompareReports(text, text); difference.ok()) {
    CHECK(!difference->total.moved());
    CHECK(!(std::abs(difference->total.error_share.difference.value) > 0));
  }
  return 0;
}
