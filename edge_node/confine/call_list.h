// CallList: which system calls pass the filter, and on what condition.
//
// Thread: any; immutable data.
#pragma once

#include <cstdint>
#include <vector>

namespace terrella::edge {

// The lower half of argument `argument`, masked, is one of `values`.
struct ArgumentTest {
  uint8_t argument;
  uint32_t mask;
  std::vector<uint32_t> values;
};

struct TestedCall {
  uint32_t number;
  std::vector<ArgumentTest> tests;  // all must hold
};

// Pass whatever their arguments; sorted, each once.
std::vector<uint32_t> FreeCalls();

// Pass when their tests hold. `pid`: of the process, for calls that may be about itself only.
std::vector<TestedCall> TestedCalls(uint32_t pid);

// The highest number the list was made with; above: unknown.
uint32_t LastKnownCall();

}  // namespace terrella::edge
