// Random: reproducible random numbers for policy and simulation.
//
// CounterRandom is counter-based: number n of the stream named by (seed, a, b) is a pure function
// of (seed, a, b, n), so any thread count and any order of evaluation give the same bytes. The
// mixing function is SplitMix64's finaliser (Steele, Lea, Flood 2014). Not for secrets: see
// FillRandom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace terrella {

// A bijective 64-bit hash with good avalanche.
constexpr uint64_t Mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class CounterRandom {
 public:
  explicit CounterRandom(uint64_t seed, uint64_t a = 0, uint64_t b = 0)
      : key_(Mix64(Mix64(Mix64(seed) ^ a) ^ b)) {}

  uint64_t Next() { return Mix64(key_ ^ Mix64(counter_++)); }
  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // Exponential with the given mean (> 0), in the mean's unit.
  double Exponential(double mean);
  // Standard normal (Box-Muller).
  double Normal();

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

// Fills `size` bytes from the kernel's generator, for identifiers and secrets. Thread: any.
void FillRandom(void* out, size_t size);
std::string RandomBytes(size_t size);
// Eight of them: a seed, or a number that nobody else has.
uint64_t RandomU64();

}  // namespace terrella
