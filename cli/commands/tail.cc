// tail: what happens in a worker, as it happens or as it was kept.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/tail_history.h"
#include "cli/commands/tail_text.h"

namespace terrella::cli {
namespace {

constexpr int kRetryFirstMs = 100, kRetryMaxMs = 400;
constexpr int64_t kHistoryDefault = 1000;  // events

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().WallNow().time_since_epoch())
      .count();
}

absl::StatusOr<v1::TailRequest> ReadRequest(const Invocation& in) {
  v1::TailRequest request;
  request.set_script(in.args.Text("SCRIPT"));
  v1::TailFilter& filter = *request.mutable_filter();
  for (const std::string& v : in.args.All("--status")) filter.add_outcomes(v);
  for (std::string method : in.args.All("--method")) {
    std::transform(method.begin(), method.end(), method.begin(), ::toupper);
    filter.add_methods(method);
  }
  for (const std::string& v : in.args.All("--header")) filter.add_headers(v);
  for (const std::string& v : in.args.All("--pop")) filter.add_pops(v);
  for (const std::string& v : in.args.All("--city")) filter.add_cities(v);
  for (const std::string& v : in.args.All("--version-id")) filter.add_version_ids(v);
  if (in.args.Has("--http-status")) {
    filter.add_statuses(static_cast<int>(in.args.Number("--http-status", 0)));
  }
  filter.set_search(in.args.Text("--search"));
  if (const auto rate = in.args.Find("--sampling-rate")) {
    char* end = nullptr;
    filter.set_sampling_rate(std::strtod(rate->c_str(), &end));
    if (rate->empty() || *end != '\0' || !(filter.sampling_rate() > 0) ||
        filter.sampling_rate() > 1) {
      return InvalidArgument("--sampling-rate is above 0 and at most 1, got '{}'", *rate);
    }
  }
  return request;
}

// One that another try does not cure.
bool IsFinal(const absl::Status& status) {
  return !absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) &&
         !absl::IsInternal(status) && !absl::IsUnknown(status) && !absl::IsAborted(status);
}

class Tailing {
 public:
  Tailing(Invocation& in, Interrupt& interrupt, const v1::TailRequest& request)
      : in_(in),
        interrupt_(interrupt),
        request_(request),
        json_(in.out.json() || !in.out.options().data_is_terminal),
        left_(in.args.Number("--limit", 0)) {}

  ExitCode Run(ControlClient& client) {
    for (int pause_ms = kRetryFirstMs;;) {
      const absl::Status status = client.Tail(request_, &interrupt_, [&](const v1::TailItem& item) {
        if (item.has_started()) pause_ms = kRetryFirstMs;
        return Show(item);
      });
      if (absl::IsCancelled(status)) return ExitCode::kOk;
      if (!started_ || IsFinal(status)) return in_.out.Fail(status);
      if (gap_from_ms_ == 0) {
        gap_from_ms_ = NowMs();
        gap_reason_ = Message(status);
        in_.out.Talk("{}; trying again", gap_reason_);
      }
      if (interrupt_.Wait(pause_ms)) return ExitCode::kOk;
      pause_ms = std::min(pause_ms * 2, kRetryMaxMs);
    }
  }

 private:
  // False when it has shown what it may.
  bool Show(const v1::TailItem& item) {
    if (item.has_started()) Begin(item.started());
    std::string text;
    for (const v1::TailEvent& event : item.events()) {
      text += json_ ? TailEventJson(event) : TailEventText(event, in_.out);
      if (left_ > 0 && --left_ == 0) {
        in_.out.Write(text);
        return false;
      }
    }
    for (const v1::TailDrop& drop : item.drops()) {
      text += json_ ? TailDropJson(drop) : TailDropText(drop, in_.out);
    }
    if (!text.empty()) in_.out.Write(text);
    return true;
  }

  void Begin(const v1::TailStarted& started) {
    if (!started_) {
      in_.out.Talk("watching {} on {} nodes; Ctrl-C ends it", request_.script(), started.nodes());
    }
    started_ = true;
    if (const int64_t from = std::exchange(gap_from_ms_, 0); from != 0) {
      in_.out.Write(json_ ? TailGapJson(from, NowMs(), gap_reason_)
                          : TailGapText(from, NowMs(), gap_reason_, in_.out));
    }
  }

  Invocation& in_;
  Interrupt& interrupt_;
  const v1::TailRequest& request_;
  const bool json_;
  int64_t left_;  // 0: no limit
  bool started_ = false;
  int64_t gap_from_ms_ = 0;  // 0: there is none
  std::string gap_reason_;
};

// So long ago, in Unix ms.
int64_t AgoMs(Duration ago) {
  return NowMs() - static_cast<int64_t>(ToMs(ago));
}

ExitCode RunHistory(Invocation& in, const v1::TailRequest& tail) {
  if (in.args.Has("--sampling-rate")) {
    return in.out.Fail(ExitCode::kUsage,
                       "tail: --sampling-rate is of a live tail; what is kept was sampled then");
  }
  const Duration since = in.args.Time("--since", Duration(0));
  const Duration until = in.args.Time("--until", Duration(0));
  if (since == Duration(0)) {
    return in.out.Fail(ExitCode::kUsage, "tail: --since is above 0, got {}",
                       in.args.Text("--since"));
  }
  if (until >= since) {
    return in.out.Fail(ExitCode::kUsage,
                       "tail: --until {} must be a later moment than --since {}: fewer minutes ago",
                       in.args.Text("--until"), in.args.Text("--since"));
  }
  v1::TailHistoryRequest request;
  request.set_script(tail.script());
  *request.mutable_filter() = tail.filter();
  request.set_since_unix_ms(AgoMs(since));
  if (in.args.Has("--until")) request.set_until_unix_ms(AgoMs(until));
  return ShowTailHistory(in, std::move(request), in.args.Number("--limit", kHistoryDefault));
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<v1::TailRequest> request = ReadRequest(in);
  if (!request.ok()) return in.out.Fail(ExitCode::kUsage, "tail: {}", Message(request.status()));
  if (in.args.Has("--since")) return RunHistory(in, *request);
  if (in.args.Has("--until")) {
    return in.out.Fail(ExitCode::kUsage, "tail: --until goes with --since");
  }
  Interrupt interrupt;  // before gRPC's threads
  return WithControl(
      in, [&](ControlClient& client) { return Tailing(in, interrupt, *request).Run(client); });
}

std::vector<Flag> Flags() {
  return {
      {.name = "--status",
       .value = "OUTCOME",
       .help = "ok, error or canceled",
       .kind = ValueKind::kChoice,
       .repeatable = true,
       .choices = {"ok", "error", "canceled"}},
      {.name = "--http-status",
       .value = "N",
       .help = "responses with this status",
       .kind = ValueKind::kNumber,
       .min = 100,
       .max = 599},
      {.name = "--method", .value = "METHOD", .help = "GET, POST, ...", .repeatable = true},
      {.name = "--header",
       .value = "NAME[:TEXT]",
       .help = "requests with this field, and this text in it",
       .repeatable = true},
      {.name = "--pop",
       .value = "POP",
       .help = "only there",
       .kind = ValueKind::kPop,
       .repeatable = true},
      {.name = "--city",
       .value = "CITY",
       .help = "clients in this city",
       .kind = ValueKind::kCity,
       .repeatable = true},
      {.name = "--version-id",
       .value = "ID",
       .help = "one version, by the beginning of its id",
       .repeatable = true},
      {.name = "--search", .value = "TEXT", .help = "in the URL, the logs or the exceptions"},
      {.name = "--sampling-rate", .value = "SHARE", .help = "only this share of it: 0.01"},
      {.name = "--since",
       .value = "TIME",
       .help = "what was kept since TIME ago, and end: 10m",
       .kind = ValueKind::kDuration},
      {.name = "--until",
       .value = "TIME",
       .help = "with --since: until TIME ago",
       .kind = ValueKind::kDuration},
      {.name = "--limit",
       .value = "N",
       .help = "end after N events; with --since the newest N (default 1000)",
       .kind = ValueKind::kNumber,
       .min = 1},
  };
}

}  // namespace

Command TailCommand() {
  return {
      .name = "tail",
      .group = "Code",
      .summary = "watch what happens in a worker, or see what was kept of it",
      .details =
          "Every request and every run of scheduled(), with its logs, exceptions, times, version "
          "and "
          "PoP,\n"
          "within a second. Flags of different kinds must all hold, of one kind any. A line of "
          "JSON "
          "an\n"
          "event, in the shape of 'wrangler tail --format json', when stdout is no terminal. When "
          "there\n"
          "is more than can be shown, what is left out is counted ({\"dropped\": ...}); when the "
          "control\n"
          "plane goes away, the tail comes back by itself and says what it missed ({\"gap\": "
          "...}).\n"
          "Values of headers that look like secrets are not shown.\n"
          "\n"
          "With --since, what was kept is shown instead, the oldest first: of workers whose\n"
          "wrangler.toml has [observability] with enabled = true, for three days.",
      .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript}},
      .flags = Flags(),
      .examples = {{"terrella tail shop --status error", "failures, with their stacks"},
                   {"terrella tail shop --pop FRA --search /cart", "one path in one place"},
                   {"terrella tail shop | jq .logs", "for programs"},
                   {"terrella tail shop --since 10m --status error", "what failed just now"}},
      .run = Run};
}

}  // namespace terrella::cli
