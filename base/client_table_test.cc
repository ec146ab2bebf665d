// Who must go, without a socket: networks are 10.0.N.0/24.
#include "base/client_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace terrella {
namespace {

class ClientTableTest : public testing::Test {
 protected:
  struct Client {
    std::string name;
    std::unique_ptr<ClientPlace> place;
  };

  void Limit(const ClientTable::Limits& limits) { table_ = std::make_unique<ClientTable>(limits); }
  static IpAddress Address(uint32_t network, uint32_t host = 1) {
    return IpAddress::V4(0x0a000000 | network << 8 | host);
  }
  ClientPlace& Connect(const std::string& name, const IpAddress& from) {
    now_ += std::chrono::milliseconds(1);
    auto place =
        std::make_unique<ClientPlace>(*table_, from, now_, [this, name] { gone_.push_back(name); });
    ClientPlace& out = *place;
    clients_.push_back({name, std::move(place)});
    return out;
  }
  ClientPlace& Ask(const std::string& name, const IpAddress& from) {
    ClientPlace& place = Connect(name, from);
    place.Asked(now_);
    return place;
  }
  size_t Gone(const std::string& name) const {
    return static_cast<size_t>(std::count(gone_.begin(), gone_.end(), name));
  }

  std::unique_ptr<ClientTable> table_;
  std::vector<Client> clients_;
  std::vector<std::string> gone_;
  MonotonicTime now_{};
};

TEST_F(ClientTableTest, NobodyGoesWhileTheLimitsAreKept) {
  Limit({.places_max = 2, .held_bytes_max = 100});
  Connect("a", Address(1)).Hold(50);
  Connect("b", Address(2)).Hold(50);
  EXPECT_EQ(table_->Worst(), nullptr);
  table_->MakeRoom();
  EXPECT_EQ(table_->places(), 2u);
  EXPECT_EQ(table_->held_bytes(), 100u);
  clients_.clear();
  EXPECT_EQ(table_->places(), 0u);
  EXPECT_EQ(table_->held_bytes(), 0u);
}

TEST_F(ClientTableTest, WhoHoldsMostGoesAndNotWhoIsIdle) {
  Limit({.held_bytes_max = 1000});
  for (uint32_t i = 0; i < 10; ++i) Ask("idle", Address(i));
  Ask("reader", Address(20)).Hold(60);
  for (uint32_t i = 0; i < 20; ++i) {
    Ask("deaf", Address(100 + i)).Hold(140);
    table_->MakeRoom();
  }
  EXPECT_EQ(Gone("idle") + Gone("reader"), 0u);
  EXPECT_EQ(Gone("deaf"), 14u);  // 6 and the reader are 900
  EXPECT_LE(table_->held_bytes(), 1000u);
}

TEST_F(ClientTableTest, ManyOfANetworkThatHoldLittleAreOneThatHoldsMuch) {
  Limit({.held_bytes_max = 1000});
  Ask("alone", Address(1)).Hold(200);
  for (uint32_t i = 0; i < 9; ++i) Ask("together", Address(2, i)).Hold(100);
  table_->MakeRoom();
  EXPECT_EQ(gone_, (std::vector<std::string>{"together"}));
}

TEST_F(ClientTableTest, WhoOnlyConnectsDoesNotPushOutWhoHasAsked) {
  Limit({.places_max = 100});
  for (uint32_t i = 0; i < 50; ++i) Ask("asked", Address(i));
  for (uint32_t i = 0; i < 1000; ++i) {
    Connect("newcomer", Address(1000 + i));  // each of a network of its own
    table_->MakeRoom();
  }
  EXPECT_EQ(Gone("asked"), 0u);
  EXPECT_EQ(Gone("newcomer"), 950u);
}

TEST_F(ClientTableTest, NewcomersHaveAQuarterToAskInWhenAllOthersHaveAsked) {
  Limit({.places_max = 100});
  for (uint32_t i = 0; i < 100; ++i) Ask("asked", Address(i));
  for (uint32_t i = 0; i < 25; ++i) Connect("newcomer", Address(1000 + i));
  table_->MakeRoom();
  EXPECT_EQ(Gone("newcomer"), 0u);
  EXPECT_EQ(Gone("asked"), 25u);
  Connect("newcomer", Address(2000));
  table_->MakeRoom();
  EXPECT_EQ(Gone("newcomer"), 1u);
}

TEST_F(ClientTableTest, ANetworkBeyondItsShareGivesBeforeOthers) {
  Limit({.places_max = 64});
  Ask("alone", Address(1));  // longest idle
  for (uint32_t i = 0; i < 63; ++i) Ask("together", Address(2, i));
  Connect("newcomer", Address(3));
  table_->MakeRoom();
  EXPECT_EQ(gone_, (std::vector<std::string>{"together"}));
}

TEST_F(ClientTableTest, OfEqualsTheLongestIdleGoes) {
  Limit({.places_max = 2});
  ClientPlace& first = Ask("first", Address(1));
  Ask("second", Address(2));
  first.Asked(now_ += std::chrono::seconds(1));
  Ask("third", Address(3));
  table_->MakeRoom();
  EXPECT_EQ(gone_, (std::vector<std::string>{"second"}));
}

TEST_F(ClientTableTest, ANetworkHasItsMostWhateverTheAddress) {
  Limit({.of_network_max = 2});
  const auto v6 = [](const char* text) { return *IpAddress::Parse(text); };
  Connect("a", v6("2001:db8:0:100::1"));
  Connect("b", v6("2001:db8:0:1ff:9::2"));
  EXPECT_FALSE(table_->Admits(v6("2001:db8:0:142::3")));
  EXPECT_TRUE(table_->Admits(v6("2001:db8:0:200::1")));
  Connect("c", Address(1, 1));
  Ask("d", Address(1, 2));
  EXPECT_FALSE(table_->Admits(Address(1, 3)));
  EXPECT_TRUE(table_->Admits(Address(2, 1)));
  clients_.pop_back();
  EXPECT_TRUE(table_->Admits(Address(1, 3)));
}

TEST_F(ClientTableTest, WhoIsToldToLeaveMayGoAtOnce) {
  Limit({.places_max = 1});
  std::unique_ptr<ClientPlace> first;
  first = std::make_unique<ClientPlace>(*table_, Address(1), now_, [&] { first.reset(); });
  Connect("second", Address(2));
  table_->MakeRoom();
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(table_->places(), 1u);
}

TEST_F(ClientTableTest, APlaceThatWasTakenAwayCountsNoMore) {
  Limit({.places_max = 1});
  ClientPlace& first = Connect("first", Address(1));
  first.Hold(10);
  Connect("second", Address(2));
  table_->MakeRoom();
  EXPECT_FALSE(first.valid());
  first.Hold(1000);
  first.Asked(now_);
  EXPECT_EQ(table_->held_bytes(), 0u);
}

}  // namespace
}  // namespace terrella
