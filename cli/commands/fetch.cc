// fetch: what somebody in a city gets, and where the time went.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "sim/visit/fetcher.h"
#include "sim/visit/http_url.h"
#include "sim/visit/waterfall.h"

namespace terrella::cli {
namespace {

using sim::FetchPlan;
using sim::FetchResult;
using sim::HttpUrl;
using sim::Via;
using Json = nlohmann::ordered_json;

constexpr size_t kRequestBodyBytesMax = 64 << 20;

// "@file" is the file's content, "@-" what comes in on stdin.
absl::StatusOr<std::string> BodyOf(const std::string& text) {
  if (!text.starts_with('@')) return text;
  return ReadFile(text == "@-" ? "/dev/stdin" : text.substr(1), kRequestBodyBytesMax);
}

absl::Status AddHeaders(const Arguments& args, http::Headers& headers) {
  for (const std::string& line : args.All("--header")) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) {
      return InvalidArgument("fetch: --header: expected 'name: value', got '{}'", line);
    }
    const size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    headers.Append(line.substr(0, colon), line.substr(value));
  }
  return absl::OkStatus();
}

// The request as asked for on the command line; INVALID_ARGUMENT is a usage error.
absl::Status ReadRequest(const Arguments& args, const HttpUrl& url, FetchPlan& plan) {
  plan.host = url.host;
  plan.head.host = url.authority();
  plan.head.target = url.target;
  plan.head.headers.Append("accept", "*/*");
  plan.head.headers.Append("user-agent", "terrella");
  RETURN_IF_ERROR(AddHeaders(args, plan.head.headers));
  if (const auto data = args.Find("--data")) {
    ASSIGN_OR_RETURN(plan.body, BodyOf(*data));
    if (!plan.head.headers.Has("content-type")) {
      plan.head.headers.Append("content-type", "text/plain;charset=UTF-8");
    }
  }
  plan.head.method = args.Text("--request", args.Has("--data") ? "POST" : "GET");
  plan.via = args.Text("--via", "dns") == "dns" ? Via::kDns : Via::kAnycast;
  plan.timeout = args.Time("--timeout", plan.timeout);
  for (const std::string_view key : net::kPathWishKeys) {
    if (const auto value = args.Find(fmt::format("--{}", key))) {
      if (absl::Status read = net::ReadPathWish(key, *value, &plan.wish); !read.ok()) {
        return InvalidArgument("fetch: --{}", Message(read));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ReadCluster(const ClusterRecord& record, const HttpUrl& url, FetchPlan& plan) {
  const uint32_t loopback = 0x7f000001;
  plan.ingress = {IpAddress::V4(loopback), record.http_port};
  plan.dns = {IpAddress::V4(loopback), record.dns_port};
  plan.node_port = record.http_port;
  for (const Part* node : record.nodes()) {
    plan.pops[node->address.substr(0, node->address.rfind(':'))] = node->name;
  }
  if (url.port && *url.port != record.http_port) {
    return InvalidArgument("fetch: cluster '{}' serves port {}, not {}; leave the port out",
                           record.name, record.http_port, *url.port);
  }
  return absl::OkStatus();
}

// Over TLS to whom the machine's development authority vouches for.
absl::Status ReadTls(const Invocation& in, const HttpUrl& url, FetchPlan& plan) {
  if (!url.secure) return absl::OkStatus();
  if (std::error_code error; !std::filesystem::exists(in.paths.certificate(), error)) {
    return FailedPrecondition("fetch: this cluster has no certificate: use http://");
  }
  ASSIGN_OR_RETURN(const std::string authority, ReadFile(in.paths.authority(), 64 << 10));
  ASSIGN_OR_RETURN(plan.tls, http::ClientTls::Make(authority));
  return absl::OkStatus();
}

struct Facts {
  std::string ray, pop, version;
  double rtt_ms = 0;  // 0: not known
  sim::Waterfall waterfall;
};

Facts FactsOf(const World& world, const FetchPlan& plan, const FetchResult& result) {
  Facts facts;
  facts.ray = result.head.headers.Find("terrella-ray").value_or("");
  facts.version = result.head.headers.Find("x-terrella-version").value_or("");
  facts.pop = sim::PopOfRay(facts.ray);
  if (const net::PopSite* site = world.places->pops().Find(facts.pop)) {
    facts.rtt_ms =
        world.latency->RttMs(world.latency->ClientAt(plan.from), world.latency->SiteAt(*site));
  }
  facts.waterfall = sim::MakeWaterfall(result, facts.rtt_ms);
  return facts;
}

Json ToJson(const std::string& url, const FetchPlan& plan, const FetchResult& result,
            const Facts& facts) {
  Json headers = Json::array(), phases = Json::object();
  for (const auto& field : result.head.headers.fields())
    headers.push_back({field.name, field.value});
  for (const sim::Waterfall::Phase& phase : facts.waterfall.phases)
    phases[phase.name] = phase.duration_ms;
  phases["total"] = facts.waterfall.total_ms;
  Json dns = nullptr;
  if (result.dns) {
    dns = {{"address", result.dns->address.ToString()},
           {"pop", result.dns->pop},
           {"ttl_s", result.dns->ttl_s},
           {"scope_bits", result.dns->scope_bits}};
  }
  return {{"url", url},
          {"status", result.head.status},
          {"from", {{"city", plan.from.name}, {"country", plan.from.country}}},
          {"via", plan.via == Via::kDns ? "dns" : "anycast"},
          {"dns", std::move(dns)},
          {"pop", facts.pop},
          {"ray", facts.ray},
          {"version", facts.version},
          {"rtt_ms", facts.rtt_ms},
          {"timings_ms", std::move(phases)},
          {"headers", std::move(headers)},
          {"body_bytes", result.body.size()},
          {"body", result.body}};
}

void Talk(Invocation& in, const FetchPlan& plan, const FetchResult& result, const Facts& facts) {
  Output& out = in.out;
  if (result.dns) {
    out.Talk("{} in {}, {} is told {} ({}), for {} s and a /{}", plan.host, plan.from.name,
             plan.from.country, result.dns->address.ToString(),
             result.dns->pop.empty() ? "not a node" : result.dns->pop, result.dns->ttl_s,
             result.dns->scope_bits);
  } else {
    out.Talk("{} from {}, {} by anycast", plan.host, plan.from.name, plan.from.country);
  }
  const Style style = result.head.status < 400 ? Style::kGreen : Style::kRed;
  out.Talk("{} from {}, {:.1f} ms away; ray {}{}",
           out.TalkStyled(style, fmt::format("{} {}", result.head.status,
                                             http::ReasonPhrase(result.head.status))),
           facts.pop.empty() ? "nobody in particular" : facts.pop, facts.rtt_ms,
           facts.ray.empty() ? "none" : facts.ray,
           facts.version.empty() ? "" : ", version " + facts.version.substr(0, 12));
  std::string drawn = sim::DrawWaterfall(facts.waterfall, out.options().columns);
  drawn.pop_back();
  out.TalkLine(drawn);
}

void PrintResponse(Invocation& in, const FetchResult& result) {
  std::string text;
  if (in.args.Has("--include")) {
    text =
        fmt::format("HTTP/1.1 {} {}\n", result.head.status, http::ReasonPhrase(result.head.status));
    for (const auto& field : result.head.headers.fields()) {
      text += fmt::format("{}: {}\n", field.name, field.value);
    }
    text += "\n";
  }
  text += result.body;
  // A prompt right behind the last letter is hard to read; pipes get the bytes as they are.
  if (in.out.options().data_is_terminal && !text.empty() && text.back() != '\n') text += "\n";
  in.out.Write(text);
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<HttpUrl> url = sim::ParseHttpUrl(in.args.Text("URL"));
  if (!url.ok()) return in.out.Fail(ExitCode::kUsage, "fetch: {}", Message(url.status()));
  if (!in.args.Has("--from")) {
    return in.out.Fail(ExitCode::kUsage, "fetch: --from CITY is missing: where is the person?");
  }
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const absl::StatusOr<net::Place> from = world->places->Find(in.args.Text("--from"));
  if (!from.ok()) return in.out.Fail(ExitCode::kUsage, "fetch: --from: {}", Message(from.status()));
  FetchPlan plan{.from = *from};
  absl::Status read = ReadRequest(in.args, *url, plan);
  if (!read.ok()) return in.out.FailLine(ExitCode::kUsage, Message(read));
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  read = ReadCluster(*record, *url, plan);
  if (!read.ok()) return in.out.FailLine(ExitCode::kUsage, Message(read));
  read = ReadTls(in, *url, plan);
  if (!read.ok()) return in.out.FailLine(ExitCode::kFailed, Message(read));
  const absl::StatusOr<FetchResult> result = sim::Fetch(plan, *world->places, *world->latency);
  if (!result.ok()) {
    // The control plane may be well: what could not be reached is the network.
    const bool timed_out = result.status().code() == absl::StatusCode::kDeadlineExceeded;
    return in.out.FailLine(timed_out ? ExitCode::kTimedOut : ExitCode::kFailed,
                           Message(result.status()));
  }
  const Facts facts = FactsOf(*world, plan, *result);
  if (in.out.json()) {
    const auto replace = Json::error_handler_t::replace;  // a body need not be UTF-8
    in.out.Data("{}",
                ToJson(in.args.Text("URL"), plan, *result, facts).dump(2, ' ', false, replace));
  } else {
    PrintResponse(in, *result);
    Talk(in, plan, *result, facts);
  }
  return in.args.Has("--fail") && result->head.status >= 400 ? ExitCode::kFailed : ExitCode::kOk;
}

}  // namespace

Command FetchCommand() {
  return {
      .name = "fetch",
      .group = "Requests",
      .summary = "request a URL as somebody in a city, and see where the time went",
      .details =
          "The response goes to stdout. DNS answer, node and a waterfall of the time go to "
          "stderr.\n"
          "With --via dns (the default) the person asks the DNS router and connects to the node "
          "it\n"
          "names; with --via anycast they connect to the one address and the network picks the "
          "PoP.",
      .positionals = {{.name = "URL"}},
      .flags = {{.name = "--from",
                 .value = "CITY",
                 .help = "where the person is",
                 .kind = ValueKind::kCity},
                {.name = "--via",
                 .value = "HOW",
                 .help = "dns or anycast (default dns)",
                 .kind = ValueKind::kChoice,
                 .choices = {"dns", "anycast"}},
                {.name = "--access",
                 .value = "TYPE",
                 .help = "their last mile: wired, mix, fibre, cable, dsl, 5g, 4g, leo or geo"},
                {.name = "--loss",
                 .value = "SHARE",
                 .help = "packets lost: 1%, or 1%/4 in runs of four"},
                {.name = "--hour", .value = "UTC", .help = "hour for evening queues, e.g. 20:30"},
                {.name = "--request",
                 .letter = 'X',
                 .value = "METHOD",
                 .help = "method (default GET, with -d POST)"},
                {.name = "--header",
                 .letter = 'H',
                 .value = "'NAME: VALUE'",
                 .help = "a header of the request",
                 .repeatable = true},
                {.name = "--data",
                 .letter = 'd',
                 .value = "TEXT",
                 .help = "body of the request; @FILE for a file, @- for stdin"},
                {.name = "--include", .letter = 'i', .help = "print status and headers too"},
                {.name = "--fail", .help = "exit 1 when the status is 400 or above"},
                {.name = "--timeout",
                 .value = "TIME",
                 .help = "how long to wait (default 30s)",
                 .kind = ValueKind::kDuration}},
      .examples = {{"terrella fetch --from Lagos http://hello.edge.test/", "somebody in Lagos"},
                   {"terrella fetch --from Lagos https://hello.edge.test/",
                    "over TLS, whose handshake is felt, too"},
                   {"terrella fetch --from Tokyo --json http://hello.edge.test/ | jq .timings_ms",
                    "only the times"}},
      .run = Run};
}

}  // namespace terrella::cli
