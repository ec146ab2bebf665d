// SecretBytes: key material that is overwritten before its memory is given back.
//
// Everything that is a secret key, or that one could be computed from, is held in one of these from
// the moment it is in C++ until it goes: no copy of it stays behind on the heap.
//
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace terrella::runtime {

// Overwrites in a way that the compiler does not leave out.
void Wipe(std::span<char> bytes);

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size) : bytes_(new char[size]()), size_(size) {}
  explicit SecretBytes(std::string_view bytes);
  ~SecretBytes() { Clear(); }
  SecretBytes(SecretBytes&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  char* data() { return bytes_.get(); }
  std::span<char> span() { return {bytes_.get(), size_}; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  void Clear();

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

// Whether two byte strings are the same, in a time that depends on their lengths alone.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace terrella::runtime
