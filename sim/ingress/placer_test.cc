// Goal: every way to say where one is, in any pieces, and clear refusals.
#include "sim/ingress/placer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/proxy_protocol.h"
#include "sim/ingress/test_world.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

using ::testing::HasSubstr;

PlacerWorld World() {
  return {*TestWorld().places, *TestWorld().prefixes, *TestWorld().places->Find("Frankfurt")};
}

SocketAddress From(std::string_view ip) {
  return {*IpAddress::Parse(ip), 40'000};
}

std::string Proxy(std::string_view source, std::string_view destination) {
  return *http::EncodeProxyHeader(
      {.source = From(source), .destination = {*IpAddress::Parse(destination), 8080}});
}

struct Result {
  Placer::State state;
  Placement placement;
  Refusal refusal;
  std::string bytes;
};

// Feeds `bytes` whole and byte by byte, and expects the same.
Result Place(const std::string& bytes, std::string_view peer = "127.0.0.1") {
  static const PlacerWorld world = World();
  Result results[2];
  for (size_t step : {bytes.size(), size_t{1}}) {
    Placer placer(world, From(peer), {});
    Result& result = results[step == 1 ? 1 : 0];
    result.state = Placer::State::kNeedMore;
    std::string rest = bytes;
    while (!rest.empty() && result.state == Placer::State::kNeedMore) {
      result.state = placer.Feed(rest.substr(0, step));
      rest.erase(0, step);
    }
    result.placement = placer.placement();
    result.refusal = placer.refusal();
    result.bytes = placer.TakeBytes() + rest;
  }
  EXPECT_EQ(results[0].state, results[1].state);
  EXPECT_EQ(results[0].bytes, results[1].bytes);
  EXPECT_EQ(results[0].placement.client.name, results[1].placement.client.name);
  EXPECT_EQ(results[0].refusal.message, results[1].refusal.message);
  return results[0];
}

std::string Get(std::string_view fields) {
  return fmt::format("GET / HTTP/1.1\r\nhost: hello.edge.test\r\n{}\r\n", fields);
}

TEST(Placer, TakesTheFirstThatApplies) {
  net::CityId tokyo = TestWorld().places->Find("Tokyo")->city;
  std::string in_tokyo = net::CityAddressV4(tokyo).ToString();
  EXPECT_EQ(Place(Get("")).placement.client.name, "Frankfurt am Main");
  EXPECT_EQ(Place(Get(""), in_tokyo).placement.client.name, "Tokyo");
  EXPECT_EQ(Place(Get("terrella-from: Lagos\r\n"), in_tokyo).placement.client.name, "Lagos");
  std::string proxied = Proxy(in_tokyo, "127.16.0.3") + Get("terrella-from: Lagos\r\n");
  Result result = Place(proxied);
  EXPECT_EQ(result.placement.client.name, "Tokyo");
  EXPECT_EQ(result.placement.client_address.ToString(), in_tokyo + ":40000");
  EXPECT_EQ(result.placement.destination->ip.ToString(), "127.16.0.3");
  EXPECT_EQ(result.bytes, Get("terrella-from: Lagos\r\n"));
}

TEST(Placer, KeepsTheRequestAsItWasSent) {
  std::string request = Get("terrella-from: São Paulo\r\nterrella-to: fra\r\nx: y\r\n") + "body";
  Result result = Place(request);
  ASSERT_EQ(result.state, Placer::State::kPlaced);
  EXPECT_EQ(result.placement.client.name, "São Paulo");
  EXPECT_EQ(result.placement.to, "fra");
  EXPECT_EQ(result.bytes, request);
  EXPECT_EQ(net::CityOfAddress(result.placement.client_address.ip), result.placement.client.city);
}

TEST(Placer, PlacesAddressesOfTheRealWorldByCountry) {
  EXPECT_EQ(Place(Proxy("102.89.0.1", "127.0.0.1") + Get("")).placement.client.name, "Lagos");
}

TEST(Placer, TakesWhatClientsSayOfTheirPath) {
  Result result = Place(Get("terrella-access: 4g\r\nTerrella-Loss: 1%\r\nterrella-hour: 20\r\n"));
  ASSERT_EQ(result.state, Placer::State::kPlaced);
  EXPECT_EQ(net::PathWishText(result.placement.wish), "access=4g;loss=1%/1;hour=20");
  const SocketAddress tokyo{net::CityAddressV4(TestWorld().places->Find("Tokyo")->city), 1};
  http::ProxyInfo info{.source = tokyo, .destination = From("127.16.0.3")};
  info.tlvs.push_back({net::kPathWishTlv, "access=geo"});
  result = Place(*http::EncodeProxyHeader(info) + Get("terrella-access: 4g\r\n"));
  EXPECT_EQ(net::PathWishText(result.placement.wish), "access=geo");
  EXPECT_TRUE(result.placement.by_proxy);
  info.tlvs[0].value = "access=pigeon";
  EXPECT_EQ(Place(*http::EncodeProxyHeader(info)).refusal.reason, "bad-wish");
  result = Place(Get("terrella-loss: some\r\n"));
  EXPECT_EQ(result.refusal.reason, "bad-wish");
  EXPECT_THAT(result.refusal.message, HasSubstr("terrella-loss: expected a share of packets"));
}

TEST(Placer, TakesSinceWhenAConnectionHasBeenAskedFor) {
  const SocketAddress tokyo{net::CityAddressV4(TestWorld().places->Find("Tokyo")->city), 1};
  http::ProxyInfo info{.source = tokyo, .destination = From("127.16.0.3")};
  EXPECT_FALSE(Place(*http::EncodeProxyHeader(info)).placement.asked_at);
  const MonotonicTime asked_at{Duration(0x0123456789abcdef)};
  info.tlvs.push_back({net::kAskedAtTlv, net::AskedAtText(asked_at)});
  Result result = Place(*http::EncodeProxyHeader(info));
  ASSERT_EQ(result.state, Placer::State::kPlaced);
  EXPECT_EQ(result.placement.asked_at, asked_at);
  for (const std::string& wrong : {std::string("now"), std::string(8, '\xff')}) {
    info.tlvs[0].value = wrong;
    EXPECT_EQ(Place(*http::EncodeProxyHeader(info)).refusal.reason, "bad-moment");
  }
}

TEST(Placer, RefusesWithAReason) {
  Result result = Place(Get("terrella-from: Lagoss\r\n"));
  EXPECT_EQ(result.state, Placer::State::kRefused);
  EXPECT_EQ(result.refusal.status, 400);
  EXPECT_EQ(result.refusal.reason, "unknown-place");
  EXPECT_EQ(result.refusal.message, "terrella-from: no place called 'Lagoss': did you mean Lagos?");
  result = Place(Proxy("10.1.2.3", "127.0.0.1"));
  EXPECT_EQ(result.refusal.reason, "unknown-place");
  EXPECT_THAT(result.refusal.message, HasSubstr("10.1.2.3 is in no city's block"));
  std::string bad = Proxy("127.128.0.1", "127.0.0.1");
  bad[12] = 0x31;  // version 3
  EXPECT_EQ(Place(bad).refusal.reason, "bad-proxy-header");
  result = Place("GET / HTTP/1.1\r\nx: " + std::string(70'000, 'y'));
  EXPECT_EQ(result.refusal.status, 431);
}

TEST(Placer, PassesOnWhatIsNoHttp) {
  Result result = Place("\x16\x03\x01 hello, this is TLS\r\n\r\n");
  EXPECT_EQ(result.state, Placer::State::kPlaced);
  EXPECT_EQ(result.placement.client.name, "Frankfurt am Main");
  EXPECT_EQ(Place("GET / HTTP/1.1\r\n").state, Placer::State::kNeedMore);
}

}  // namespace
}  // namespace terrella::sim
