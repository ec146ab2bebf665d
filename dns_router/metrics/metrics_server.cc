#include "dns_router/metrics/metrics_server.h"

#include <string>
#include <utility>

#include "base/status.h"

namespace terrella::dns {
namespace {

// A scraper or a few, and people.
http::ServerLimits Limits() {
  http::ServerLimits limits;
  limits.parser = {.target_bytes_max = 1024, .header_bytes_max = 16 * 1024, .header_count_max = 64};
  limits.connections_max = 64;
  limits.head_deadline = std::chrono::seconds(5);
  limits.idle_deadline = std::chrono::seconds(120);  // a scrape a minute keeps its connection
  limits.write_stall = std::chrono::seconds(10);
  limits.request_deadline = std::chrono::seconds(30);
  limits.body_bytes_max = 0;
  return limits;
}

http::ResponseHead Head(int status, std::string_view content_type) {
  http::ResponseHead head{.status = status, .reason = {}, .headers = {}};
  head.headers.Append("content-type", content_type);
  head.headers.Append("cache-control", "no-store");
  return head;
}

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(EventLoop& loop,
                                                                    const SocketAddress& address,
                                                                    const Backend& backend,
                                                                    StatusOfView view) {
  std::unique_ptr<MetricsServer> out(new MetricsServer(backend, std::move(view)));
  MetricsServer* const self = out.get();
  ASSIGN_OR_RETURN(
      out->server_,
      http::Server::Start(loop, {.address = address, .limits = Limits(), .http2 = false},
                          [self](std::unique_ptr<http::Exchange> e) { self->Answer(*e); }));
  return out;
}

void MetricsServer::Answer(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = std::string_view(head.target).substr(0, head.target.find('?'));
  if (path != "/metrics" && path != "/healthz") {
    return exchange.Respond(Head(404, kPlain), "here are /metrics and /healthz\n");
  }
  if (head.method != "GET" && head.method != "HEAD") {
    http::ResponseHead refusal = Head(405, kPlain);
    refusal.headers.Append("allow", "GET, HEAD");
    return exchange.Respond(std::move(refusal), "expected GET\n");
  }
  if (path == "/healthz") {
    const bool serves = backend_.snapshot.Get() != nullptr;
    return exchange.Respond(Head(serves ? 200 : 503, kPlain),
                            serves ? "ok\n" : "no view of the network yet\n");
  }
  bool open = false;
  for (const auto field : head.headers.fields()) {
    open = open || (http::EqualsIgnoreCase(field.name, "accept") &&
                    field.value.find("application/openmetrics-text") != std::string_view::npos);
  }
  Exposition text(open ? Exposition::Format::kOpenMetrics : Exposition::Format::kText);
  WriteMetrics(backend_, view_(), text);
  exchange.Respond(Head(200, text.content_type()), text.Finish());
}

}  // namespace terrella::dns
