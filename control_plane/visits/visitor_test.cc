// What is refused before anybody travels, and that nobody is left waiting.
#include "control_plane/visits/visitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "base/status.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

SocketAddress Loopback(uint16_t port) {
  return {IpAddress::V4(0x7f000001), port};
}

absl::Status Outcome(Visitor& visitor, const v1::VisitRequest& request) {
  std::promise<absl::Status> ended;
  visitor.Visit(request, {}, [&](absl::StatusOr<v1::VisitResponse> response) {
    ended.set_value(response.status());
  });
  return ended.get_future().get();
}

v1::VisitRequest Request(const std::string& place, const std::string& url) {
  v1::VisitRequest request;
  request.set_place(place);
  request.set_url(url);
  return request;
}

class VisitorTest : public testing::Test {
 protected:
  VisitorTest() : visitor_({.ingress = Loopback(9), .dns = Loopback(9)}) {}
  void ExpectRefused(const v1::VisitRequest& request, const std::string& words) {
    const absl::Status status = Outcome(visitor_, request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(Message(status)), HasSubstr(words));
  }
  Visitor visitor_;
};

TEST_F(VisitorTest, SaysWhatIsWrongWithTheRequest) {
  ExpectRefused(Request("Lagoss", "http://a.edge.test/"), "did you mean Lagos");
  ExpectRefused(Request("Lagos", "ftp://a.edge.test/"), "http");
  ExpectRefused(Request("Lagos", "http://a.edge.test:81/"), "serves port 9");
  ExpectRefused(Request("Lagos", "http://a.edge.test/" + std::string(5000, 'a')), "at most 4096");
  EXPECT_EQ(Outcome(visitor_, Request("Lagos", "https://a.edge.test/")).code(),
            absl::StatusCode::kFailedPrecondition);
  v1::VisitRequest access = Request("Lagos", "http://a.edge.test/");
  access.set_access("pigeon");
  ExpectRefused(access, "pigeon");
}

TEST_F(VisitorTest, SaysWhenNobodyAnswers) {
  v1::VisitRequest request = Request("Lagos", "http://a.edge.test/");
  request.set_anycast(true);
  EXPECT_EQ(Outcome(visitor_, request).code(), absl::StatusCode::kUnavailable);
}

TEST(Visitor, EndsVisitsWithItself) {
  // Listens and never answers.
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent, 8), 0);
  ASSERT_EQ(getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const SocketAddress ingress = Loopback(ntohs(address.sin_port));
  v1::VisitRequest request = Request("Lagos", "http://a.edge.test/");
  request.set_anycast(true);
  std::vector<absl::StatusCode> ends;
  {
    Visitor visitor({.ingress = ingress, .dns = ingress, .visits_max = 2});
    for (int i = 0; i < 3; ++i) {
      visitor.Visit(request, {}, [&](absl::StatusOr<v1::VisitResponse> response) {
        ends.push_back(response.status().code());
      });
    }
  }
  using enum absl::StatusCode;
  EXPECT_THAT(ends, testing::ElementsAre(kResourceExhausted, kCancelled, kCancelled));
  close(silent);
}

}  // namespace
}  // namespace terrella::control
