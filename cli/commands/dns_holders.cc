#include "cli/commands/dns_holders.h"

#include <algorithm>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/dns_routers.h"

namespace terrella::cli {
namespace {

constexpr int kLookAgainMs = 200;

}  // namespace

absl::StatusOr<v1::GetHoldersResponse> HoldersOf(Invocation& in, const std::string& node) {
  ASSIGN_OR_RETURN(const std::vector<DialedServer> admins, RouterAdmins(in));
  v1::GetHoldersResponse all;
  for (const DialedServer& admin : admins) {
    ASSIGN_OR_RETURN(const v1::GetHoldersResponse one, GetHolders(admin, node));
    all.set_node(one.node());
    // Drained is what is drained everywhere.
    if (all.state() != v1::NODE_STATE_READY) all.set_state(one.state());
    all.set_holders(all.holders() + one.holders());
    all.set_holders_at_peak(all.holders_at_peak() + one.holders_at_peak());
    all.set_gone_50_s(std::max(all.gone_50_s(), one.gone_50_s()));
    all.set_gone_99_s(std::max(all.gone_99_s(), one.gone_99_s()));
    all.set_gone_all_s(std::max(all.gone_all_s(), one.gone_all_s()));
  }
  return all;
}

std::string HoldersText(const v1::GetHoldersResponse& holders) {
  if (holders.holders() == 0) {
    return fmt::format("no cache holds an answer that names {}", holders.node());
  }
  return fmt::format(
      "{} {} may still send clients to {}: without new ones half are gone in {:.0f} s, 99 % in "
      "{:.0f} s",
      holders.holders(), holders.holders() == 1 ? "cache" : "caches", holders.node(),
      holders.gone_50_s(), holders.gone_99_s());
}

absl::Status AwaitHolders(Invocation& in, const std::string& node, int percent_left,
                          Duration timeout, v1::GetHoldersResponse* last) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + timeout;
  Interrupt interrupt;
  uint64_t peak = 0;
  while (true) {
    ASSIGN_OR_RETURN(*last, HoldersOf(in, node));
    peak = std::max({peak, last->holders_at_peak(), last->holders()});
    const bool left = last->state() != v1::NODE_STATE_READY;
    if (left && last->holders() * 100 <= peak * static_cast<uint64_t>(percent_left)) {
      return absl::OkStatus();
    }
    if (clock.Now() >= deadline) {
      return DeadlineExceeded("{} of {} that held {} may still come", last->holders(), peak, node);
    }
    if (interrupt.Wait(kLookAgainMs)) return Cancelled("interrupted; the drain goes on");
  }
}

}  // namespace terrella::cli
