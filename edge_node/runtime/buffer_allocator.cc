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

void* BufferAllocator::Resize(void* data, size_t bytes_old, size_t bytes_new) {
  if (bytes_new > bytes_old && !Take(bytes_new - bytes_old)) return nullptr;
  void* resized = std::realloc(data, bytes_new);
  if (resized == nullptr) {
    if (bytes_new > bytes_old) bytes_.fetch_sub(bytes_new - bytes_old);
    return nullptr;
  }
  if (bytes_new < bytes_old) bytes_.fetch_sub(bytes_old - bytes_new);
  return resized;
}

void BufferAllocator::Free(void* data, size_t bytes) {
  std::free(data);
  bytes_.fetch_sub(bytes);
}

}  // namespace terrella::runtime
