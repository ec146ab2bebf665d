#include "sim/driver/visit.h"

#include "sim/driver/connections.h"
#include "sim/driver/kept_http2.h"
#include "sim/driver/kv_log.h"
#include "sim/driver/lookup.h"
#include "sim/driver/placing.h"
#include "sim/scenario/person.h"
#include "sim/visit/waterfall.h"

namespace terrella::sim {
namespace {

float Ms(Duration duration) {
  return static_cast<float>(ToMs(duration));
}

}  // namespace

Visit::Visit(VisitContext& context, const Arrival& arrival, DoneCallback done)
    : context_(context),
      arrival_(arrival),
      done_(std::move(done)),
      deadline_(context.loop, [this] { Finish(Failure::kTimeout); }) {
  sample_.due = arrival.due;
  sample_.city = arrival.city;
  sample_.steering = arrival.steering;
  sample_.protocol = ProtocolOf(context.scenario, arrival.city, arrival.client, arrival.population);
}

Visit::~Visit() = default;

void Visit::Start() {
  const MonotonicTime due = context_.start + arrival_.due;
  deadline_.StartAt(due + context_.scenario.clients.timeout);
  lookup_ = std::make_unique<Lookup>(
      context_, arrival_,
      [this](Failure failure, const SocketAddress& destination, MonotonicTime asked_at) {
        if (failure != Failure::kNone) return Finish(failure);
        Call(destination, asked_at);
      });
  lookup_->Start(context_.scenario.requests[arrival_.request].host, due);
}

void Visit::Call(const SocketAddress& destination, MonotonicTime asked_at) {
  asked_at_ = asked_at;
  destination_ = destination;
  http::ClientRequest request = RequestOf(context_, arrival_, arrival_.request);
  if (context_.scenario.clients.keep_alive) return CallByKept(destination, std::move(request));
  absl::StatusOr<std::string> header =
      ProxyHeaderOf(context_, arrival_, destination, ClientPortOf(arrival_.number), asked_at);
  if (!header.ok()) return Finish(Failure::kConnect);
  Connections* connections = context_.connections;
  if (connections == nullptr && sample_.protocol == Protocol::kHttp2) {
    own_ = std::make_unique<Connections>(context_.loop, sample_.protocol);
    connections = own_.get();
  }
  if (connections != nullptr) {
    call_ = connections->Send(0, *std::move(header), std::move(request), *this);
  } else {
    request.prefix_bytes = *std::move(header);
    call_ = context_.client.Send(std::move(request), *this);
  }
}

void Visit::CallByKept(const SocketAddress& destination, http::ClientRequest request) {
  if (sample_.protocol == Protocol::kHttp1) {
    PlaceBySource(context_, arrival_, destination, request);
    call_ = context_.client.Send(std::move(request), *this);
    return;
  }
  // The first to use it says whence; they are all of the city.
  Arrival anybody = arrival_;
  anybody.client = 0;
  const absl::StatusOr<std::string> header =
      ProxyHeaderOf(context_, anybody, destination, ClientPortOf(arrival_.number), asked_at_);
  if (!header.ok()) return Finish(Failure::kConnect);
  shared_ = context_.kept->Find(arrival_.city, destination, request.to, *header);
  call_ = shared_->Send(std::move(request), *this);
}

void Visit::OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) {
  sample_.status = static_cast<uint16_t>(head.status);
  if (auto ray = head.headers.Find("terrella-ray"))
    sample_.pop = context_.results.PopIndex(PopOfRay(*ray));
  if (auto version = head.headers.Find("x-terrella-version")) {
    sample_.version = context_.results.VersionIndex(*version);
  }
  if (auto cache = head.headers.Find("cf-cache-status")) {
    sample_.cache = ParseCacheStatus(*cache);
  }
  if (context_.phase_rule.Keeps(arrival_.number)) TakePhases(head.headers);
  if (auto promised = head.headers.Find("x-body-version")) body_version_ = std::string(*promised);
  if (IsOfKv()) kv_value_ = head.headers.Find(kKvWriteField).value_or("");
  body_ = std::move(body);
  body_->Read(*this);
}

void Visit::TakePhases(const http::Headers& headers) {
  double rtt_ms = 0, node_ms = 0;
  const auto field = headers.Combined("server-timing");
  for (const auto& [name, ms] : ParseServerTiming(field.value_or(""))) {
    if (name == "rtt") rtt_ms += ms;
    if (name == "worker" || name == "cold") node_ms += ms;
  }
  // What they say cannot be more than what was waited for.
  double left_ms = ToMs(context_.loop.Now() - asked_at_);
  const auto take = [&left_ms](double ms) {
    const double taken = std::clamp(ms, 0.0, std::max(0.0, left_ms));
    left_ms -= taken;
    return static_cast<float>(taken);
  };
  phases_.dns_ms = Ms(asked_at_ - (context_.start + arrival_.due));
  phases_.node_ms = take(node_ms);
  phases_.request_ms = take(rtt_ms / 2);
  take(rtt_ms / 2);  // the answer's first byte
  phases_.connect_ms = take(left_ms);
}

void Visit::OnError(const absl::Status& status) {
  Finish(status.code() == absl::StatusCode::kDataLoss ? Failure::kBroken : Failure::kConnect);
}

void Visit::OnBodyData(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > context_.options.body_bytes_max) {
    Finish(Failure::kBroken);
  } else if (!body_version_.empty()) {
    text_.append(bytes);
  }
}

void Visit::OnBodyEnd() {
  if (sample_.status >= 400) {
    Finish(Failure::kStatus);
  } else {
    Finish(IsMixed() ? Failure::kMixed : Failure::kNone);
  }
}

void Visit::OnBodyError(const absl::Status&) {
  Finish(Failure::kBroken);
}

bool Visit::IsMixed() const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (!line.empty() && line != body_version_) return true;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return false;
}

void Visit::Finish(Failure failure) {
  if (finished_) return;
  finished_ = true;
  sample_.felt = context_.loop.Now() - (context_.start + arrival_.due);
  sample_.failure = failure;
  phases_ = Phases::Of(ToMs(sample_.felt), phases_);
  deadline_.Stop();
  if (IsOfKv() && failure == Failure::kNone) context_.kv->Add(arrival_, sample_, kv_value_);
  // The end is delivered from the loop, because the call and the body are still on the stack here.
  end_ = std::make_unique<Timer>(context_.loop, [this] {
    auto done = std::move(done_);
    done(sample_, phases_);
  });
  end_->Start(Duration(0));
}

}  // namespace terrella::sim
