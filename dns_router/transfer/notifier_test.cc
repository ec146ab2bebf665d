// Notices of a change (RFC 1996), to a secondary that is a socket of the test.
#include "dns_router/transfer/notifier.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "dns_router/transfer/packed_records.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using std::chrono::milliseconds;

// A secondary's socket.
class Secondary {
 public:
  Secondary() : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    address_ = {IpAddress::V4(0x7f000001), ntohs(address.sin_port)};
  }
  ~Secondary() { close(fd_); }

  const SocketAddress& address() const { return address_; }
  // Empty when there is none now.
  std::string Receive() {
    char buffer[2048];
    socklen_t size = sizeof(peer_);
    const ssize_t n = recvfrom(fd_, buffer, sizeof(buffer), MSG_DONTWAIT,
                               reinterpret_cast<sockaddr*>(&peer_), &size);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }
  void Answer(std::string notice, char rcode = 0) {
    notice[2] = static_cast<char>(notice[2] | 0x80);
    notice[3] = rcode;
    CHECK(sendto(fd_, notice.data(), notice.size(), 0, reinterpret_cast<sockaddr*>(&peer_),
                 sizeof(peer_)) > 0);
  }

 private:
  const int fd_;
  SocketAddress address_;
  sockaddr_in peer_{};
};

class NotifierTest : public ::testing::Test {
 protected:
  void Start(std::string_view key = {}) {
    NotifyTarget target{.address = secondary_.address(), .key = {}};
    if (!key.empty()) target.key = *Name::Parse(key);
    notifier_ = std::make_unique<Notifier>(
        loop_,
        Notifier::Options{.targets = {target},
                          .source = {},
                          .interval = milliseconds(20),
                          .retry = milliseconds(100),
                          .tries_max = 4},
        [this] { return keys_; }, counters_);
  }
  void Change(uint8_t serial) {
    PackedRecords soa;
    soa.Add(apex_.wire(), Type::kSoa, 300,
            std::string(2, '\0') + std::string(3, '\0') + static_cast<char>(serial) +
                std::string(16, '\0'));
    notifier_->Notify(apex_, soa[0]);
  }
  // The next notice; empty when none comes while the loop has something to do.
  std::string Next() {
    for (int i = 0; i < 4000; ++i) {
      loop_.RunOnce();
      if (std::string notice = secondary_.Receive(); !notice.empty()) return notice;
      if (!loop_.HasTimers()) return {};
      poll(nullptr, 0, 1);
    }
    return {};
  }
  static int SerialOf(const std::string& notice) {
    return testing::DecodedAnswer(notice).answer.at(0).rdata.at(5);
  }

  const Name apex_ = *Name::Parse("edge.test");
  EventLoop loop_;
  Secondary secondary_;
  std::shared_ptr<const TsigKeys> keys_;
  TransferCounters counters_;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifierTest, TellsUntilThereIsAnAnswer) {
  Start();
  Change(1);
  const std::string first = Next();
  const testing::DecodedAnswer decoded(first);
  EXPECT_EQ(decoded.flags, 0x2400u) << "NOTIFY, authoritative";
  EXPECT_EQ(decoded.question, std::string(apex_.wire()) + std::string("\0\6\0\1", 4));
  EXPECT_EQ(SerialOf(first), 1);
  const std::string second = Next();
  EXPECT_NE(second.substr(0, 2), first.substr(0, 2)) << "each by its own id";
  secondary_.Answer(second);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(counters_.notices_sent.load(), 2u);
  EXPECT_EQ(counters_.notices_unanswered.load(), 0u);
}

TEST_F(NotifierTest, GivesUpAndBeginsAgainWithTheNextChange) {
  Start();
  Change(1);
  int notices = 0;
  while (!Next().empty()) ++notices;
  EXPECT_EQ(notices, 4);
  EXPECT_EQ(counters_.notices_unanswered.load(), 1u);
  Change(2);
  const std::string notice = Next();
  EXPECT_EQ(SerialOf(notice), 2);
  secondary_.Answer(notice, 5);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(counters_.notices_refused.load(), 1u) << "an answer all the same";
}

TEST_F(NotifierTest, TellsOfWhatChangedMeanwhileOnceMore) {
  Start();
  Change(1);
  const std::string first = Next();
  for (uint8_t serial = 2; serial < 50; ++serial) Change(serial);
  secondary_.Answer(first);
  const std::string last = Next();
  EXPECT_EQ(SerialOf(last), 49);
  secondary_.Answer(last);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(counters_.notices_sent.load(), 2u);
}

TEST_F(NotifierTest, TakesNoAnswerOfAnotherNotice) {
  Start();
  Change(1);
  std::string notice = Next();
  std::string other = notice;
  other[0] = static_cast<char>(other[0] ^ 1);
  secondary_.Answer(other);
  std::string query = notice;
  query[2] = 0;  // no NOTIFY
  secondary_.Answer(query);
  EXPECT_NE(Next(), "") << "told again";
}

TEST_F(NotifierTest, SignsAndTakesSignedAnswersOnly) {
  keys_ = std::make_shared<TsigKeys>(*TsigKeys::Parse("hmac-sha256:k:c2VjcmV0\n"));
  Start("k");
  Change(1);
  const std::string notice = Next();
  const size_t at = *FindTsig(notice);
  const auto now_s = static_cast<uint64_t>(time(nullptr));
  TsigSession session =
      TsigSession::ForRequest(keys_.get(), notice, at, *ParseTsig(notice, at), now_s);
  ASSERT_NE(session.key(), nullptr);
  secondary_.Answer(WithoutTsig(notice, at));
  const std::string again = Next();
  ASSERT_NE(again, "") << "an answer that nobody signed is none";
  const size_t again_at = *FindTsig(again);
  TsigSession second =
      TsigSession::ForRequest(keys_.get(), again, again_at, *ParseTsig(again, again_at), now_s);
  std::string answer = WithoutTsig(again, again_at);
  answer[2] = static_cast<char>(answer[2] | 0x80);
  second.Sign(answer, now_s);
  secondary_.Answer(answer);
  EXPECT_EQ(Next(), "");
}

}  // namespace
}  // namespace terrella::dns
