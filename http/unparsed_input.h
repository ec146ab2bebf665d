// UnparsedInput: the bytes a connection has received and not parsed yet.
//
// While nothing is held back, received bytes are parsed where they lie; only a rest is copied.
// Parsing calls handlers, which may ask for parsing: it never runs inside itself.
//
// Thread: the loop's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace terrella::http {

class UnparsedInput {
 public:
  // Calls `parse(std::string_view* in)` with what is held and `fresh` behind it; parse takes from
  // the front what it can. False, and nothing was done, when called from within parse.
  template <class Parse>
  bool Advance(std::string_view fresh, Parse parse) {
    if (advancing_) return false;
    advancing_ = true;
    std::string held;
    std::string_view in = fresh;
    if (!held_.empty()) {
      held.swap(held_);
      held.append(fresh);
      in = held;
    }
    parse(&in);
    if (!in.empty()) held_.assign(in);
    advancing_ = false;
    return true;
  }
  bool advancing() const { return advancing_; }
  bool empty() const { return held_.empty(); }
  // What is held; not from within parse.
  std::string Take() { return std::exchange(held_, {}); }
  // Forgets what is held, and returns its memory.
  void Clear() { std::string().swap(held_); }

 private:
  std::string held_;
  bool advancing_ = false;
};

}  // namespace terrella::http
