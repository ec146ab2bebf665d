#include "sim/ingress/tunnel.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "base/suggest.h"
#include "http/message/message.h"
#include "http/proxy_protocol.h"
#include "sim/net/city_block.h"
#include "terrella/v1/client_place.pb.h"

namespace terrella::sim {
namespace {

constexpr uint8_t kClientPlaceTlv = 0xe4;

// The header that tells the node who the client is.
absl::StatusOr<std::string> ProxyHeaderFor(const Placement& placement, const Site& site,
                                           const Path& path) {
  v1::ClientPlace place;
  place.set_city(placement.client.name);
  place.set_country(placement.client.country);
  place.set_continent(std::string(net::ContinentCode(placement.client.continent)));
  place.set_latitude_deg(placement.client.at.latitude_deg);
  place.set_longitude_deg(placement.client.at.longitude_deg);
  place.set_rtt_ms(path.rtt_ms);
  place.set_handshake_ms(path.handshake_ms);
  place.set_access(std::string(path.mile.access));
  place.set_access_rtt_ms(path.mile.rtt_ms);
  place.set_queue_ms(path.mile.queue_ms);
  place.set_loss_share(path.mile.loss.share);
  http::ProxyInfo info{.source = placement.client_address, .destination = site.address};
  if (info.source.ip.family() != info.destination.ip.family()) {
    // A header speaks of one family: the city's other block stands for the client.
    info.source.ip = info.destination.ip.is_v4()
                         ? net::CityAddressV4(placement.client.city, info.source.port)
                         : net::CityBlockV6(placement.client.city).address;
  }
  info.tlvs.push_back({.type = kClientPlaceTlv, .value = place.SerializeAsString()});
  return http::EncodeProxyHeader(info);
}

}  // namespace

Tunnel::Tunnel(const TunnelContext& context, std::unique_ptr<TcpConnection> client, uint64_t number,
               std::function<void(Tunnel*)> on_closed)
    : context_(context),
      number_(number),
      on_closed_(std::move(on_closed)),
      accepted_at_(context.loop.Now()),
      placer_(
          std::make_unique<Placer>(context.world, client->peer_address(), context.limits.placer)),
      timer_(context.loop,
             [this] {
               if (placer_ == nullptr) {
                 DeliverEnd(node_, DelayLine::End::kReset);
                 return;
               }
               Answer({.status = 408,
                       .reason = "no-request",
                       .message = fmt::format("expected a whole request head within {:.0f} ms",
                                              ToMs(context_.limits.place_timeout))});
             }),
      client_(*this, context.loop, true),
      node_(*this, context.loop, false) {
  client_.socket = std::move(client);
  client_.connected = true;
  client_.socket->set_observer(&client_);
  client_.socket->StartReading();
  timer_.Start(context.limits.place_timeout);
}

Tunnel::~Tunnel() = default;

void Tunnel::OnRead(Side& from, std::string_view bytes) {
  if (placer_ != nullptr) {
    Place(bytes);
    return;
  }
  from.line->Push(context_.loop.Now(), bytes);
  Deliver(from);
}

void Tunnel::OnEnd(Side& from, DelayLine::End end) {
  if (placer_ != nullptr) {
    Close();  // left before saying what it wanted
    return;
  }
  if (from.line->ended()) return;
  from.line->PushEnd(context_.loop.Now(), end);
  Deliver(from);
}

void Tunnel::OnError(Side& from) {
  from.socket.reset();
  from.connected = false;
  // What is on its way to the dead end is lost.
  Side& other = Other(from);
  other.due.Stop();
  if (other.socket != nullptr) other.socket->PauseReading();
  if (from.line != nullptr && from.line->ended()) {
    // It said goodbye and broke afterwards: the goodbye may still be on its way.
    if (from.line->end_taken()) Close();
    return;
  }
  OnEnd(from, DelayLine::End::kReset);
}

void Tunnel::Place(std::string_view bytes) {
  Placer::State state = placer_->Feed(bytes);
  if (state == Placer::State::kNeedMore) return;
  if (state == Placer::State::kRefused) {
    Answer(Refusal(placer_->refusal()));
    return;
  }
  Placement placement = placer_->placement();
  Refusal refusal;
  const Reach reach = ChooseSite(placement, &refusal);
  if (reach.site == nullptr) {
    Answer(refusal);
    return;
  }
  timer_.Stop();
  std::string first_bytes = placer_->TakeBytes();
  placer_.reset();
  Open(placement, reach);
  if (first_bytes.empty()) return;
  client_.line->Push(context_.loop.Now(), first_bytes);
  Deliver(client_);
}

Reach Tunnel::ChooseSite(const Placement& placement, Refusal* refusal) const {
  const Catchment& catchment = context_.catchment;
  if (!placement.to.empty()) {
    if (const Site* site = catchment.ByName(placement.to)) return {.site = site};
    std::string near = placement.to.size() <= 64 ? Suggest(placement.to, catchment.Names()) : "";
    *refusal = {
        .status = 400,
        .reason = "unknown-node",
        .message = fmt::format("terrella-to: no node called '{}'{}", placement.to.substr(0, 64),
                               near.empty() ? "" : fmt::format(": did you mean {}?", near))};
    return {};
  }
  if (placement.destination && placement.destination->ip != context_.anycast) {
    if (const Site* site = catchment.ByAddress(placement.destination->ip)) return {.site = site};
    *refusal = {.status = 502,
                .reason = "unknown-node",
                .message = fmt::format("no node of the network has the address {}",
                                       placement.destination->ip.ToString())};
    return {};
  }
  Reach reach;
  if (context_.routes != nullptr) {
    reach = context_.routes->Find(catchment, placement, FlowKey(placement, number_),
                                  context_.loop.Now(), refusal);
  } else {
    reach.site =
        catchment.Nearest(context_.path.model.ClientAt(placement.client), context_.loop.Now());
  }
  if (reach.site == nullptr && refusal->reason.empty()) {
    *refusal = {.status = 503,
                .reason = catchment.has_view() ? "no-site" : "no-view",
                .message = catchment.has_view() ? "no node announces the anycast address"
                                                : "the control plane has not been reached yet"};
  }
  return reach;
}

void Tunnel::Open(const Placement& placement, const Reach& reach) {
  const Path path = DrawPath(context_.path, placement, reach, number_);
  MonotonicTime asked_at = accepted_at_;
  if (placement.asked_at && *placement.asked_at < accepted_at_) {
    asked_at = std::max(*placement.asked_at, accepted_at_ - context_.limits.asked_before_max);
  }
  const MonotonicTime ready_at = asked_at + FromMs(path.handshake_ms);
  client_.line = MakeLine(context_.path, path, Direction::kToSite, ready_at, context_.held_in_all);
  node_.line =
      MakeLine(context_.path, path, Direction::kToClient, MonotonicTime{}, context_.held_in_all);
  refuse_at_ = asked_at + FromMs(path.rtt_ms);
  Dial(placement, *reach.site, path);
}

void Tunnel::Dial(const Placement& placement, const Site& site, const Path& path) {
  absl::StatusOr<std::string> header = ProxyHeaderFor(placement, site, path);
  CHECK(header.ok());
  node_.socket =
      TcpConnection::Connect(context_.loop, site.address, nullptr,
                             [this, header = *std::move(header)](const absl::Status& status) {
                               OnDialed(status, header);
                             });
}

void Tunnel::OnDialed(const absl::Status& status, const std::string& proxy_header) {
  if (!status.ok()) {
    LogDebug("connection {}: {}", number_, Message(status));
    node_.socket.reset();
    timer_.StartAt(std::max(refuse_at_, context_.loop.Now()));
    return;
  }
  node_.connected = true;
  node_.socket->set_observer(&node_);
  node_.socket->Write(proxy_header);
  node_.socket->StartReading();
  Deliver(client_);
}

void Tunnel::OnDue(Side& from) {
  MonotonicTime now = context_.loop.Now();
  context_.wakeup->Note(now - from.wake_at);
  while (now < from.due_at) now = context_.loop.Now();  // for Wakeup::kLeadMax at most
  Deliver(from);
}

void Tunnel::Deliver(Side& from) {
  Side& to = Other(from);
  if (from.line == nullptr) return;
  while (to.connected && !closed_) {
    std::optional<MonotonicTime> due = from.line->NextDue();
    if (!due) break;
    const MonotonicTime now = context_.loop.Now();
    if (*due > now) {
      from.due_at = *due;
      from.wake_at = std::max(*due - context_.wakeup->lead(), now);
      from.due.StartAt(from.wake_at);
      break;
    }
    if (!from.line->has_bytes()) {
      DeliverEnd(from, from.line->end());
      return;
    }
    if (to.socket->write_queue_bytes() >= context_.limits.receiver_bytes_max) break;
    context_.late_ns->Add(static_cast<uint64_t>((now - *due).count()));
    to.socket->Write(from.line->Pop());
  }
  if (!to.connected && from.line->ended() && from.socket == nullptr && node_.socket == nullptr) {
    Close();  // nobody is left
    return;
  }
  UpdateReading(from);
}

void Tunnel::DeliverEnd(Side& from, DelayLine::End end) {
  Side& to = Other(from);
  if (end == DelayLine::End::kReset) {
    if (to.socket != nullptr && to.connected) TcpConnection::Reset(std::move(to.socket));
    Close();
    return;
  }
  if (!from.is_client) {
    // The node has closed: an HTTP server is done with both directions then.
    TcpConnection::CloseGracefully(std::move(to.socket));
    Close();
    return;
  }
  from.line->TakeEnd();
  to.socket->ShutdownWrite();
  if (from.socket == nullptr) Close();  // nobody waits for the answer
}

void Tunnel::UpdateReading(Side& from) {
  if (from.socket == nullptr || !from.connected || from.line->ended()) return;
  const TunnelLimits& limits = context_.limits;
  bool is_short = *context_.held_in_all >= limits.held_in_all_bytes_max;
  size_t bytes_max = is_short ? limits.held_bytes_when_short : limits.held_bytes_max;
  // What is held is on its way, so a paused sender is looked at again when it arrives.
  if (from.line->held_bytes() >= bytes_max) {
    from.socket->PauseReading();
  } else if (from.line->held_bytes() <= bytes_max / 2) {
    from.socket->StartReading();
  }
}

void Tunnel::Answer(const Refusal& refusal) {
  std::string body = refusal.message + "\n";
  client_.socket->Write(
      fmt::format("HTTP/1.1 {} {}\r\n"
                  "content-type: text/plain; charset=utf-8\r\n"
                  "content-length: {}\r\n"
                  "terrella-ingress: {}\r\n"
                  "connection: close\r\n\r\n",
                  refusal.status, http::ReasonPhrase(refusal.status), body.size(), refusal.reason),
      body);
  TcpConnection::CloseGracefully(std::move(client_.socket));
  Close();
}

void Tunnel::Close() {
  if (closed_) return;
  closed_ = true;
  timer_.Stop();
  client_.due.Stop();
  node_.due.Stop();
  client_.socket.reset();
  node_.socket.reset();
  on_closed_(this);
}

}  // namespace terrella::sim
