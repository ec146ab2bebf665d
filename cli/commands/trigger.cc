// trigger: a worker's scheduled() on one node, by hand.
#include <nlohmann/json.hpp>

#include "base/event_loop.h"
#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "http/client/client.h"

namespace terrella::cli {
namespace {

constexpr size_t kAnswerBytesMax = 64 << 10;

std::string QueryEncoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", u);
    }
  }
  return out;
}

// One request and its whole answer, on a loop of its own.
class Call final : http::ResponseObserver, http::BodySource::Reader {
 public:
  absl::StatusOr<std::pair<int, std::string>> Send(http::ClientRequest request) {
    http::Client client(loop_);
    auto call = client.Send(std::move(request), *this);
    loop_.Run();
    source_.reset();
    RETURN_IF_ERROR(error_);
    return std::pair(head_.status, body_);
  }

 private:
  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    head_ = std::move(head);
    source_ = std::move(body);
    if (source_ == nullptr) return loop_.Stop();
    source_->Read(*this);
  }
  void OnError(const absl::Status& status) override { End(status); }
  void OnBodyData(std::string_view bytes) override {
    body_.append(bytes.substr(0, kAnswerBytesMax - std::min(kAnswerBytesMax, body_.size())));
  }
  void OnBodyEnd() override { End(absl::OkStatus()); }
  void OnBodyError(const absl::Status& status) override { End(status); }
  void End(absl::Status status) {
    error_ = std::move(status);
    loop_.Stop();
  }

  EventLoop loop_;
  http::ResponseHead head_;
  std::unique_ptr<http::BodySource> source_;
  std::string body_;
  absl::Status error_;
};

ExitCode Run(Invocation& in) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const std::vector<std::string> names = NodeNames(*record);
  if (names.empty()) return in.out.Fail(ExitCode::kFailed, "the cluster has no nodes");
  const absl::StatusOr<Part*> node = NodeOf(*record, in.args.Text("--node", names.front()));
  if (!node.ok()) return in.out.Fail(node.status());
  const absl::StatusOr<SocketAddress> address = SocketAddress::Parse((*node)->address);
  if (!address.ok()) return in.out.Fail(address.status());
  http::ClientRequest request{.to = *address};
  request.head.method = "POST";
  request.head.host = (*node)->address;
  request.head.target =
      fmt::format("/.terrella/scheduled?script={}&cron={}", QueryEncoded(in.args.Text("SCRIPT")),
                  QueryEncoded(in.args.Text("--cron", "* * * * *")));
  if (in.args.Has("--time")) {
    request.head.target += fmt::format("&time={}", in.args.Number("--time", 0));
  }
  const auto answer = Call().Send(std::move(request));
  if (!answer.ok())
    return in.out.Fail(ExitCode::kUnreachable, "{}: {}", (*node)->name, Message(answer.status()));
  const bool good = answer->first < 300;
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"script", in.args.Text("SCRIPT")},
                                             {"node", (*node)->name},
                                             {"ok", good},
                                             {"status", answer->first}}
                          .dump());
  }
  if (!good) return in.out.Fail(ExitCode::kFailed, "{}: {}", (*node)->name, answer->second);
  in.out.Talk("scheduled() of {} ran on {}", in.args.Text("SCRIPT"), (*node)->name);
  return ExitCode::kOk;
}

}  // namespace

Command TriggerCommand() {
  return {
      .name = "trigger",
      .group = "Code",
      .summary = "run a worker's scheduled() now",
      .details =
          "On one node, without waiting for any clock. Exit code 1 when the handler failed; its "
          "reason is\n"
          "in the node's log.",
      .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript}},
      .flags = {{.name = "--cron",
                 .value = "CRON",
                 .help = "what the handler is told was due (default '* * * * *')"},
                {.name = "--time",
                 .value = "MS",
                 .help = "when it was due, Unix time (default now)",
                 .kind = ValueKind::kNumber,
                 .min = 0},
                {.name = "--node",
                 .value = "POP",
                 .help = "where (default: the first node)",
                 .kind = ValueKind::kPop}},
      .examples = {{"terrella trigger cleanup --cron '0 3 * * *'", "as if it were three o'clock"}},
      .run = Run};
}

}  // namespace terrella::cli
