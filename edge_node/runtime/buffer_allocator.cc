#include "edge_node/runtime/buffer_allocator.h"

#include <cstdlib>

namespace terrella::runtime {

bool BufferAllocator::Take(size_t bytes) {
  if (bytes > bytes_max_ || bytes_.fetch_add(bytes) + bytes <= bytes_max_)
    return bytes <= bytes_max_;
  bytes_.fetch_sub(bytes);
  return false;
}

void* BufferAllocator::Allocate(size_t bytes) {
  if (!Take(bytes)) return nullptr;
  void* data = std::calloc(bytes, 1);
  if (data == nullptr) bytes_.fetch_sub(bytes);
  return data;
}

void* BufferAllocator::AllocateUninitialized(size_t bytes) {
  if (!Take(bytes)) return nullptr;
  void* data = std::malloc(bytes);
  if (data == nullptr) bytes_.fetch_sub(bytes);
  return data;
}

void BufferAllocator::Free(void* data, size_t bytes) {
  std::free(data);
  bytes_.fetch_sub(bytes);
}

}  // namespace terrella::runtime
