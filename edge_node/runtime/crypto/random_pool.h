// Random bytes in small amounts, out of a reserve: a system call costs several times what a UUID
// needs else.
//
// Each thread has its own reserve from the kernel's generator. Bytes are overwritten there as they
// are given out.
#pragma once

#include <span>

namespace terrella::runtime {

// Secret bytes from the kernel's generator. Thread: any.
void FillFromPool(std::span<char> out);

}  // namespace terrella::runtime
