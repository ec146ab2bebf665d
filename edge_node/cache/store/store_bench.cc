// What the store costs its shards: a hit in memory from one and from several threads at once, a hit
// on the disk whose pages the kernel has, a put. CPU time of the calling thread, so that a busy
// machine does not show.
//
// Usage: store_bench
#include <ctime>

#include <cstdio>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/testing/temp_folder.h"
#include "edge_node/cache/store/store.h"

namespace terrella::cache {
namespace {

constexpr int kKeys = 1000;
constexpr int kFinds = 400'000;

double ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string KeyOf(uint64_t i) {
  return "script\n\nhttp://origin.example/assets/" + std::to_string(i) + ".js";
}

std::unique_ptr<Store> Filled(const std::filesystem::path& folder, size_t memory_bytes) {
  auto store = Store::Open({.memory_bytes_max = memory_bytes,
                            .disk = DiskOptions{.folder = folder, .bytes_max = 256 << 20}})
                   .value();
  const double before = ThreadCpuNs();
  for (int i = 0; i < kKeys; ++i) {
    auto entry = std::make_shared<StoredEntry>();
    entry->key = KeyOf(static_cast<uint64_t>(i));
    entry->head.headers = {{"content-type", "text/javascript"}, {"etag", "\"v1\""}};
    entry->body.assign(8 << 10, 'x');
    entry->body_bytes = entry->body.size();
    store->Put(std::move(entry));
  }
  if (memory_bytes > 0) {
    std::printf("put, 8 KiB, made here       %8.0f ns\n", (ThreadCpuNs() - before) / kKeys);
  }
  std::promise<void> written;
  store->AfterWrites([&] { written.set_value(); });
  written.get_future().wait();
  return store;
}

// Nanoseconds of CPU a Find, the mean over `threads` threads that do nothing else.
double FindNs(Store& store, int threads, int finds) {
  std::vector<std::thread> running;
  std::vector<double> ns(static_cast<size_t>(threads));
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      CounterRandom random(static_cast<uint64_t>(t) + 1);
      std::vector<std::string> keys;
      for (int i = 0; i < 256; ++i) keys.push_back(KeyOf(random.Below(kKeys)));
      const double before = ThreadCpuNs();
      for (int i = 0; i < finds; ++i) {
        if (store.Find(keys[static_cast<size_t>(i) % 256]).entry == nullptr) std::abort();
      }
      ns[static_cast<size_t>(t)] = (ThreadCpuNs() - before) / finds;
    });
  }
  double sum = 0;
  for (int t = 0; t < threads; ++t) {
    running[static_cast<size_t>(t)].join();
    sum += ns[static_cast<size_t>(t)];
  }
  return sum / threads;
}

int Main() {
  TempFolder folder;
  {
    const auto store = Filled(folder.path() / "a", 64 << 20);
    for (int threads : {1, 2, 4}) {
      std::printf("hit in memory, %d thread%s    %8.0f ns\n", threads, threads > 1 ? "s" : " ",
                  FindNs(*store, threads, kFinds));
    }
  }
  const auto store = Filled(folder.path() / "b", 0);
  std::printf("hit on the disk, 8 KiB      %8.0f ns\n", FindNs(*store, 1, kFinds / 10));
  return 0;
}

}  // namespace
}  // namespace terrella::cache

int main() {
  return terrella::cache::Main();
}
