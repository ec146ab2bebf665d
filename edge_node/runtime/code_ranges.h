// Code ranges: where V8 puts the 128 MiB of address space that an isolate's code may take.
//
// V8 likes them near its built-ins, where short jumps reach, and looks for room there by reading
// /proc/self/maps whenever it makes an isolate. There is room for some thirty. Beside the
// thousandth isolate each reading is of ten thousand lines and finds nothing: 20 ms of a cold start
// in a node of 1,000 workers, 100 ms in one of 5,000. So the search is answered here, in V8's
// place: once there was no room it is not looked for again. A range that comes free later V8 keeps
// in a list of its own and takes first.
//
// The function is found by the dynamic linker before V8's own of the same name; bind_symbols leaves
// that one reference unbound. Where the linker does not (a static V8), only time is lost.
#pragma once

#include <cstdint>

namespace terrella::runtime {

// Once, before the first isolate.
void AnswerCodeRangeSearches();

// How often V8's own search ran in this process.
uint64_t CodeRangeSearches();

}  // namespace terrella::runtime
