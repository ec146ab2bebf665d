#include "base/random.h"

#include <sys/random.h>

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace terrella {

double CounterRandom::Exponential(double mean) {
  return -mean * std::log1p(-Uniform());
}

double CounterRandom::Normal() {
  double radius = std::sqrt(-2.0 * std::log1p(-Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

void FillRandom(void* out, size_t size) {
  char* p = static_cast<char*>(out);
  while (size > 0) {
    ssize_t n = getrandom(p, size, 0);
    CHECK(n > 0);
    p += n;
    size -= static_cast<size_t>(n);
  }
}

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  FillRandom(bytes.data(), bytes.size());
  return bytes;
}

uint64_t RandomU64() {
  uint64_t number = 0;
  FillRandom(&number, sizeof number);
  return number;
}

}  // namespace terrella
