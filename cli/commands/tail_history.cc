#include "cli/commands/tail_history.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/commands/tail_text.h"

namespace terrella::cli {
namespace {

constexpr int64_t kPageMax = 1000;

struct Found {
  std::vector<v1::TailEvent> events;  // the newest first
  uint64_t missed = 0;
  bool more = false;
  bool keeps = false;
};

absl::StatusOr<Found> Fetch(ControlClient& client, v1::TailHistoryRequest request, int64_t limit) {
  Found found;
  while (true) {
    const auto left = limit - static_cast<int64_t>(found.events.size());
    request.set_limit(static_cast<uint32_t>(std::min(left, kPageMax)));
    auto page = client.TailHistory(request);
    if (!page.ok()) return page.status();
    for (v1::TailEvent& event : *page->mutable_events()) found.events.push_back(std::move(event));
    found.missed = page->missed();
    found.keeps = page->keeps();
    found.more = page->has_next();
    if (!found.more || static_cast<int64_t>(found.events.size()) >= limit) return found;
    *request.mutable_before() = page->next();
  }
}

}  // namespace

ExitCode ShowTailHistory(Invocation& in, v1::TailHistoryRequest request, int64_t limit) {
  const bool json = in.out.json() || !in.out.options().data_is_terminal;
  return WithControl(in, [&](ControlClient& client) {
    absl::StatusOr<Found> found = Fetch(client, request, limit);
    if (!found.ok()) return in.out.Fail(found.status());
    std::string text;
    for (auto event = found->events.rbegin(); event != found->events.rend(); ++event) {
      text += json ? TailEventJson(*event) : TailEventText(*event, in.out);
    }
    if (found->missed > 0) {
      v1::TailDrop drop;
      drop.set_events(found->missed);
      text += json ? TailDropJson(drop) : TailDropText(drop, in.out);
    }
    if (!text.empty()) in.out.Write(text);
    if (found->more) {
      in.out.Talk("the newest {} events; there are older ones: --limit shows more", limit);
    }
    if (!found->keeps) {
      in.out.Talk(
          "{} keeps no events now: set enabled = true below [observability] in its wrangler.toml, "
          "and deploy it",
          request.script());
    } else if (found->events.empty()) {
      in.out.Talk("nothing was kept of that time that fits");
    }
    return ExitCode::kOk;
  });
}

}  // namespace terrella::cli
