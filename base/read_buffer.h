// ReadBuffer: the memory that all connections of a thread read into, one after the other, and the
// way to keep what was read without copying it.
//
// Mostly a piece is parsed where it lies and the next read overwrites it. Who cannot take it yet
// keeps the memory instead; the next read gets another.
//
// Thread: what a thread keeps it also gives back.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace terrella {

class ReadBuffer {
 public:
  static constexpr size_t kBytes = 128 * 1024;

  struct GiveBack {
    void operator()(char* memory) const;
  };
  using Kept = std::unique_ptr<char[], GiveBack>;

  // Where the next read goes to: kBytes.
  static char* Current();
  // The memory in which `bytes` lie, when they are of the last read; else null.
  static Kept Keep(std::string_view bytes);
};

}  // namespace terrella
