#include "base/read_buffer.h"

#include <functional>
#include <utility>
#include <vector>

namespace terrella {
namespace {

// Of those given back. More would be memory that an idle process holds for its busiest moment.
constexpr size_t kSpareMax = 64;

struct Buffers {
  std::unique_ptr<char[]> current;
  std::vector<std::unique_ptr<char[]>> spare;
};

Buffers& OfThisThread() {
  thread_local Buffers buffers;
  return buffers;
}

}  // namespace

void ReadBuffer::GiveBack::operator()(char* memory) const {
  std::unique_ptr<char[]> owned(memory);
  Buffers& buffers = OfThisThread();
  if (buffers.spare.size() < kSpareMax) buffers.spare.push_back(std::move(owned));
}

char* ReadBuffer::Current() {
  Buffers& buffers = OfThisThread();
  if (buffers.current == nullptr && !buffers.spare.empty()) {
    buffers.current = std::move(buffers.spare.back());
    buffers.spare.pop_back();
  }
  if (buffers.current == nullptr) buffers.current.reset(new char[kBytes]);
  return buffers.current.get();
}

ReadBuffer::Kept ReadBuffer::Keep(std::string_view bytes) {
  Buffers& buffers = OfThisThread();
  const char* begin = buffers.current.get();
  const std::less_equal<const char*> not_after;
  if (begin == nullptr || !not_after(begin, bytes.data()) ||
      !not_after(bytes.data() + bytes.size(), begin + kBytes)) {
    return nullptr;
  }
  return Kept(buffers.current.release());
}

}  // namespace terrella
