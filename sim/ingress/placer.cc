#include "sim/ingress/placer.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"

namespace terrella::sim {

Placer::State Placer::Feed(std::string_view bytes) {
  held_.append(bytes);
  if (!proxy_done_) {
    State state = ReadProxyHeader();
    if (state != State::kNeedMore || !proxy_done_) return state;
  }
  return ReadHead();
}

Placer::State Placer::ReadProxyHeader() {
  http::ProxyParse parse = http::ParseProxyHeader(held_);
  switch (parse.state) {
    case http::ProxyParse::State::kNeedMore:
      return State::kNeedMore;
    case http::ProxyParse::State::kBad:
      return Refuse(400, "bad-proxy-header", std::string(Message(parse.error)));
    case http::ProxyParse::State::kNotProxy:
      proxy_done_ = true;
      return State::kNeedMore;
    case http::ProxyParse::State::kDone:
      proxy_done_ = true;
      held_.erase(0, parse.consumed_bytes);
      // A forwarder's own connection says nothing about a client (its head may).
      return parse.info.local ? State::kNeedMore : PlaceByProxy(parse.info);
  }
  return State::kNeedMore;
}

Placer::State Placer::ReadHead() {
  // Always from what has not been parsed yet: the parser keeps what it needs.
  std::string_view rest = std::string_view(held_).substr(parsed_bytes_);
  http::h1::Event event = parser_.Next(&rest);
  parsed_bytes_ = held_.size() - rest.size();
  if (event == http::h1::Event::kHead) return PlaceByHead(parser_.TakeHead());
  if (event == http::h1::Event::kError) {
    // Whatever it is, the node says what is wrong with it; only its length is our affair.
    if (parser_.error().status != 431) return PlaceBySocket();
    return Refuse(
        431, "head-too-large",
        fmt::format("expected the first request's head within {} bytes", limits_.head_bytes_max));
  }
  return State::kNeedMore;
}

std::optional<net::Place> Placer::PlaceOfAddress(const IpAddress& address) const {
  net::PlaceMatch match = world_.prefixes.Lookup(address);
  if (!match.city) return std::nullopt;
  return world_.places.PlaceOf(*match.city);
}

Placer::State Placer::PlaceByProxy(const http::ProxyInfo& info) {
  std::optional<net::Place> place = PlaceOfAddress(info.source.ip);
  if (!place) {
    return Refuse(400, "unknown-place",
                  fmt::format("the PROXY header's source {} is in no city's block and no known "
                              "country",
                              info.source.ip.ToString()));
  }
  placement_ = {.client = *std::move(place),
                .client_address = info.source,
                .destination = info.destination,
                .by_proxy = true};
  if (const auto text = info.FindTlv(net::kPathWishTlv)) {
    absl::StatusOr<net::PathWish> wish = net::ParsePathWish(*text);
    if (!wish.ok()) {
      return Refuse(400, "bad-wish",
                    fmt::format("the PROXY header's wish: {}", Message(wish.status())));
    }
    placement_.wish = *wish;
  }
  if (const auto text = info.FindTlv(net::kAskedAtTlv)) {
    placement_.asked_at = net::ParseAskedAt(*text);
    if (!placement_.asked_at) {
      return Refuse(400, "bad-moment",
                    fmt::format("the PROXY header's moment of asking: expected nanoseconds up to "
                                "2^63 - 1 in 8 bytes, got {} bytes",
                                text->size()));
    }
  }
  return State::kPlaced;
}

absl::Status Placer::ReadWishes(const http::RequestHead& head) {
  for (const std::string_view key : net::kPathWishKeys) {
    if (auto value = head.headers.Find(fmt::format("terrella-{}", key))) {
      RETURN_IF_ERROR(net::ReadPathWish(key, *value, &placement_.wish));
    }
  }
  return absl::OkStatus();
}

Placer::State Placer::PlaceByHead(const http::RequestHead& head) {
  if (auto to = head.headers.Find("terrella-to")) placement_.to = *to;
  if (absl::Status status = ReadWishes(head); !status.ok()) {
    return Refuse(400, "bad-wish", fmt::format("terrella-{}", Message(status)));
  }
  auto from = head.headers.Find("terrella-from");
  if (!from) return PlaceBySocket();
  absl::StatusOr<net::Place> place = world_.places.Find(*from);
  if (!place.ok()) {
    return Refuse(400, "unknown-place", fmt::format("terrella-from: {}", Message(place.status())));
  }
  return PlaceIn(*place);
}

Placer::State Placer::PlaceBySocket() {
  if (net::CityOfAddress(peer_.ip)) {
    if (std::optional<net::Place> place = PlaceOfAddress(peer_.ip)) {
      placement_.client = *std::move(place);
      placement_.client_address = peer_;
      return State::kPlaced;
    }
  }
  return PlaceIn(world_.default_place);
}

Placer::State Placer::PlaceIn(const net::Place& place) {
  placement_.client = place;
  placement_.client_address = {.ip = net::CityAddressV4(place.city, peer_.port),
                               .port = peer_.port};
  return State::kPlaced;
}

Placer::State Placer::Refuse(int status, std::string reason, std::string message) {
  refusal_ = {.status = status, .reason = std::move(reason), .message = std::move(message)};
  return State::kRefused;
}

}  // namespace terrella::sim
