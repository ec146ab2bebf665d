// AccessControl: the store of a control plane with everything that guards and records its changes.
//
// Thread: any. Owns: log, audited store and tokens; the store proper and the clock outlive it.
#pragma once

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "control_plane/access/audit_log.h"
#include "control_plane/access/audited_store.h"
#include "control_plane/access/token_book.h"

namespace terrella::control {

class AccessControl {
 public:
  // `folder` is where the mark of the audit log is kept; empty: nowhere. Errors are the store's,
  // and Internal when the mark's file cannot be opened.
  static absl::StatusOr<std::unique_ptr<AccessControl>> Open(
      StateStore& store, const Clock& clock, const std::filesystem::path& folder = {}) {
    std::unique_ptr<AccessControl> access(new AccessControl(store, clock));
    if (!folder.empty()) {
      auto mark = AuditMarkFile::Open(folder / "audit.mark");
      if (!mark.ok()) return mark.status();
      access->log_.set_mark(*std::move(mark));
    }
    auto tokens = TokenBook::Open(access->store_, clock);
    if (!tokens.ok()) return tokens.status();
    access->tokens_ = *std::move(tokens);
    return access;
  }

  // What everything that decides writes to.
  StateStore& store() { return store_; }
  AuditLog& log() { return log_; }
  TokenBook& tokens() { return *tokens_; }
  const Clock& clock() const { return clock_; }

 private:
  AccessControl(StateStore& store, const Clock& clock)
      : clock_(clock), log_(store, clock), store_(store, log_) {}

  const Clock& clock_;
  AuditLog log_;
  AuditedStore store_;
  std::unique_ptr<TokenBook> tokens_;
};

}  // namespace terrella::control
