#include "edge_node/shard/event_request.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

std::optional<EventRequest> Parse(const char* method, const char* host, const char* target,
                                  bool developing) {
  http::RequestHead head;
  head.method = method;
  head.host = host;
  head.target = target;
  return ParseEventRequest(head, developing, WallTime(std::chrono::milliseconds(1234)));
}

TEST(EventRequest, IsForTheNodesOwnAddress) {
  auto request = Parse("POST", "127.0.0.2:8080",
                       "/.terrella/scheduled?script=a&cron=*%2F5+*+*+*+*&time=7", false);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->script, "a");
  EXPECT_EQ(request->scheduled.cron, "*/5 * * * *");
  EXPECT_EQ(request->scheduled.scheduled_ms, 7);
  EXPECT_EQ(Parse("POST", "127.0.0.2", "/.terrella/scheduled", false)->scheduled.scheduled_ms,
            1234);
  // A site's own paths are its own, and nothing runs by a mere link.
  EXPECT_FALSE(Parse("POST", "a.edge.test", "/.terrella/scheduled?script=a", false));
  EXPECT_FALSE(Parse("GET", "127.0.0.2", "/.terrella/scheduled?script=a", false));
  EXPECT_FALSE(Parse("POST", "127.0.0.2", "/.terrella/scheduledx", false));
}

TEST(EventRequest, IsForAnySiteWhileDeveloping) {
  auto request = Parse("GET", "localhost:8787", "/__scheduled?cron=0+0+*+*+*&script=b", true);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->script, "");
  EXPECT_EQ(request->scheduled.cron, "0 0 * * *");
  EXPECT_TRUE(Parse("GET", "x", "/cdn-cgi/handler/scheduled", true));
  EXPECT_FALSE(Parse("GET", "x", "/__scheduled", false));
}

}  // namespace
}  // namespace terrella::edge
