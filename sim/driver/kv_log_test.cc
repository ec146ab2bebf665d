// Goal: live requests to KV say what the scenario draws, and what they found is told from what
// other runs left.
#include "sim/driver/kv_log.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class KvLogTest : public testing::Test {
 protected:
  static Scenario OneKey(double write_share) {
    Scenario scenario;
    scenario.requests = {
        {.host = "ledger",
         .kv = KvWorkload{.keys = 1, .write_share = write_share, .cache_ttl = 45s}}};
    return scenario;
  }
  static Arrival At(uint64_t number) {
    Arrival arrival;
    arrival.number = number;
    arrival.request = 0;
    return arrival;
  }
  static http::RequestHead Filled(const KvLog& log, const Scenario& scenario, uint64_t number) {
    http::RequestHead head;
    log.Fill(At(number), *scenario.requests[0].kv, head);
    return head;
  }
  const Scenario reads_ = OneKey(0), writes_ = OneKey(1);
};

TEST_F(KvLogTest, AReadSaysHowOldACopyMayBe) {
  const http::RequestHead head = Filled(KvLog(reads_, "monday"), reads_, 3);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/k0");
  EXPECT_EQ(head.headers.Find(kKvCacheTtlField), "45");
  EXPECT_FALSE(head.headers.Find(kKvWriteField));
}

TEST_F(KvLogTest, AReadFindsWhatThisRunWrote) {
  const http::RequestHead head = Filled(KvLog(writes_, "monday"), writes_, 41);
  EXPECT_EQ(head.method, "PUT");
  const std::string value(*head.headers.Find(kKvWriteField));
  EXPECT_EQ(value, "monday-41");

  KvLog log(reads_, "monday");
  uint64_t number = 42;
  for (const std::string& found : {value, std::string(), std::string("tuesday-41"),
                                   std::string("monday-x"), std::string("monday-4 ")}) {
    log.Add(At(number++), {}, found);
  }
  const auto results = log.Take();
  EXPECT_EQ(results->records()[0].saw, 42u);
  for (size_t i = 1; i < 5; ++i) EXPECT_EQ(results->records()[i].saw, 0u) << i;
}

}  // namespace
}  // namespace terrella::sim
