#include "edge_node/runtime/code_ranges.h"

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <vector>

// As declared by V8 10.2 (src/base/platform/platform.h), which does not install the header.
namespace v8::base {

class __attribute__((visibility("default"))) OS {
 public:
  struct MemoryRange {
    uintptr_t start = 0;
    uintptr_t end = 0;
  };
  static std::vector<MemoryRange> GetFreeMemoryRangesWithin(uintptr_t boundary_start,
                                                            uintptr_t boundary_end,
                                                            size_t minimum_size, size_t alignment);
};

}  // namespace v8::base

namespace terrella::runtime {
namespace {

using Ranges = std::vector<v8::base::OS::MemoryRange>;
using Search = Ranges (*)(uintptr_t, uintptr_t, size_t, size_t);

std::atomic<Search> g_search{nullptr};  // V8's own
std::atomic<bool> g_full{false};
std::atomic<uint64_t> g_searches{0};

}  // namespace

void AnswerCodeRangeSearches() {
  g_search =
      reinterpret_cast<Search>(dlsym(RTLD_NEXT, "_ZN2v84base2OS25GetFreeMemoryRangesWithinEmmmm"));
}

uint64_t CodeRangeSearches() {
  return g_searches.load();
}

}  // namespace terrella::runtime

namespace v8::base {

std::vector<OS::MemoryRange> OS::GetFreeMemoryRangesWithin(uintptr_t boundary_start,
                                                           uintptr_t boundary_end,
                                                           size_t minimum_size, size_t alignment) {
  using namespace terrella::runtime;
  const Search search = g_search.load(std::memory_order_relaxed);
  if (search == nullptr || g_full.load(std::memory_order_relaxed)) return {};
  ++g_searches;
  std::vector<MemoryRange> found = search(boundary_start, boundary_end, minimum_size, alignment);
  if (found.empty()) g_full = true;
  return found;
}

}  // namespace v8::base
