// CountedMemory: an allocator for C libraries that knows how much it has given out.
//
// Thread: one. Invariant: whoever allocates from it frees all before it goes.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace terrella::runtime {

class CountedMemory {
 public:
  CountedMemory() = default;
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

  size_t bytes() const { return bytes_; }

  // Null when there is none. `self` is the CountedMemory.
  static void* Allocate(void* self, size_t bytes) {
    void* block = std::malloc(kHeaderBytes + bytes);
    if (block == nullptr) return nullptr;
    *static_cast<size_t*>(block) = bytes;
    static_cast<CountedMemory*>(self)->bytes_ += bytes;
    return static_cast<char*>(block) + kHeaderBytes;
  }
  static void Free(void* self, void* data) {
    if (data == nullptr) return;
    void* block = static_cast<char*>(data) - kHeaderBytes;
    static_cast<CountedMemory*>(self)->bytes_ -= *static_cast<size_t*>(block);
    std::free(block);
  }

 private:
  static constexpr size_t kHeaderBytes = alignof(std::max_align_t);  // holds the block's size

  size_t bytes_ = 0;
};

}  // namespace terrella::runtime
