#include "edge_node/runtime/isolate_pages.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "edge_node/runtime/fresh_isolate.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Memory that this process has written to and nobody else has. Clean pages of the libraries do not
// count: they become private whenever another process that has them mapped ends.
size_t PrivateKiB() {
  std::ifstream in("/proc/self/smaps_rollup");
  std::string word;
  size_t total = 0, kib = 0;
  while (in >> word) {
    if (word == "Private_Dirty:" && in >> kib) total += kib;
  }
  return total;
}

// What an isolate would weigh with all of its own pages is V8's 860 KiB and ours.
TEST(IsolatePages, AFreshIsolateWeighsLessThanABareOneOfV8) {
  std::vector<std::unique_ptr<FreshIsolate>> isolates;
  for (int i = 0; i < 4; ++i) {
    isolates.push_back(std::make_unique<FreshIsolate>(TestEngine(), 64u << 20));
  }
  // Threads of other tests come and go meanwhile, so the median of some batches counts.
  constexpr int kCount = 20;
  std::vector<size_t> weights_kib;
  for (int batch = 0; batch < 5; ++batch) {
    malloc_trim(0);  // what is freed and not given back belongs to nobody
    const size_t before = PrivateKiB();
    for (int i = 0; i < kCount; ++i) {
      isolates.push_back(std::make_unique<FreshIsolate>(TestEngine(), 64u << 20));
    }
    malloc_trim(0);
    const size_t after = PrivateKiB();
    ASSERT_GT(after, before);
    weights_kib.push_back((after - before) / kCount);
  }
  std::nth_element(weights_kib.begin(), weights_kib.begin() + 2, weights_kib.end());
  EXPECT_LT(weights_kib[2], 860u) << testing::PrintToString(weights_kib);
}

#endif

TEST(IsolatePages, ACacheThatBeginsAPageKeepsItsOwner) {
  void* memory = std::aligned_alloc(4096, 16 * 4096);
  std::memset(memory, 0, 16 * 4096);
  auto* cache = static_cast<ReturnAddressCache*>(memory);
  cache->isolate = 42;
  DropReturnAddresses(reinterpret_cast<uintptr_t>(cache), 42);
  EXPECT_EQ(cache->isolate, 42u);
  EXPECT_TRUE(cache->IsEmptyOf(42));
  cache->words[7167] = 1;
  EXPECT_FALSE(cache->IsEmptyOf(42));
  std::free(memory);
}

// Many shapes at one site send property loads through the caches whose pages were dropped;
// functions of all kinds go through the shared code.
constexpr char kBusy[] = R"js(
  const shapes = [];
  for (let i = 0; i < 300; i++) shapes.push({ ['p' + i]: i, x: i, [`q${i % 7}`]: 1 });
  function sum(objects) { let total = 0; for (const o of objects) total += o.x; return total; }
  export default { fetch() {
    let total = 0;
    for (let i = 0; i < 200; i++) total += sum(shapes);
    const garbage = [];
    for (let i = 0; i < 2e5; i++) garbage.push({ i });
    return Response.json([total, [3, 1, 2].sort().join(''), /a(b)/.exec('ab')[1], garbage.length]);
  } })js";

TEST(IsolatePages, AnIsolateWorksOnBeforeAndAfterItsPagesWereDropped) {
  TestBench bench(kBusy);
  const std::string want = R"([8970000,"123","b",200000])";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.Get(), want);
    bench.worker().ReleaseMemory();
  }
  EXPECT_EQ(bench.Get(), want);
}

}  // namespace
}  // namespace terrella::runtime
