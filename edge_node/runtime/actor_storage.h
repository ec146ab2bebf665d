// ActorStorage: what one Durable Object keeps, as its isolate asks for it and the node answers.
//
// Calls answer at once: the object's storage is a file of its own beside the node. Changes made
// during one turn of JavaScript are one transaction, which the end of the turn commits, before
// anything that JavaScript asked of the world is done: so nobody sees an effect of a write that was
// not kept (the "output gate"), and no other event comes between a question and its answer (the
// "input gate").
//
// Thread: the loop of the worker. Destroying one drops what was not committed.
// Errors: FailedPrecondition: the object has moved to another node, nothing can be written any
// more; ResourceExhausted: a limit; else the disk's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace terrella::runtime {

// Which object an event is for.
struct ActorAddress {
  std::string namespace_id;  // that it belongs to, whatever its class is called
  std::string id;            // 64 hexadecimal digits (actor_id.h)
  std::string name;          // that the id was made of; empty: unknown
  uint64_t epoch = 0;        // of its owner: grows whenever the object moves
  // Where its code is now; empty until the node has looked it up.
  std::string script;
  std::string class_name;  // as exported
};

// A value of SQL, or of a parameter. Blobs and texts are bytes.
struct SqlValue {
  enum class Kind { kNull, kInteger, kReal, kText, kBlob };
  Kind kind = Kind::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string bytes;
};

struct SqlResult {
  std::vector<std::string> columns;
  std::vector<std::vector<SqlValue>> rows;
  uint64_t rows_read = 0;
  uint64_t rows_written = 0;
};

class ActorStorage {
 public:
  virtual ~ActorStorage() = default;

  // Nothing when there is no such key. The view holds until the next call.
  virtual absl::StatusOr<std::optional<std::string_view>> Get(std::string_view key) = 0;
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  // Whether it was there.
  virtual absl::StatusOr<bool> Delete(std::string_view key) = 0;
  // All keys and all that SQL made; not the alarm.
  virtual absl::Status DeleteAll() = 0;
  // In byte order of the keys, from `start` (or behind `start_after`) to before `end`.
  struct ListOptions {
    std::optional<std::string> start, start_after, end;
    std::string prefix;
    bool reverse = false;
    uint64_t limit = 0;  // 0: none
  };
  // `each` says whether to go on.
  using Each = absl::FunctionRef<bool(std::string_view key, std::string_view value)>;
  virtual absl::Status List(const ListOptions& options, Each each) = 0;

  // When alarm() is to be called, and how often it failed already.
  struct Alarm {
    int64_t unix_ms = 0;
    uint32_t retries = 0;
  };
  virtual absl::StatusOr<std::optional<Alarm>> GetAlarm() = 0;
  virtual absl::Status SetAlarm(std::optional<Alarm> alarm) = 0;

  // Statements, separated by semicolons, of which the last has the parameters and gives the rows.
  // `may_go_on` is asked now and then: false interrupts.
  virtual absl::StatusOr<SqlResult> Sql(std::string_view query,
                                        const std::vector<SqlValue>& parameters,
                                        const std::function<bool()>& may_go_on) = 0;
  virtual absl::StatusOr<uint64_t> DatabaseBytes() = 0;

  // Transactions inside of the turn's own: nested ones end in the opposite order.
  virtual absl::Status Begin() = 0;
  virtual absl::Status End(bool commit) = 0;

  // Whether there is something to commit.
  virtual bool dirty() const = 0;
  virtual absl::Status Commit() = 0;
  // FailedPrecondition when another node owns the object by now.
  virtual absl::Status CheckOwner() = 0;
};

}  // namespace terrella::runtime
