#include "control_plane/access/audit_log.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kShaBytes = 32;
constexpr uint32_t kListDefault = 100, kListMax = 10'000;
// Rows of one range read: those whose numbers differ in the last two of 16 hexadecimal digits.
constexpr uint64_t kBlockRows = 256;
// A limit made smaller is reached in steps; a transaction has room for other operations.
constexpr int kRemovedPerRow = 2;

std::string RowKey(uint64_t seq) {
  return fmt::format("{}{:016x}", AuditLog::kPrefix, seq);
}

std::string BlockPrefix(uint64_t seq) {
  std::string key = RowKey(seq);
  key.resize(key.size() - 2);
  return key;
}

int64_t NowUnixMs(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
      .count();
}

bool Matches(const v1::ListAuditRequest& request, const v1::AuditRow& row) {
  return (request.caller().empty() || row.caller().find(request.caller()) != std::string::npos) &&
         (request.resource().empty() || row.resource() == request.resource());
}

}  // namespace

absl::StatusOr<AuditLog::Head> AuditLog::ReadHead() {
  const absl::StatusOr<Record> record = store_.Get(kHeadKey);
  Head head;
  if (record.ok()) {
    if (!head.value.ParseFromString(record->value)) {
      return DataLoss("the audit log's head is damaged");
    }
    head.modified = record->modified;
  } else if (record.status().code() != absl::StatusCode::kNotFound) {
    return record.status();
  } else {
    head.value.set_first_seq(1);
    head.value.set_sha256(std::string(kShaBytes, '\0'));
    head.value.set_anchor_sha256(head.value.sha256());
  }
  return head;
}

void AuditLog::set_mark(std::unique_ptr<AuditMarkFile> mark) {
  const std::lock_guard lock(mutex_);
  mark_ = std::move(mark);
  written_ = mark_->Read();
  // Of another history: a backup was restored.
  if (written_ && written_->store_epoch() != store_.epoch()) written_.reset();
}

absl::StatusOr<uint64_t> AuditLog::LostAt(const v1::AuditHead& head) {
  if (!written_ || written_->seq() < head.first_seq()) return 0;
  if (written_->seq() > head.seq()) return written_->seq();
  const absl::StatusOr<Record> row = store_.Get(RowKey(written_->seq()));
  if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
  const bool there = row.ok() && Sha256(row->value) == written_->sha256();
  return there ? 0 : written_->seq();
}

void AuditLog::Remember(const v1::AuditHead& head) {
  written_.emplace();
  written_->set_store_epoch(store_.epoch());
  written_->set_seq(head.seq());
  written_->set_sha256(head.sha256());
  if (mark_ != nullptr) mark_->Write(*written_);
}

absl::StatusOr<TxnResult> AuditLog::Commit(const TxnRequest& txn, v1::AuditRow row) {
  const std::lock_guard lock(mutex_);
  uint64_t lost_seq = 0;
  for (int attempt = 0; attempt < limits_.retries_max; ++attempt) {
    if (!head_) {
      ASSIGN_OR_RETURN(head_, ReadHead());
      ASSIGN_OR_RETURN(lost_seq, LostAt(head_->value));
    }
    row.set_lost_seq(lost_seq);
    v1::AuditHead next = head_->value;
    next.set_seq(next.seq() + 1);
    row.set_seq(next.seq());
    row.set_prev_sha256(next.sha256());
    row.set_unix_ms(NowUnixMs(clock_));
    std::string bytes = row.SerializeAsString();
    next.set_sha256(Sha256(bytes));
    TxnRequest audited = txn;
    for (int i = 0; i < kRemovedPerRow; ++i) {
      if (next.seq() - next.first_seq() < limits_.rows_max) break;
      const absl::StatusOr<Record> oldest = store_.Get(RowKey(next.first_seq()));
      // A row that is missing already is for Verify to report: the anchor stays.
      if (!oldest.ok()) break;
      next.set_anchor_sha256(Sha256(oldest->value));
      audited.ops.push_back(Op::Delete(oldest->key));
      next.set_first_seq(next.first_seq() + 1);
    }
    audited.ops.push_back(Op::Put(RowKey(row.seq()), std::move(bytes)));
    audited.ops.push_back(Op::Put(std::string(kHeadKey), next.SerializeAsString()));
    audited.compares.push_back({std::string(kHeadKey), head_->modified});
    absl::StatusOr<TxnResult> result = store_.Txn(audited);
    if (result.ok()) {
      if (!result->replayed) {
        Remember(next);
        head_ = Head{std::move(next), result->revision};
      }
      return result;
    }
    // After any failure the head may be another one: a commit whose answer was lost counts too.
    const Revision before = head_->modified;
    head_.reset();
    if (result.status().code() != absl::StatusCode::kAborted) return result;
    ASSIGN_OR_RETURN(head_, ReadHead());
    if (head_->modified == before) return result;  // the caller's own comparison did not hold
    ASSIGN_OR_RETURN(lost_seq, LostAt(head_->value));
  }
  return Unavailable("the audit log is written by others faster than by this control plane");
}

absl::Status AuditLog::Walk(uint64_t from, uint64_t to, bool backwards,
                            const std::function<bool(uint64_t, const Record*)>& visit) {
  if (from > to) return absl::OkStatus();
  const uint64_t first = from / kBlockRows, last = to / kBlockRows;
  for (uint64_t i = 0; i <= last - first; ++i) {
    const uint64_t block = (backwards ? last - i : first + i) * kBlockRows;
    ASSIGN_OR_RETURN(const RangeResult range, store_.Range(BlockPrefix(block)));
    const uint64_t low = std::max(from, block), high = std::min(to, block + kBlockRows - 1);
    for (uint64_t j = 0; j <= high - low; ++j) {
      const uint64_t seq = backwards ? high - j : low + j;
      const auto it = std::lower_bound(
          range.records.begin(), range.records.end(), RowKey(seq),
          [](const Record& record, const std::string& key) { return record.key < key; });
      const bool there = it != range.records.end() && it->key == RowKey(seq);
      if (!visit(seq, there ? &*it : nullptr)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListAuditResponse> AuditLog::List(const v1::ListAuditRequest& request) {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  const uint32_t limit = request.limit() == 0 ? kListDefault : request.limit();
  if (limit > kListMax) {
    return InvalidArgument("at most {} rows at once, got {}", kListMax, limit);
  }
  v1::ListAuditResponse response;
  const auto visit = [&](uint64_t, const Record* record) {
    v1::AuditRow row;
    if (record == nullptr || !row.ParseFromString(record->value)) return true;
    if (row.unix_ms() < request.since_unix_ms()) return false;
    if (!Matches(request, row)) return true;
    v1::AuditEntry* entry = response.add_entries();
    *entry->mutable_row() = std::move(row);
    entry->set_revision(record->created);
    return static_cast<uint32_t>(response.entries_size()) < limit;
  };
  RETURN_IF_ERROR(Walk(head.value.first_seq(), head.value.seq(), /*backwards=*/true, visit));
  return response;
}

absl::StatusOr<v1::VerifyAuditResponse> AuditLog::VerifyFrom(const v1::AuditHead& head) {
  v1::VerifyAuditResponse response;
  *response.mutable_head() = head;
  std::string prev = head.anchor_sha256();
  const auto fault = [&](uint64_t seq, std::string_view what) {
    response.set_fault(std::string(what));
    response.set_fault_seq(seq);
    return false;
  };
  const auto visit = [&](uint64_t seq, const Record* record) {
    if (record == nullptr) return fault(seq, "the row is missing");
    v1::AuditRow row;
    if (!row.ParseFromString(record->value)) return fault(seq, "the row cannot be read");
    if (row.seq() != seq) return fault(seq, "the row is another one's");
    if (row.prev_sha256() != prev) {
      return fault(seq, "the row does not follow from the one before it");
    }
    if (row.lost_seq() != 0) {
      return fault(seq, fmt::format("rows up to {} had been written before it, and were cut off",
                                    row.lost_seq()));
    }
    prev = Sha256(record->value);
    response.set_rows(response.rows() + 1);
    return true;
  };
  RETURN_IF_ERROR(Walk(head.first_seq(), head.seq(), /*backwards=*/false, visit));
  if (response.fault().empty() && prev != head.sha256()) {
    fault(head.seq(), "the last row is not the one that the head names");
  }
  ASSIGN_OR_RETURN(const RangeResult behind, store_.Range(RowKey(head.seq() + 1)));
  if (response.fault().empty() && !behind.records.empty()) {
    ASSIGN_OR_RETURN(const Head now, ReadHead());  // that may have come to it meanwhile
    if (now.value.seq() <= head.seq()) fault(head.seq() + 1, "there is a row behind the head");
  }
  return response;
}

absl::StatusOr<v1::VerifyAuditResponse> AuditLog::Verify() {
  for (int attempt = 0;; ++attempt) {
    ASSIGN_OR_RETURN(const Head head, ReadHead());
    ASSIGN_OR_RETURN(v1::VerifyAuditResponse response, VerifyFrom(head.value));
    if (!response.fault().empty() && attempt < limits_.retries_max) {
      // The oldest rows go while it looks.
      ASSIGN_OR_RETURN(const Head now, ReadHead());
      if (now.value.first_seq() > response.fault_seq()) continue;
    }
    if (response.fault().empty()) {
      const std::lock_guard lock(mutex_);
      ASSIGN_OR_RETURN(const Head now, ReadHead());
      ASSIGN_OR_RETURN(const uint64_t lost_seq, LostAt(now.value));
      if (lost_seq != 0) {
        response.set_fault("rows that this control plane has written are gone, up to this one");
        response.set_fault_seq(lost_seq);
      }
    }
    response.set_intact(response.fault().empty());
    return response;
  }
}

}  // namespace terrella::control
