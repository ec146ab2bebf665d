// UnparsedInput: the bytes a connection has received and not parsed yet.
//
// While nothing is held back, received bytes are parsed where they lie. Of a rest the memory is
// kept when it is large, and a copy when it is small. Parsing calls handlers, which may ask for
// parsing: it never runs inside itself.
//
// Thread: the loop's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/read_buffer.h"

namespace terrella::http {

class UnparsedInput {
 public:
  // Calls `parse(std::string_view* in)` with what is held and `fresh` behind it; parse takes from
  // the front what it can. False, and nothing was done, when called from within parse.
  template <class Parse>
  bool Advance(std::string_view fresh, Parse parse) {
    if (advancing_) return false;
    advancing_ = true;
    if (!kept_rest_.empty() && !fresh.empty()) {
      held_.assign(std::exchange(kept_rest_, {}));
      kept_.reset();
    }
    if (!kept_rest_.empty()) {
      AdvanceKept(parse);
    } else {
      std::string held;
      std::string_view in = fresh;
      if (!held_.empty()) {
        held.swap(held_);
        held.append(fresh);
        in = held;
      }
      parse(&in);
      if (!in.empty()) Hold(in);
    }
    advancing_ = false;
    return true;
  }
  bool advancing() const { return advancing_; }
  bool empty() const { return held_.empty() && kept_rest_.empty(); }
  // What is held; not from within parse.
  std::string Take() {
    if (kept_rest_.empty()) return std::exchange(held_, {});
    std::string taken(std::exchange(kept_rest_, {}));
    kept_.reset();
    return taken;
  }
  // Forgets what is held, and returns its memory.
  void Clear() {
    std::string().swap(held_);
    kept_rest_ = {};
    kept_.reset();
  }

 private:
  // Below it a copy is cheaper than the memory of a whole read.
  static constexpr size_t kKeepBytesMin = ReadBuffer::kBytes / 4;

  template <class Parse>
  void AdvanceKept(Parse parse) {
    ReadBuffer::Kept kept = std::move(kept_);
    std::string_view in = std::exchange(kept_rest_, {});
    parse(&in);
    if (in.size() >= kKeepBytesMin) {
      kept_ = std::move(kept);
      kept_rest_ = in;
    } else if (!in.empty()) {
      held_.assign(in);
    }
  }
  void Hold(std::string_view rest) {
    if (rest.size() >= kKeepBytesMin && (kept_ = ReadBuffer::Keep(rest)) != nullptr) {
      kept_rest_ = rest;
    } else {
      held_.assign(rest);
    }
  }

  std::string held_;  // one of the two is empty
  ReadBuffer::Kept kept_;
  std::string_view kept_rest_;  // in kept_
  bool advancing_ = false;
};

}  // namespace terrella::http
