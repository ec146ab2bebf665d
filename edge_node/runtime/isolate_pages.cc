#include "edge_node/runtime/isolate_pages.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace terrella::runtime {
namespace {

constexpr size_t kPageBytes = 4096;

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
constexpr bool kKnownMachine = true;
#else
constexpr bool kKnownMachine = false;
#endif

bool KnownV8() {
  static const bool known = kKnownMachine && sysconf(_SC_PAGESIZE) == kPageBytes &&
                            std::string_view(v8::V8::GetVersion()).starts_with("10.2.");
  return known;
}

// Memory that may not be there. False when it is not.
bool TryRead(uintptr_t from, void* to, size_t bytes) {
  iovec local{to, bytes}, remote{reinterpret_cast<void*>(from), bytes};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

// A line of /proc/self/maps.
struct Mapping {
  uintptr_t begin = 0, end = 0;
  char mode[8] = {};   // "rw-p"
  uint64_t inode = 0;  // of the file; 0: of none
};

// Empty when they cannot be read.
std::vector<Mapping> Mappings() {
  std::vector<Mapping> out;
  std::unique_ptr<FILE, int (*)(FILE*)> maps(std::fopen("/proc/self/maps", "re"), &std::fclose);
  if (maps == nullptr) return out;
  char line[512];
  while (std::fgets(line, sizeof line, maps.get()) != nullptr) {
    Mapping mapping;
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*x %*s %" SCNu64, &mapping.begin,
                    &mapping.end, mapping.mode, &mapping.inode) == 4) {
      out.push_back(mapping);
    }
  }
  return out;
}

// --- Code. The first page of the code range is V8's "chunk" of 256 KiB: a header, a guard page,
// the code.
constexpr uintptr_t kChunkBytes = 256 * 1024;
constexpr uintptr_t kCodeOffset = 3 * kPageBytes;

char* FirstCode(v8::Isolate* isolate) {
  void* start = nullptr;
  size_t length = 0;
  isolate->GetCodeRange(&start, &length);
  if (start == nullptr || length < 2 * kChunkBytes) return nullptr;
  const auto chunk = (reinterpret_cast<uintptr_t>(start) + kChunkBytes - 1) & ~(kChunkBytes - 1);
  return reinterpret_cast<char*>(chunk + kCodeOffset);
}

// How much of executable memory begins at `code`; 0 when none does.
size_t ExecutableBytesAt(const char* code) {
  for (const Mapping& mapping : Mappings()) {
    if (mapping.begin != reinterpret_cast<uintptr_t>(code)) continue;
    return mapping.mode[2] == 'x' ? mapping.end - mapping.begin : 0;
  }
  return 0;
}

// The code of one isolate as a file in memory. It is good for those that share its read-only heap,
// which V8 makes anew when no isolate was left.
class CodeCopy {
 public:
  explicit CodeCopy(const char* code) {
    const size_t bytes = ExecutableBytesAt(code);
    if (bytes == 0 || bytes > kChunkBytes) return;
    fd_ = memfd_create("v8-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd_ < 0) return;
    bytes_.assign(code, code + bytes);
    if (write(fd_, bytes_.data(), bytes) != static_cast<ssize_t>(bytes) ||
        fcntl(fd_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
      bytes_.clear();
    }
  }
  // What is mapped stays.
  ~CodeCopy() {
    if (fd_ >= 0) close(fd_);
  }
  CodeCopy(const CodeCopy&) = delete;
  CodeCopy& operator=(const CodeCopy&) = delete;

  // Puts the copy's pages in place of those that are the same; returns how many bytes were.
  size_t Replace(char* code) const {
    std::vector<char> own(bytes_.size());
    if (own.empty() || !TryRead(reinterpret_cast<uintptr_t>(code), own.data(), own.size())) {
      return 0;
    }
    size_t shared = 0;
    for (size_t at = 0; at < own.size();) {
      size_t end = at;
      while (end < own.size() && std::memcmp(&own[end], &bytes_[end], kPageBytes) == 0) {
        end += kPageBytes;
      }
      if (end > at && mmap(code + at, end - at, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd_,
                           static_cast<off_t>(at)) != MAP_FAILED) {
        shared += end - at;
      }
      at = end + kPageBytes;
    }
    return shared;
  }

 private:
  int fd_ = -1;
  std::vector<char> bytes_;  // empty: there is no copy
};

// --- Caches, as the members of v8::internal::Isolate point to them.
struct StubCache {
  struct Entry {
    uint64_t key, value, map;
    bool operator==(const Entry&) const = default;
  };
  Entry entries[2048 + 512];
  uint64_t isolate;

  bool IsEmptyOf(uint64_t owner) const {
    return isolate == owner && entries[0].map == 0 &&
           std::all_of(std::begin(entries), std::end(entries), [this](const Entry& entry) {
             return entry == entries[0] || entry == Entry{};
           });
  }
};

// Turns the whole pages in [begin, begin + bytes) into zeros that take no memory.
void DropPages(uintptr_t begin, size_t bytes) {
  const uintptr_t first = (begin + kPageBytes - 1) & ~(kPageBytes - 1);
  const uintptr_t last = (begin + bytes) & ~(kPageBytes - 1);
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

// Where pointers to the caches stand in an Isolate, in words: the same in all of them.
struct Places {
  std::vector<size_t> stub_caches;
  std::optional<size_t> return_addresses;
};

// What stands before an allocation of glibc's: its size, with flags in the low bits.
bool IsAllocationOf(uintptr_t address, size_t bytes) {
  uint64_t size = 0;
  return address % 16 == 0 && TryRead(address - sizeof size, &size, sizeof size) &&
         (size & ~uint64_t{7}) == (bytes + sizeof size + 15) / 16 * 16;
}

// Whether an allocator may have given this: it is in memory of no file that may be written to.
bool MayBeAllocated(const std::vector<Mapping>& mappings, uintptr_t address) {
  auto after = std::upper_bound(
      mappings.begin(), mappings.end(), address,
      [](uintptr_t wanted, const Mapping& mapping) { return wanted < mapping.begin; });
  if (after == mappings.begin()) return false;
  const Mapping& mapping = *std::prev(after);
  return address < mapping.end && mapping.mode[1] == 'w' && mapping.inode == 0;
}

Places FindPlaces(v8::Isolate* isolate) {
  Places places;
  // Most of an Isolate's words are addresses of code: to ask the kernel for each of
  // them took 7 ms of a node's start.
  const std::vector<Mapping> mappings = Mappings();
  const auto owner = reinterpret_cast<uint64_t>(isolate);
  const auto* words = reinterpret_cast<const uint64_t*>(isolate);
  const size_t count = malloc_usable_size(isolate) / sizeof *words;
  auto stub_cache = std::make_unique<StubCache>();
  auto return_addresses = std::make_unique<ReturnAddressCache>();
  for (size_t i = 0; i < count; ++i) {
    // Members that are pointers to what new returned.
    if (words[i] % 16 != 0 || !MayBeAllocated(mappings, words[i])) continue;
    if (IsAllocationOf(words[i], sizeof(StubCache)) &&
        TryRead(words[i], stub_cache.get(), sizeof(StubCache)) && stub_cache->IsEmptyOf(owner)) {
      // More than one member may point to it.
      const bool seen = std::any_of(places.stub_caches.begin(), places.stub_caches.end(),
                                    [&](size_t place) { return words[place] == words[i]; });
      if (!seen) places.stub_caches.push_back(i);
    } else if (IsAllocationOf(words[i], sizeof(ReturnAddressCache)) &&
               TryRead(words[i], return_addresses.get(), sizeof(ReturnAddressCache)) &&
               return_addresses->IsEmptyOf(owner)) {
      places.return_addresses = i;
    }
  }
  return places;
}

}  // namespace

bool ReturnAddressCache::IsEmptyOf(uint64_t owner) const {
  return isolate == owner &&
         std::all_of(std::begin(words), std::end(words), [](uint64_t word) { return word == 0; });
}

void DropReturnAddresses(uintptr_t cache, uint64_t owner) {
  if (!reinterpret_cast<const ReturnAddressCache*>(cache)->IsEmptyOf(owner)) return;
  // Never the owner: it begins a page when the allocator places the cache so.
  DropPages(cache + offsetof(ReturnAddressCache, words), sizeof(ReturnAddressCache::words));
}

void IsolatePages::ShareCode() {
  if (!KnownV8()) return;
  static std::mutex mutex;
  static std::unique_ptr<CodeCopy> copy;  // guarded by mutex
  char* code = FirstCode(isolate_);
  if (code == nullptr) return;
  std::lock_guard lock(mutex);
  if (copy != nullptr && copy->Replace(code) > 0) return;
  copy = std::make_unique<CodeCopy>(code);
  copy->Replace(code);
}

void IsolatePages::DropEmptyCaches() {
  if (!KnownV8()) return;
  static const Places places = FindPlaces(isolate_);
  const auto owner = reinterpret_cast<uint64_t>(isolate_);
  const auto* words = reinterpret_cast<const uintptr_t*>(isolate_);
  for (size_t place : places.stub_caches) {
    if (!reinterpret_cast<const StubCache*>(words[place])->IsEmptyOf(owner)) continue;
    DropPages(words[place], sizeof(StubCache::entries));
  }
  if (places.return_addresses) DropReturnAddresses(words[*places.return_addresses], owner);
}

}  // namespace terrella::runtime
