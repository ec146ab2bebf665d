// AuditLog: what was done and refused, each row holding the SHA-256 of the row before.
//
// Rows are records "audit/SEQ" of the state store. A row goes into the transaction of the change
// it tells of, and the record "audit-head", compared and written in the same transaction, says
// where the chain ends: two control planes on one store cannot both write row N. Beyond `rows_max`
// each new row removes the oldest; the head then keeps that one's hash as the anchor that the first
// row kept must name.
//
// What it can show: a row changed, removed, inserted or moved by someone who can write the
// database. That the newest rows were cut off and the head put back is seen by what this process
// remembers of its own last row and, over restarts, by the mark (audit_mark.h); a log that has gone
// on since then says so itself, in the row that came next. What it cannot show: a chain recomputed
// whole by someone who also rewrites head and mark. Whoever noted the head's hash elsewhere sees
// that too.
//
// Thread: any. Invariants: rows have every number from the head's first to its last.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/access/audit_mark.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

struct AuditLimits {
  uint64_t rows_max = 20'000;
  // Another control plane wrote the head first: how often to begin again.
  int retries_max = 20;
};

class AuditLog {
 public:
  static constexpr std::string_view kPrefix = "audit/";
  static constexpr std::string_view kHeadKey = "audit-head";

  // The store outlives it, and is not the AuditedStore.
  AuditLog(StateStore& store, const Clock& clock, AuditLimits limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // Before the first row. Without a mark the end is compared with what this process wrote, only.
  void set_mark(std::unique_ptr<AuditMarkFile> mark);

  // The transaction with a row more, whose number, time and hash are filled in here. Errors are the
  // store's; Unavailable when the log is written too fast by others. A replayed request writes
  // nothing.
  absl::StatusOr<TxnResult> Commit(const TxnRequest& txn, v1::AuditRow row);
  // A row by itself.
  absl::Status Append(v1::AuditRow row) { return Commit({}, std::move(row)).status(); }

  absl::StatusOr<v1::ListAuditResponse> List(const v1::ListAuditRequest& request);
  absl::StatusOr<v1::VerifyAuditResponse> Verify();

 private:
  struct Head {
    v1::AuditHead value;
    Revision modified = 0;  // 0: nothing was ever written
  };
  absl::StatusOr<Head> ReadHead();
  // The number of the row that was written last, when the store has it no more; else 0. With the
  // lock held.
  absl::StatusOr<uint64_t> LostAt(const v1::AuditHead& head);
  void Remember(const v1::AuditHead& head);
  // One look at every row, while others may be written.
  absl::StatusOr<v1::VerifyAuditResponse> VerifyFrom(const v1::AuditHead& head);
  // Calls `visit` with the rows from..to in order, or backwards, until it returns false.
  absl::Status Walk(uint64_t from, uint64_t to, bool backwards,
                    const std::function<bool(uint64_t seq, const Record*)>& visit);

  StateStore& store_;
  const Clock& clock_;
  const AuditLimits limits_;
  std::mutex mutex_;          // guards what follows, and makes commits one after another
  std::optional<Head> head_;  // as this process wrote or read it last
  std::optional<v1::AuditMark> written_;  // the last row by this process, or by one before it
  std::unique_ptr<AuditMarkFile> mark_;   // may be null
};

}  // namespace terrella::control
