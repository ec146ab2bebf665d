#include "dns_router/server/https_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <thread>
#include <utility>

#include "base/client_table.h"
#include "base/event_loop.h"
#include "base/status.h"
#include "dns_router/server/responder.h"
#include "http/message/body.h"
#include "http/server/server.h"

namespace terrella::dns {
namespace {

constexpr std::string_view kPath = "/dns-query";
constexpr std::string_view kMediaType = "application/dns-message";
constexpr size_t kQueryBytesMax = 4096;  // as over TCP
constexpr Duration kPublishEvery = std::chrono::milliseconds(500);

// Requests whose bodies are on their way, with their heads: 16 MiB at most. Those of good clients
// are there in a moment.
constexpr ClientTable::Limits kPosts = {.places_max = 1000, .of_network_max = 128};

http::ServerLimits Limits() {
  http::ServerLimits limits;
  // A query of kQueryBytesMax is 5,462 characters of base64url; other headers are few.
  limits.parser = {.target_bytes_max = 8 * 1024, .header_bytes_max = 10 * 1024};
  limits.h2.target_bytes_max = 8 * 1024;
  limits.h2.header_bytes_max = 10 * 1024;
  limits.h2.streams_max = 32;  // each is answered as soon as it is whole
  limits.h2.stream_window_bytes = 16 * 1024;
  limits.h2.connection_window_bytes = 64 * 1024;
  limits.connections_max = 2000;
  limits.connections_per_network_max = 200;
  limits.head_deadline = std::chrono::seconds(10);
  limits.idle_deadline = std::chrono::seconds(30);
  limits.write_stall = std::chrono::seconds(10);
  limits.request_deadline = std::chrono::seconds(20);
  limits.body_bytes_max = kQueryBytesMax;
  return limits;
}

void Refuse(http::Exchange& exchange, int status, std::string_view why) {
  http::ResponseHead head{.status = status, .reason = {}, .headers = {}};
  head.headers.Append("content-type", "text/plain; charset=utf-8");
  if (status == 405) head.headers.Append("allow", "GET, HEAD, POST");
  exchange.Respond(std::move(head), fmt::format("{}\n", why));
}

// The value of `dns` in a query string.
std::optional<std::string_view> DnsParameter(std::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with("dns=")) return pair.substr(4);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

// Of a body that did not come whole.
int StatusOf(const absl::Status& why) {
  if (absl::IsResourceExhausted(why)) return 413;
  return absl::IsDeadlineExceeded(why) ? 408 : 400;
}

// Parameters behind the type do not matter.
bool IsDnsMessage(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return http::EqualsIgnoreCase(type, kMediaType);
}

}  // namespace

std::optional<std::string> FromBase64Url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    uint32_t value;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<uint32_t>(c - '0') + 52;
    } else if (c == '-' || c == '_') {
      value = c == '-' ? 62 : 63;
    } else {
      return std::nullopt;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
    bits &= (1u << count) - 1;
  }
  if (bits != 0) return std::nullopt;  // what is left over must be zeros (RFC 4648 section 3.5)
  return out;
}

uint32_t LeastTtl(std::string_view message) {
  const auto byte = [&](size_t at) {
    return at < message.size() ? uint32_t{static_cast<uint8_t>(message[at])} : 0u;
  };
  const auto word = [&](size_t at) { return byte(at) << 8 | byte(at + 1); };
  const auto name_end = [&](size_t at) {
    while (byte(at) != 0 && byte(at) < 0xc0) at += 1 + byte(at);
    return at + (byte(at) >= 0xc0 ? 2 : 1);
  };
  size_t at = kHeaderBytes;
  for (uint32_t i = word(4); i > 0; --i) at = name_end(at) + 4;
  uint32_t least = UINT32_MAX;
  for (uint32_t i = word(6) + word(8) + word(10); i > 0 && at < message.size(); --i) {
    at = name_end(at);
    const uint32_t ttl_s = word(at + 4) << 16 | word(at + 6);
    if (word(at) != static_cast<uint32_t>(Type::kOpt)) least = std::min(least, ttl_s);
    at += 10 + word(at + 8);
  }
  return least == UINT32_MAX ? 0 : least;
}

class HttpsServer::Impl {
 public:
  explicit Impl(Backend& backend)
      : responder_(backend, Transport::kHttps), metrics_timer_(loop_, [this] { Publish(); }) {}
  ~Impl() {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
    posts_.clear();
    server_.reset();
  }

  absl::Status Listen(const SocketAddress& address, const http::LazyTls::Files& files) {
    auto tls = std::make_shared<http::LazyTls>(files);
    RETURN_IF_ERROR(tls->Get().status());  // now, and not when the first client comes
    ASSIGN_OR_RETURN(
        server_,
        http::Server::Start(loop_, {.address = address, .limits = Limits(), .tls = std::move(tls)},
                            [this](auto exchange) { OnExchange(std::move(exchange)); }));
    Publish();
    return absl::OkStatus();
  }
  void Start() {
    thread_ = std::thread([this] { loop_.Run(); });
  }
  SocketAddress address() const { return server_->address(); }

 private:
  // A request whose body is on its way.
  struct Post {
    std::unique_ptr<http::Exchange> exchange;
    std::unique_ptr<http::Collector> body;
    std::unique_ptr<ClientPlace> place;
  };

  // Bodies are read also of requests that will be refused: some clients take an answer that comes
  // before they have sent theirs, which RFC 9113 section 8.1 allows, for an error.
  void OnExchange(std::unique_ptr<http::Exchange> exchange) {
    if (!exchange->has_body()) return Serve(*exchange, "");
    const IpAddress client = exchange->peer().ip;
    if (!post_clients_.Admits(client)) return RefuseBusy(*exchange);
    const auto id = next_post_++;
    Post& post = posts_[id];
    post.exchange = std::move(exchange);
    post.place = std::make_unique<ClientPlace>(post_clients_, client, loop_.Now(), [this, id] {
      Post& slow = posts_.at(id);
      slow.body.reset();
      RefuseBusy(*slow.exchange);
      Finish(id);
    });
    post_clients_.MakeRoom();
    if (!post.place->valid()) return;
    post.exchange->set_closed_callback([this, id] { Finish(id); });
    post.body = std::make_unique<http::Collector>(
        post.exchange->TakeBody(), kQueryBytesMax,
        [this, id](const absl::Status& status, const std::string& body) {
          const auto it = posts_.find(id);
          if (it == posts_.end()) return;
          http::Exchange& of = *it->second.exchange;
          if (status.ok()) {
            Serve(of, body);
          } else if (!of.gone()) {
            Refuse(of, StatusOf(status), Message(status));
          }
          Finish(id);
        });
    post.body->Start();
  }

  static void RefuseBusy(http::Exchange& exchange) {
    Refuse(exchange, 503, "too many bodies are on their way");
  }

  void Serve(http::Exchange& exchange, std::string_view body) {
    const http::RequestHead& head = exchange.head();
    const std::string_view target = head.target;
    const size_t question = std::min(target.find('?'), target.size());
    if (exchange.tls() == nullptr) return Refuse(exchange, 403, "expected HTTPS");
    if (target.substr(0, question) != kPath) {
      return Refuse(exchange, 404, "DNS is at /dns-query (RFC 8484)");
    }
    if (head.method == "POST") {
      if (IsDnsMessage(head.headers.Find("content-type").value_or("")))
        return Answer(exchange, body);
      return Refuse(exchange, 415, "expected content-type: application/dns-message");
    }
    if (head.method != "GET" && head.method != "HEAD") {
      return Refuse(exchange, 405, "expected GET or POST");
    }
    const auto text = DnsParameter(target.substr(std::min(question + 1, target.size())));
    if (!text) return Refuse(exchange, 400, "expected ?dns= and a message in base64url");
    const auto message = FromBase64Url(*text);
    if (!message) return Refuse(exchange, 400, "dns: expected base64url without padding");
    Answer(exchange, *message);
  }

  // From the loop, soon: the collector may be in the middle of its callback.
  void Finish(uint64_t id) {
    if (const auto it = posts_.find(id); it != posts_.end()) it->second.place.reset();
    loop_.Defer([this, id] { posts_.erase(id); });
  }

  void Answer(http::Exchange& exchange, std::string_view message) {
    if (message.size() > kQueryBytesMax)
      return Refuse(exchange, 413, "expected at most 4096 bytes");
    const MonotonicTime start = loop_.Now();
    responder_.BeginBatch();
    const size_t size = responder_.Answer(message, exchange.peer().ip, answer_);
    if (size == 0) return Refuse(exchange, 400, "expected a DNS query");
    const std::string_view answer(reinterpret_cast<const char*>(answer_.data()), size);
    http::ResponseHead head;
    head.headers.Append("content-type", kMediaType);
    head.headers.Append("cache-control", fmt::format("private, max-age={}", LeastTtl(answer)));
    exchange.Respond(std::move(head), answer);
    responder_.counters().durations.Add(loop_.Now() - start, 1);
  }

  // What the HTTP server counts, also while nothing is answered.
  void Publish() {
    AnswerCounters& counters = responder_.counters();
    const http::ServerStatistics& statistics = server_->statistics();
    counters.connections.Set(server_->connections());
    counters.connections_accepted.Set(statistics.connections_accepted);
    counters.connections_refused.Set(statistics.connections_refused);
    counters.connections_late.Set(statistics.deadlines_missed);
    metrics_timer_.Start(kPublishEvery);
  }

  Responder responder_;
  EventLoop loop_;
  std::unique_ptr<http::Server> server_;
  Timer metrics_timer_;
  ClientTable post_clients_{kPosts};
  uint64_t next_post_ = 0;
  std::map<uint64_t, Post> posts_;
  std::array<uint8_t, kTcpMessageBytesMax> answer_;  // of the query being answered
  std::thread thread_;
};

HttpsServer::HttpsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpsServer::~HttpsServer() = default;
void HttpsServer::Start() {
  impl_->Start();
}
SocketAddress HttpsServer::address() const {
  return impl_->address();
}

absl::StatusOr<std::unique_ptr<HttpsServer>> HttpsServer::Listen(const SocketAddress& address,
                                                                 const http::LazyTls::Files& tls,
                                                                 Backend& backend) {
  auto impl = std::make_unique<Impl>(backend);
  RETURN_IF_ERROR(impl->Listen(address, tls));
  return std::unique_ptr<HttpsServer>(new HttpsServer(std::move(impl)));
}

}  // namespace terrella::dns
