#include "sim/report/event_log.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

TEST(EventLog, HasRequestsAndEventsInTheOrderOfTheirBeginning) {
  Results results(TestWorld());
  const net::CityId lagos = TestWorld()->Find("Lagos")->city;
  const uint16_t pop = results.PopIndex("LOS"), version = results.VersionIndex("a, \"b\"");
  results.Add({.due = 3s, .city = lagos, .failure = Failure::kTimeout});
  results.Add({.due = 1s,
               .felt = 5ms,
               .city = lagos,
               .pop = pop,
               .version = version,
               .status = 200,
               .cache = CacheUse::kRevalidated});
  results.AddEvent({.at = 2s, .took = 1ms, .action = "kill LOS", .target = "LOS"});
  results.AddEvent({.at = 4s, .action = "kill QQQ", .target = "QQQ", .ok = false, .detail = "no"});
  const std::string file = testing::TempDir() + "event_log.csv";
  ASSERT_TRUE(WriteEventLog(results, file).ok());
  EXPECT_EQ(
      *ReadFile(file),
      "at_ns,what,city,steering,pop,version,status,outcome,felt_ns,cache\n"
      "1000000000,request,Lagos NG,dns,LOS,\"a, \"\"b\"\"\",200,answered,5000000,revalidated\n"
      "2000000000,kill LOS,,,LOS,,,done,1000000,\n"
      "3000000000,request,Lagos NG,dns,,,0,timeout,,\n"
      "4000000000,kill QQQ,,,QQQ,,,no,0,\n");
}

TEST(EventLog, SaysWhenItCannotBeWritten) {
  const Results results(TestWorld());
  EXPECT_FALSE(WriteEventLog(results, testing::TempDir() + "no/such/folder/log.csv").ok());
}

}  // namespace
}  // namespace terrella::sim
