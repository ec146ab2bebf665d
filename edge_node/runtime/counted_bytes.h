// CountedBytes: a growing buffer whose memory counts as array buffers of an isolate's do.
//
// What a worker makes the runtime hold on its behalf (a body being gathered, a chunk not sent yet)
// comes out of the worker's own cap, and becomes an ArrayBuffer without a copy.
//
// Thread: the isolate's.
#pragma once

#include <v8.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "edge_node/runtime/buffer_allocator.h"

namespace terrella::runtime {

class CountedBytes {
 public:
  explicit CountedBytes(std::shared_ptr<BufferAllocator> allocator);
  ~CountedBytes();
  CountedBytes(const CountedBytes&) = delete;
  CountedBytes& operator=(const CountedBytes&) = delete;
  void Swap(CountedBytes& other);

  // Makes room for `bytes` in all. False: the worker has no memory left; nothing has changed.
  bool Reserve(size_t bytes);
  // The same for what Append then copies in.
  bool Append(std::string_view bytes);
  std::string_view view() const { return {data_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Clear();

  // Gives the bytes away; this is empty afterwards.
  std::unique_ptr<v8::BackingStore> Release();

 private:
  bool SetCapacity(size_t bytes);

  std::shared_ptr<BufferAllocator> allocator_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace terrella::runtime
