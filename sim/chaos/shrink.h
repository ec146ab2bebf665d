// Shrinking: the least of a list of faults that still fails.
//
// Delta debugging (Zeller and Hildebrandt 2002): drop halves, then quarters, then single faults, as
// long as the rest fails; then move times to whole seconds where that still fails, because a person
// reads it. What is left is minimal in that no single fault can go.
//
// Pure but for what it is given.
#pragma once

#include <functional>
#include <vector>

#include "sim/scenario/scenario.h"

namespace terrella::sim {

// `fails` is asked of lists in the order of time, some hundred times at most; it holds of `faults`.
std::vector<TimelineEvent> Shrink(
    std::vector<TimelineEvent> faults,
    const std::function<bool(const std::vector<TimelineEvent>&)>& fails);

}  // namespace terrella::sim
