// Checksums of what the cache writes, and hashes of its keys: XXH3, 64 bits (libxxhash).
//
// Neither is for secrets. Key hashes are seeded by a number the disk's folder was made with, so
// that nobody outside can pick keys that collide; a hash only finds candidates, keys are compared.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace terrella::cache {

uint64_t Checksum(std::string_view bytes, uint64_t seed);

}  // namespace terrella::cache
