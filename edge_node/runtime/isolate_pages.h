// IsolatePages: the pages of an isolate that need not be its own.
//
// V8 fills some 360 KiB of every isolate with the same or with nothing, before it has run anything:
//   - 188 KiB of code pages hold one trampoline for each built-in, a jump into the library. But for
//   four words they
//     are the same in all isolates. One copy stands in memory; isolates map it, and the kernel
//     gives who writes a page of it a copy.
//   - 120 KiB are the two caches of inline-cache misses (StubCache). Empty, they repeat one entry
//   that says "no
//     map"; so do zeros, which cost no page.
//   - 56 KiB are a cache of return addresses (InnerPointerToCodeCache), zeros when empty.
// Nothing of this is in V8's API. What is looked for is recognised by its contents, in the V8 it
// was read in (10.2), and left alone when it looks otherwise; then only memory is lost.
//
// V8 empties the caches at each full garbage collection, so the pages come back and can be given
// back again.
//
// Thread: one that may use the isolate at the time.
#pragma once

#include <v8.h>

#include <cstdint>

namespace terrella::runtime {

// V8's cache of return addresses, as it stands in memory.
struct ReturnAddressCache {
  uint64_t isolate;
  uint64_t words[1024 * 7];

  bool IsEmptyOf(uint64_t owner) const;
};
// Gives back the pages of the cache at this address when it is empty and its owner's.
void DropReturnAddresses(uintptr_t cache, uint64_t owner);

class IsolatePages {
 public:
  explicit IsolatePages(v8::Isolate* isolate) : isolate_(isolate) {}

  // Once, when the isolate is made.
  void ShareCode();
  // Whenever the isolate idles and its caches are likely to be empty.
  void DropEmptyCaches();

 private:
  v8::Isolate* const isolate_;
};

}  // namespace terrella::runtime
