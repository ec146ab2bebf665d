#include "control_plane/lead/lead.h"

#include <unistd.h>

#include <memory>

#include "base/log.h"
#include "base/status.h"
#include "control_plane/kv/etcd_kv_store.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/fenced_store.h"

namespace terrella::control {
namespace {

constexpr timespec kPause{.tv_sec = 1, .tv_nsec = 0};

bool IsToldToEnd(const LeadOptions& options) {
  sigset_t pending;
  sigpending(&pending);
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal == options.deposed || sigismember(&options.signals, signal) != 1) continue;
    if (sigismember(&pending, signal) == 1) return true;
  }
  return false;
}

// The signal that ended it; 0 when that came while it stood by. `stood_by`: etcd was there.
absl::StatusOr<int> LeadOnce(
    const LeadOptions& options, bool& stood_by,
    const std::function<absl::StatusOr<int>(StateStore&, KvStore&)>& serve) {
  ASSIGN_OR_RETURN(const std::unique_ptr<EtcdStore> store,
                   EtcdStore::Open(options.etcd, options.limits));
  stood_by = true;
  LogInfo("standing by");
  const auto leadership =
      store->Campaign({.name = std::string(kControlElection),
                       .holder = fmt::format("{} pid {}", options.holder, getpid()),
                       .ttl = options.ttl,
                       .go_on = [&options] { return !IsToldToEnd(options); },
                       .lost = [signal = options.deposed] { kill(getpid(), signal); }});
  if (leadership.status().code() == absl::StatusCode::kCancelled) return 0;
  RETURN_IF_ERROR(leadership.status());
  FencedStore fenced(*store, (*leadership)->fence());
  EtcdKvStore kv(*store, (*leadership)->fence(), options.clock);
  return serve(fenced, kv);
}

}  // namespace

absl::Status ServeWhileLeading(
    const LeadOptions& options,
    const std::function<absl::StatusOr<int>(StateStore&, KvStore&)>& serve) {
  bool stood_by = false;
  while (true) {
    const absl::StatusOr<int> ended = LeadOnce(options, stood_by, serve);
    if (ended.ok() && *ended != options.deposed) return absl::OkStatus();
    if (!stood_by) return ended.status();
    LogWarn("not leading: {}", ended.ok() ? "deposed" : Message(ended.status()));
    const int signal = sigtimedwait(&options.signals, nullptr, &kPause);
    if (signal > 0 && signal != options.deposed) return absl::OkStatus();
  }
}

}  // namespace terrella::control
