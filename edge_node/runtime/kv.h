// Workers KV, as an isolate asks for it and its host answers.
//
// Thread: the loop of the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::runtime {

struct KvValue {
  std::string bytes;
  std::string metadata;  // JSON text; empty: none
};

struct KvRequest {
  enum class Kind { kGet, kPut, kDelete, kList };
  Kind kind = Kind::kGet;
  std::string ns;
  std::vector<std::string> keys;  // put, delete: one
  Duration cache_ttl{};           // get: how old a copy may be
  KvValue value;                  // put
  int64_t expires_unix_s = 0;     // put; 0: never
  std::string prefix;             // list
  std::string cursor;             // list: of the page before
  uint32_t limit = 0;             // list; 0: as many as a page has
};

struct KvItem {
  std::string key;
  std::shared_ptr<const KvValue> value;  // null: there is none; of a list: without bytes
  int64_t expires_unix_s = 0;
};

struct KvAnswer {
  std::vector<KvItem> items;  // get: one a key, in their order; list: the page
  std::string cursor;         // list: empty after the last page
};

class KvObserver {
 public:
  virtual ~KvObserver() = default;
  // Once, never from inside the call that started it.
  virtual void OnKv(absl::StatusOr<KvAnswer> answer) = 0;
};

}  // namespace terrella::runtime
