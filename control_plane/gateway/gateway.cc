#include "control_plane/gateway/gateway.h"

#include <algorithm>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/event_loop.h"
#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/gateway/api_schema.h"
#include "control_plane/gateway/control_metrics.h"
#include "control_plane/gateway/gateway_call.h"
#include "control_plane/gateway/gateway_pass.h"
#include "control_plane/gateway/openapi.h"
#include "control_plane/gateway/rpc_call.h"
#include "control_plane/gateway/rpc_route.h"
#include "http/server/server.h"

namespace terrella::control {
namespace {

constexpr size_t kCallsMax = 256;
constexpr size_t kBodyBytesMax = 40 << 20;  // a KV value of 25 MiB as base64, and what is around it
constexpr int kBodiesMax = 16;
constexpr size_t kAuthorizationBytesMax = 1024;
constexpr Duration kHeartbeat = std::chrono::seconds(15);
constexpr Duration kStatusTimeout = std::chrono::seconds(5);
constexpr std::string_view kBearer = "Bearer ";
// Of a page that somebody uploaded: its own scripts may sort its tables, in an origin of its own
// that can call nobody.
constexpr std::string_view kReportPolicy =
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src "
    "'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

// People, pages, scripts, a scraper.
http::ServerLimits Limits() {
  http::ServerLimits limits;
  limits.parser = {.target_bytes_max = 16 * 1024, .header_bytes_max = 32 * 1024};
  limits.connections_max = 512;
  limits.idle_deadline = std::chrono::seconds(120);
  limits.request_deadline = std::chrono::hours(24);  // streams stay
  limits.body_bytes_max = kBodyBytesMax;
  limits.body_window_bytes_min = 64 * 1024;  // in 10 s
  return limits;
}

void RespondText(http::Exchange& exchange, int status, std::string_view type,
                 std::string_view text) {
  if (exchange.gone()) return;
  http::ResponseHead head{.status = status, .reason = {}, .headers = {}};
  head.headers.Append("content-type", type);
  head.headers.Append("cache-control", "no-store");
  exchange.Respond(std::move(head), text);
}

void RespondReport(http::Exchange& exchange, const std::string& page) {
  http::ResponseHead head{.status = 200, .reason = {}, .headers = {}};
  head.headers.Append("content-type", "text/html; charset=utf-8");
  head.headers.Append("cache-control", "no-store");
  head.headers.Append("content-security-policy", kReportPolicy);
  head.headers.Append("referrer-policy", "no-referrer");
  head.headers.Append("x-content-type-options", "nosniff");
  exchange.Respond(std::move(head), page);
}

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

int64_t NowUnixMs(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
      .count();
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(const GatewayOptions& options, std::shared_ptr<grpc::Channel> channel)
      : services_(options.services),
        token_(options.token),
        pass_(options.pass),
        check_(options.check),
        pages_(options.pages),
        report_(options.report),
        caller_(std::make_unique<RpcCaller>(loop_, std::move(channel))),
        heartbeat_(std::make_unique<Timer>(loop_, [this] { Beat(); })) {
    CHECK(!token_.empty() && !pass_.empty() && check_ != nullptr);
  }
  ~Impl() {
    if (thread_.joinable()) {
      std::promise<void> gone;
      loop_.Post([&] {
        server_.reset();
        calls_.clear();
        scrapes_.clear();
        heartbeat_.reset();
        gone.set_value();
      });
      gone.get_future().wait();
      caller_.reset();  // the loop still runs what gRPC posts
      loop_.Stop();
      thread_.join();
    }
  }

  absl::Status Listen(const SocketAddress& address) {
    ASSIGN_OR_RETURN(
        server_, http::Server::Start(loop_, {.address = address, .limits = Limits()},
                                     [this](auto exchange) { OnExchange(std::move(exchange)); }));
    address_ = server_->address();
    heartbeat_->Start(kHeartbeat);
    thread_ = std::thread([this] { loop_.Run(); });
    return absl::OkStatus();
  }
  const SocketAddress& address() const { return address_; }

 private:
  // A /metrics that waits for the status.
  struct Scrape {
    std::unique_ptr<http::Exchange> exchange;
    std::unique_ptr<RpcCall> call;
    std::string wire;
  };

  void OnExchange(std::unique_ptr<http::Exchange> exchange) {
    const http::RequestHead& head = exchange->head();
    const std::string_view target = head.target;
    const std::string_view path = target.substr(0, target.find('?'));
    if (path.starts_with(kRpcPrefix)) return Call(std::move(exchange));
    const bool page = pages_.Has(path);
    const auto report = page || report_ == nullptr ? nullptr : report_(path);
    if (!page && report == nullptr && path != "/metrics" && path != "/healthz" &&
        path != "/openapi.json") {
      return RespondError(*exchange, NotFound("here are /v1/SERVICE/METHOD, /openapi.json, "
                                              "/metrics and /healthz"));
    }
    if (head.method != "GET" && head.method != "HEAD") {
      return RespondError(*exchange, Unimplemented("{} is called by GET", path));
    }
    if (page) return pages_.Respond(*exchange, path);
    if (report != nullptr) return RespondReport(*exchange, *report);
    if (path == "/healthz") return RespondText(*exchange, 200, "text/plain", "ok\n");
    if (path == "/openapi.json") {
      return RespondText(*exchange, 200, "application/json", OpenApi());
    }
    StartScrape(std::move(exchange));
  }

  // Made when they are first needed: most control planes of tests never are asked.
  const ApiSchema& Schema() {
    if (schema_ == nullptr) schema_ = std::make_unique<ApiSchema>(services_);
    return *schema_;
  }
  const std::string& OpenApi() {
    if (openapi_.empty()) openapi_ = WriteOpenApi(Schema());
    return openapi_;
  }

  void Call(std::unique_ptr<http::Exchange> exchange) {
    absl::StatusOr<std::string> authorization = Authorization(*exchange);
    if (!authorization.ok()) return RespondError(*exchange, authorization.status());
    absl::StatusOr<RpcRoute> route =
        FindRoute(Schema(), exchange->head().method, exchange->head().target);
    if (!route.ok()) return RespondError(*exchange, route.status());
    if (calls_.size() >= kCallsMax) {
      return RespondError(*exchange, ResourceExhausted("{} calls run already", kCallsMax));
    }
    const auto bodies = std::count_if(calls_.begin(), calls_.end(),
                                      [](const auto& call) { return call.second->has_body(); });
    if (exchange->has_body() && bodies >= kBodiesMax) {
      return RespondError(*exchange, ResourceExhausted("{} bodies are on their way", kBodiesMax));
    }
    const uint64_t id = next_id_++;
    auto call = std::make_unique<GatewayCall>(
        Schema(), *caller_,
        GatewayCallOptions{.method = route->method,
                           .query_json = std::move(route->query_json),
                           .metadata = Metadata(*exchange, *std::move(authorization)),
                           .body_bytes_max = kBodyBytesMax},
        std::move(exchange), [this, id] { loop_.Defer([this, id] { calls_.erase(id); }); });
    GatewayCall& started = *calls_.emplace(id, std::move(call)).first->second;
    started.Start();
  }

  RpcMetadata Metadata(const http::Exchange& exchange, std::string authorization) const {
    RpcMetadata out = {{std::string(kGatewayPass), pass_},
                       {std::string(kGatewayPeer), exchange.peer().ToString()}};
    if (!authorization.empty()) out.emplace_back("authorization", std::move(authorization));
    return out;
  }

  // What is handed on; empty for the operator.
  absl::StatusOr<std::string> Authorization(const http::Exchange& exchange) const {
    const std::string_view field = exchange.head().headers.Find("authorization").value_or("");
    const std::string peer = exchange.peer().ToString();
    if (!field.starts_with(kBearer) || field.size() > kAuthorizationBytesMax || !IsVisible(field)) {
      (void)check_("", peer);  // who knocks is counted
      return absl::UnauthenticatedError(
          "expected 'authorization: Bearer TOKEN', with a token of 'terrella tokens create' or the "
          "one in gateway.token of the control plane's folder");
    }
    const std::string_view token = field.substr(kBearer.size());
    if (SameBytes(token, token_)) return "";
    RETURN_IF_ERROR(check_(field, peer));  // the guard asks again
    return std::string(field);
  }

  void StartScrape(std::unique_ptr<http::Exchange> exchange) {
    if (scrapes_.size() >= kCallsMax) {
      return RespondError(*exchange, ResourceExhausted("{} scrapes run already", kCallsMax));
    }
    const uint64_t id = next_id_++;
    Scrape& scrape = scrapes_[id];
    scrape.exchange = std::move(exchange);
    scrape.exchange->set_closed_callback([this, id] { EndScrape(id); });
    const RpcMetadata metadata = Metadata(*scrape.exchange, "");
    scrape.call = caller_->Call({.path = "/terrella.v1.Admin/GetStatus",
                                 .metadata = metadata,
                                 .wires = {""},
                                 .timeout = kStatusTimeout},
                                {.message =
                                     [&scrape](std::string wire) {
                                       scrape.wire = std::move(wire);
                                       scrape.call->Next();
                                     },
                                 .done =
                                     [this, id, &scrape](const absl::Status& status) {
                                       Expose(scrape, status);
                                       EndScrape(id);
                                     }});
  }

  void Expose(const Scrape& scrape, const absl::Status& answer) {
    v1::GetStatusResponse status;
    if (!answer.ok()) return RespondError(*scrape.exchange, answer);
    if (!status.ParseFromString(scrape.wire)) {
      return RespondError(*scrape.exchange, Internal("the status cannot be read"));
    }
    const auto accept = scrape.exchange->head().headers.Combined("accept").value_or("");
    Exposition text(accept.find("application/openmetrics-text") != std::string::npos
                        ? Exposition::Format::kOpenMetrics
                        : Exposition::Format::kText);
    WriteMetrics(status, ReadProcessUsage(), NowUnixMs(loop_.clock()), text);
    RespondText(*scrape.exchange, 200, text.content_type(), text.Finish());
  }
  void EndScrape(uint64_t id) {
    loop_.Defer([this, id] { scrapes_.erase(id); });
  }

  void Beat() {
    for (auto& [id, call] : calls_) call->Heartbeat();
    heartbeat_->Start(kHeartbeat);
  }

  const std::vector<std::string> services_;
  std::unique_ptr<const ApiSchema> schema_;  // null until it is needed
  std::string openapi_;                      // likewise empty
  const std::string token_, pass_;
  const std::function<absl::Status(std::string_view, const std::string&)> check_;
  const PageFiles pages_;
  const std::function<std::shared_ptr<const std::string>(std::string_view)> report_;
  EventLoop loop_;
  std::unique_ptr<RpcCaller> caller_;
  std::unique_ptr<Timer> heartbeat_;
  std::unique_ptr<http::Server> server_;
  SocketAddress address_;
  uint64_t next_id_ = 0;
  std::map<uint64_t, std::unique_ptr<GatewayCall>> calls_;
  std::map<uint64_t, Scrape> scrapes_;
  std::thread thread_;
};

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() = default;

SocketAddress Gateway::address() const {
  return impl_->address();
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const GatewayOptions& options,
                                                        std::shared_ptr<grpc::Channel> channel) {
  auto impl = std::make_unique<Impl>(options, std::move(channel));
  RETURN_IF_ERROR(impl->Listen(options.address));
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

absl::StatusOr<std::string> LoadOrMakeToken(const std::string& file) {
  absl::StatusOr<std::string> kept = ReadFile(file, 4096);
  if (kept.ok()) {
    while (!kept->empty() && (kept->back() == '\n' || kept->back() == ' ')) kept->pop_back();
    if (kept->size() >= 32) return kept;
    return InvalidArgument("{} has no token; remove it to get a new one", file);
  }
  if (!absl::IsNotFound(kept.status())) return kept.status();
  const std::string token = "gw_" + ToHex(RandomBytes(32));
  RETURN_IF_ERROR(WriteFileAtomic(file, token + "\n", /*private_to_user=*/true));
  return token;
}

}  // namespace terrella::control
