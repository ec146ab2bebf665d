// BufferAllocator: the memory of an isolate's array buffers, under its own cap.
//
// Array buffers live outside V8's heap, where its heap limit does not see them. A refused
// allocation becomes a RangeError in JavaScript, after V8 has tried a garbage collection.
//
// Thread: any (V8 frees buffers where it likes); the count is atomic.
#pragma once

#include <v8-array-buffer.h>

#include <atomic>
#include <cstddef>

namespace terrella::runtime {

class BufferAllocator final : public v8::ArrayBuffer::Allocator {
 public:
  explicit BufferAllocator(size_t bytes_max) : bytes_max_(bytes_max) {}

  void* Allocate(size_t bytes) override;
  void* AllocateUninitialized(size_t bytes) override;
  void Free(void* data, size_t bytes) override;

  // A block of Allocate*() with another size; null, and the block as it was, when that may not be.
  void* Resize(void* data, size_t bytes_old, size_t bytes_new);

  // Counts memory that is somebody else's but held for the worker; false: over the cap.
  bool Take(size_t bytes);
  void GiveBack(size_t bytes) { bytes_.fetch_sub(bytes); }

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const size_t bytes_max_;
  std::atomic<size_t> bytes_{0};
};

}  // namespace terrella::runtime
