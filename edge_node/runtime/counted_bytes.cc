#include "edge_node/runtime/counted_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace terrella::runtime {

CountedBytes::CountedBytes(std::shared_ptr<BufferAllocator> allocator)
    : allocator_(std::move(allocator)) {}

CountedBytes::~CountedBytes() {
  Clear();
}

void CountedBytes::Clear() {
  if (data_ != nullptr) allocator_->Free(data_, capacity_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

void CountedBytes::Swap(CountedBytes& other) {
  std::swap(allocator_, other.allocator_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

bool CountedBytes::SetCapacity(size_t bytes) {
  void* data = data_ == nullptr ? allocator_->AllocateUninitialized(bytes)
                                : allocator_->Resize(data_, capacity_, bytes);
  if (data == nullptr) return false;
  data_ = static_cast<char*>(data);
  capacity_ = bytes;
  return true;
}

bool CountedBytes::Reserve(size_t bytes) {
  return bytes <= capacity_ || SetCapacity(bytes);
}

bool CountedBytes::Append(std::string_view bytes) {
  if (bytes.empty()) return true;
  const size_t needed = size_ + bytes.size();
  // The first piece is often the only one: exactly what it needs. Then by doubling, as long as that
  // much may be had.
  if (needed > capacity_ && !(capacity_ > 0 && SetCapacity(std::max(needed, capacity_ * 2))) &&
      !SetCapacity(needed)) {
    return false;
  }
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ = needed;
  return true;
}

std::unique_ptr<v8::BackingStore> CountedBytes::Release() {
  if (size_ < capacity_ && size_ > 0) SetCapacity(size_);
  const size_t size = std::exchange(size_, 0);
  const size_t capacity = std::exchange(capacity_, 0);
  void* data = std::exchange(data_, nullptr);
  if (size == 0) {
    if (data != nullptr) allocator_->Free(data, capacity);
    return v8::ArrayBuffer::NewBackingStore(nullptr, 0, v8::BackingStore::EmptyDeleter, nullptr);
  }
  // V8 may let go of it after the isolate is gone.
  auto* keep = new std::shared_ptr<BufferAllocator>(allocator_);
  return v8::ArrayBuffer::NewBackingStore(
      data, size,
      [](void* bytes, size_t length, void* keep) {
        auto* allocator = static_cast<std::shared_ptr<BufferAllocator>*>(keep);
        (*allocator)->Free(bytes, length);
        delete allocator;
      },
      keep);
}

}  // namespace terrella::runtime
