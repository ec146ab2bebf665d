// StoredEntry: one thing the cache holds under a key, in memory: a response with its body or the
// file that has it, or the fields a resource's responses vary by.
//
// A resource whose responses vary has an index entry under its key, which names the fields, and one
// response a variant under a key made of that key, the index's generation and the values. Deleting
// the index makes all variants unreachable: the next one has another generation.
//
// Thread: any (immutable once stored).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/cache/policy/stored_head.h"

namespace terrella::cache {

class CacheFile;

struct StoredEntry {
  std::string key;
  bool is_vary_index = false;
  uint64_t generation = 0;  // of a vary index
  StoredHead head;          // of a vary index: only `vary`
  uint64_t body_bytes = 0;
  std::string body;                 // when there is no file
  std::shared_ptr<CacheFile> file;  // holds the body in pieces; null: see body

  // Roughly what it costs in memory.
  size_t memory_bytes() const;
};

// The entry without its body, as bytes.
std::string EncodeEntry(const StoredEntry& entry);
// DataLoss when they are not such bytes. Body and file are the caller's to add.
absl::StatusOr<StoredEntry> DecodeEntry(std::string_view bytes);

// The key of the variant for a request's values (VaryValues) under an index.
std::string VariantKey(const StoredEntry& index, std::string_view values);

}  // namespace terrella::cache
