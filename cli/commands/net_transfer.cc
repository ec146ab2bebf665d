// net transfer: the waterfall of one fetch, from the name to the last byte.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/net_end.h"
#include "cli/commands/world.h"
#include "sim/net/access.h"
#include "sim/net/lossy_transfer.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

constexpr int64_t kBytesMax = 100'000'000;
constexpr int64_t kDrawsDefault = 2'000;
// Of all draws together: the largest answer by default, some seconds.
constexpr double kDrawnBytesMax = 2e11;
constexpr double kResolverRttMs = 1;  // behind the last mile, in the client's city

absl::StatusOr<net::Transport> TransportOf(const Arguments& args) {
  const std::string transport = args.Text("--transport", "h2");
  const std::string tls = args.Text("--tls", "1.3"), resume = args.Text("--resume", "none");
  const bool quic = transport == "h3", plain = transport == "http";
  if (plain && (args.Has("--tls") || args.Has("--resume"))) {
    return InvalidArgument("--transport http has no TLS; expected h1, h2 or h3 beside it");
  }
  if (tls == "1.2" && quic) return InvalidArgument("HTTP/3 has TLS 1.3 only (RFC 9001)");
  if (tls == "1.2" && resume == "0rtt") {
    return InvalidArgument("TLS 1.2 has no early data; expected --resume session");
  }
  if (plain) return net::Transport::kTcp;
  if (quic) return resume == "0rtt" ? net::Transport::kQuicEarly : net::Transport::kQuic;
  if (tls == "1.2") {
    return resume == "none" ? net::Transport::kTls12 : net::Transport::kTls12Resumed;
  }
  return resume == "0rtt" ? net::Transport::kTls13Early : net::Transport::kTls13;
}

struct Question {
  End from, to;
  net::Transfer transfer;
  net::LossRates loss;
};

absl::StatusOr<Question> Ask(const Invocation& in, const World& world) {
  Question out;
  ASSIGN_OR_RETURN(const End from, FindEnd(world, in.args.Text("--from")));
  ASSIGN_OR_RETURN(out.to, FindEnd(world, in.args.Text("--to")));
  out.from = WithAccess(in, from);
  net::Transfer& transfer = out.transfer;
  ASSIGN_OR_RETURN(transfer.transport, TransportOf(in.args));
  const std::string http = in.args.Text("--transport", "h2");
  transfer.http = http == "h3"   ? net::HttpVersion::kHttp3
                  : http == "h2" ? net::HttpVersion::kHttp2
                                 : net::HttpVersion::kHttp1;
  transfer.rtt_ms = world.latency->RttMs(out.from.endpoint, out.to.endpoint);
  transfer.warm = in.args.Has("--warm");
  transfer.service_ms = static_cast<double>(in.args.Number("--service-ms", 0));
  transfer.response_bytes = static_cast<uint64_t>(in.args.Number("--bytes", 10'000));
  transfer.answers = static_cast<int>(in.args.Number("--answers", 1));
  transfer.handshake.certificate_bytes =
      static_cast<uint64_t>(in.args.Number("--certificate-bytes", 3'000));
  // A session that is resumed over TLS 1.3 without early data proves no certificate.
  if (in.args.Text("--resume") == "session") transfer.handshake.certificate_bytes = 0;
  if (const std::string dns = in.args.Text("--dns", "off"); dns != "off") {
    net::Endpoint resolver = out.from.endpoint;
    resolver.access_rtt_ms = 0;
    double to_resolver_ms = kResolverRttMs + out.from.endpoint.access_rtt_ms;
    if (const auto place = in.args.Find("--resolver")) {
      ASSIGN_OR_RETURN(End end, FindEnd(world, *place));
      end.endpoint.access_rtt_ms = 0;
      resolver = end.endpoint;
      to_resolver_ms = world.latency->RttMs(out.from.endpoint, resolver);
    }
    transfer.dns = {.asked = true,
                    .resolver_rtt_ms = to_resolver_ms,
                    .cached = dns == "cached",
                    .authority_rtt_ms = world.latency->RttMs(resolver, out.to.endpoint)};
  }
  const auto access = net::FindAccess(in.args.Text("--access"));
  if (access && !out.from.site) out.loss = access->loss;
  if (const auto text = in.args.Find("--loss")) {
    ASSIGN_OR_RETURN(out.loss, net::ParseLossRates(*text));
  }
  return out;
}

// What fetches by many people took, drawn with loss.
struct Draws {
  std::vector<double> first_ms, last_ms;  // ascending
  double felt = 0;                        // share of fetches in which a loss was felt
};

Draws Draw(const Question& question, int64_t count, uint64_t seed) {
  Draws out;
  for (int64_t i = 0; i < count; ++i) {
    const net::LossyArrival one = net::DrawTransfer(
        question.transfer, question.loss, {.seed = seed, .client = static_cast<uint64_t>(i)});
    out.first_ms.push_back(one.first_byte_ms);
    out.last_ms.push_back(one.last_byte_ms);
    out.felt += one.repairs > 0 ? 1.0 / static_cast<double>(count) : 0;
  }
  std::sort(out.first_ms.begin(), out.first_ms.end());
  std::sort(out.last_ms.begin(), out.last_ms.end());
  return out;
}

double Quantile(const std::vector<double>& ascending, double q) {
  return ascending[static_cast<size_t>(q * static_cast<double>(ascending.size() - 1))];
}

Json JsonOf(const std::vector<double>& ascending) {
  return {{"p50_ms", Quantile(ascending, 0.5)},
          {"p90_ms", Quantile(ascending, 0.9)},
          {"p99_ms", Quantile(ascending, 0.99)}};
}

void PrintJson(Invocation& in, const Question& question, const net::Waterfall& waterfall,
               const Draws& draws) {
  Json steps = Json::array();
  for (const net::WaterfallStep& step : waterfall.steps) {
    steps.push_back({{"name", step.name},
                     {"clause", step.clause},
                     {"round_trips", step.round_trips},
                     {"begin_ms", step.begin_ms},
                     {"ms", step.ms}});
  }
  Json out = {{"from", question.from.name},
              {"to", question.to.name},
              {"rtt_ms", question.transfer.rtt_ms},
              {"transport", net::TransportName(question.transfer.transport)},
              {"steps", std::move(steps)},
              {"first_byte_ms", waterfall.first_byte_ms},
              {"last_byte_ms", waterfall.last_byte_ms}};
  if (!draws.last_ms.empty()) {
    out["loss"] = {{"share", question.loss.share},         {"burst", question.loss.burst},
                   {"fetches", draws.last_ms.size()},      {"felt", draws.felt},
                   {"first_byte", JsonOf(draws.first_ms)}, {"last_byte", JsonOf(draws.last_ms)}};
  }
  in.out.Data("{}", out.dump(2));
}

void PrintTable(Invocation& in, const Question& question, const net::Waterfall& waterfall,
                const Draws& draws) {
  in.out.Talk("{} to {}: a round trip is {:.1f} ms", question.from.name, question.to.name,
              question.transfer.rtt_ms);
  constexpr double kColumns = 30;
  TextTable table(
      {{"STEP"}, {"ROUND TRIPS", kRight}, {"MS", kRight}, {"AT", kRight}, {""}, {"COUNTED FROM"}});
  for (const net::WaterfallStep& step : waterfall.steps) {
    const double scale = kColumns / std::max(waterfall.last_byte_ms, 1e-9);
    const auto left = static_cast<size_t>(step.begin_ms * scale);
    const auto width = std::max<size_t>(1, static_cast<size_t>(step.ms * scale + 0.5));
    table.AddRow({step.name, step.round_trips > 0 ? fmt::format("{}", step.round_trips) : "",
                  fmt::format("{:.1f}", step.ms), fmt::format("{:.1f}", step.begin_ms),
                  std::string(left, ' ') + std::string(width, '='), std::string(step.clause)});
  }
  in.out.Write(table.ToString());
  in.out.Data("first byte {:.1f} ms, last byte {:.1f} ms", waterfall.first_byte_ms,
              waterfall.last_byte_ms);
  if (draws.last_ms.empty()) return;
  in.out.Data(
      "with {:.3g} % of packets lost: last byte p50 {:.1f}, p90 {:.1f}, p99 {:.1f} ms; "
      "{:.1f} % of fetches feel it",
      100 * question.loss.share, Quantile(draws.last_ms, 0.5), Quantile(draws.last_ms, 0.9),
      Quantile(draws.last_ms, 0.99), 100 * draws.felt);
}

absl::Status CheckDrawn(const net::Transfer& transfer, int64_t fetches) {
  const double bytes = static_cast<double>(transfer.response_bytes) * transfer.answers *
                       static_cast<double>(fetches);
  if (bytes <= kDrawnBytesMax) return absl::OkStatus();
  return InvalidArgument(
      "with loss, expected --bytes x --answers x --fetches to be at most {:.0f} GB, got {:.0f} GB; "
      "--fetches {} draws fewer",
      kDrawnBytesMax / 1e9, bytes / 1e9,
      std::max<int64_t>(
          1, static_cast<int64_t>(static_cast<double>(fetches) * kDrawnBytesMax / bytes)));
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  if (!in.args.Has("--from") || !in.args.Has("--to")) {
    return in.out.Fail(ExitCode::kUsage,
                       "expected --from PLACE and --to PLACE, e.g. --from Lagos "
                       "--to FRA");
  }
  const absl::StatusOr<Question> question = Ask(in, *world);
  if (!question.ok()) return in.out.Fail(question.status());
  const net::Waterfall waterfall = net::MakeWaterfall(question->transfer);
  Draws draws;
  if (question->loss.share > 0) {
    const int64_t fetches = in.args.Number("--fetches", kDrawsDefault);
    if (const absl::Status fits = CheckDrawn(question->transfer, fetches); !fits.ok()) {
      return in.out.Fail(fits);
    }
    draws = Draw(*question, fetches, static_cast<uint64_t>(in.args.Number("--seed", 1)));
  }
  if (in.out.json()) {
    PrintJson(in, *question, waterfall, draws);
  } else {
    PrintTable(in, *question, waterfall, draws);
  }
  return ExitCode::kOk;
}

Flag NumberFlag(const char* name, const char* help, int64_t min, int64_t max) {
  return {
      .name = name, .value = "N", .help = help, .kind = ValueKind::kNumber, .min = min, .max = max};
}

std::vector<Flag> Flags() {
  return {{.name = "--from", .value = "PLACE", .help = "who asks", .kind = ValueKind::kPlace},
          {.name = "--to", .value = "PLACE", .help = "who answers", .kind = ValueKind::kPlace},
          {.name = "--transport",
           .value = "KIND",
           .help = "http (in clear), h1, h2 or h3 (default h2)",
           .kind = ValueKind::kChoice,
           .choices = {"http", "h1", "h2", "h3"}},
          {.name = "--tls",
           .value = "VERSION",
           .help = "1.2 or 1.3 (default 1.3)",
           .kind = ValueKind::kChoice,
           .choices = {"1.2", "1.3"}},
          {.name = "--resume",
           .value = "HOW",
           .help = "none, session or 0rtt (default none)",
           .kind = ValueKind::kChoice,
           .choices = {"none", "session", "0rtt"}},
          {.name = "--warm", .help = "the connection is there and its window open"},
          NumberFlag("--bytes", "of each answer (default 10000)", 0, kBytesMax),
          NumberFlag("--answers", "asked for at once (default 1)", 1, 1'000),
          NumberFlag("--certificate-bytes", "of the server's chain (default 3000)", 0, 1'000'000),
          NumberFlag("--service-ms", "what the server needs for an answer (default 0)", 0, 60'000),
          {.name = "--dns",
           .value = "HOW",
           .help = "off, cached or miss: what finding the address costs (default off)",
           .kind = ValueKind::kChoice,
           .choices = {"off", "cached", "miss"}},
          {.name = "--resolver",
           .value = "PLACE",
           .help = "where the resolver is (default: in the client's city)",
           .kind = ValueKind::kPlace},
          AccessFlag(),
          {.name = "--loss",
           .value = "SHARE",
           .help = "of packets: 1%, or 1%/4 in runs of four (default: of the access)"},
          NumberFlag("--fetches", "drawn with loss (default 2000)", 1, 100'000),
          NumberFlag("--seed", "of the draws (default 1)", 0, INT64_MAX)};
}

}  // namespace

Command NetTransferCommand() {
  return {.name = "net transfer",
          .group = "Network model",
          .summary = "a fetch step by step: DNS, handshakes, slow start, loss",
          .details =
              "Counts round trips as the standards do, from the decision to ask to the last byte,\n"
              "and says by which clause. With --loss (or an --access that loses packets) it also\n"
              "draws fetches of many people: bytes come late, as TCP and QUIC repair what is lost.",
          .flags = Flags(),
          .examples = {{"terrella net transfer --from Lagos --to FRA --bytes 100000",
                        "a page from Frankfurt over HTTP/2 and TLS 1.3"},
                       {"terrella net transfer --from Lagos --to FRA --transport h3 --resume 0rtt "
                        "--access 4g --loss 1%",
                        "by telephone, on a connection known from before"}},
          .run = Run};
}

}  // namespace terrella::cli
