// Goal: frames are judged as RFC 6455 says, whole or split; both roles understand each other.
// Method: raw bytes through a stream that is not there; a table of frames with the section of each
// row.
#include "http/ws/channel.h"

#include <gtest/gtest.h>

#include "http/ws/handshake.h"

namespace terrella::http::ws {
namespace {

// Keeps what is written; reading is fed by the test.
class FakeStream final : public ByteStream {
 public:
  struct Wire {
    ByteStream::Observer* observer = nullptr;
    std::string written;
    bool reading = false, ended = false;
  };
  explicit FakeStream(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  void set_observer(Observer* observer) override { wire_->observer = observer; }
  void StartReading() override { wire_->reading = true; }
  void PauseReading() override { wire_->reading = false; }
  bool reading() const override { return wire_->reading; }
  void Write(std::string_view first, std::string_view second) override {
    wire_->written.append(first).append(second);
  }
  size_t write_queue_bytes() const override { return 0; }
  void ShutdownWrite() override {}
  void Linger() override { wire_->ended = true; }
  void Break() override { wire_->ended = true; }

 private:
  std::shared_ptr<Wire> wire_;
};

struct Listener final : MessageChannel::Reader {
  void OnMessage(MessageChannel::Kind kind, std::string bytes) override {
    heard += (kind == MessageChannel::Kind::kText ? "T(" : "B(") +
             (bytes.size() > 40 ? std::to_string(bytes.size()) : bytes) + ") ";
  }
  void OnClose(uint16_t code, std::string_view reason) override {
    heard += "close " + std::to_string(code) + (reason.empty() ? "" : " " + std::string(reason));
    closed = true;
  }
  std::string heard;
  bool closed = false;
};

// A frame of a client: masked with 1, 2, 3, 4.
std::string Frame(int first_byte, std::string_view payload, bool masked = true) {
  std::string out(1, static_cast<char>(first_byte));
  const int mask = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask | static_cast<int>(payload.size()));
  } else if (payload.size() < 65536) {
    out += static_cast<char>(mask | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  if (masked) out += "\1\2\3\4";
  for (size_t i = 0; i < payload.size(); ++i) {
    out += masked ? static_cast<char>(payload[i] ^ (1 + static_cast<int>(i % 4))) : payload[i];
  }
  return out;
}
std::string Raw(std::initializer_list<int> bytes) {
  std::string out;
  for (int byte : bytes) out += static_cast<char>(byte);
  return out;
}
std::string Code(int code, std::string_view reason = "") {
  return Raw({code >> 8, code & 255}) + std::string(reason);
}

constexpr int kText = 0x81, kBinary = 0x82, kClose = 0x88, kPing = 0x89, kPong = 0x8a;

struct Row {
  const char* name;
  const char* section;  // of RFC 6455
  std::string bytes;
  std::string heard;
  int answer = 0;  // code of the close frame that is sent; 0: none
};

std::vector<Row> Rows() {
  const std::string bye = Frame(kClose, Code(1000));
  return {
      {"text", "5.6", Frame(kText, "hello"), "T(hello) "},
      {"empty text", "5.6", Frame(kText, ""), "T() "},
      {"binary", "5.6", Frame(kBinary, "\1\2"), "B(\1\2) "},
      {"125 bytes", "5.2", Frame(kText, std::string(125, 'x')), "T(125) "},
      {"126 bytes", "5.2", Frame(kText, std::string(126, 'x')), "T(126) "},
      {"65535 bytes", "5.2", Frame(kBinary, std::string(65535, 'x')), "B(65535) "},
      {"65536 bytes", "5.2", Frame(kBinary, std::string(65536, 'x')), "B(65536) "},
      {"two fragments", "5.4", Frame(0x01, "he") + Frame(0x80, "llo"), "T(hello) "},
      {"three fragments, one empty", "5.4", Frame(0x02, "a") + Frame(0x00, "") + Frame(0x80, "b"),
       "B(ab) "},
      {"ping between fragments", "5.4", Frame(0x01, "he") + Frame(kPing, "p") + Frame(0x80, "llo"),
       "T(hello) "},
      {"unasked pong", "5.5.3", Frame(kPong, "x") + Frame(kText, "a"), "T(a) "},
      {"close with a code", "5.5.1", Frame(kClose, Code(1000, "bye")), "close 1000 bye", 1000},
      {"close without a code", "5.5.1", Frame(kClose, ""), "close 1005", 1005},
      {"nothing after close", "5.5.1", bye + Frame(kText, "late"), "close 1000", 1000},
      {"private code", "7.4.2", Frame(kClose, Code(4999)), "close 4999", 4999},
      {"registered code", "7.4.2", Frame(kClose, Code(3000)), "close 3000", 3000},
      {"code 999", "7.4.2", Frame(kClose, Code(999)), "close 1006", 1002},
      {"code 1004", "7.4.1", Frame(kClose, Code(1004)), "close 1006", 1002},
      {"code 1005", "7.4.1", Frame(kClose, Code(1005)), "close 1006", 1002},
      {"code 1006", "7.4.1", Frame(kClose, Code(1006)), "close 1006", 1002},
      {"code 1016", "7.4.2", Frame(kClose, Code(1016)), "close 1006", 1002},
      {"code 5000", "7.4.2", Frame(kClose, Code(5000)), "close 1006", 1002},
      {"close of one byte", "5.5.1", Frame(kClose, "x"), "close 1006", 1002},
      {"reason that is no UTF-8", "5.5.1", Frame(kClose, Code(1000, "\xff")), "close 1006", 1007},
      {"unmasked from a client", "5.1", Frame(kText, "x", false), "close 1006", 1002},
      {"RSV1", "5.2", Frame(0xc1, "x"), "close 1006", 1002},
      {"RSV2", "5.2", Frame(0xa1, "x"), "close 1006", 1002},
      {"RSV3", "5.2", Frame(0x91, "x"), "close 1006", 1002},
      {"opcode 3", "5.2", Frame(0x83, "x"), "close 1006", 1002},
      {"opcode 11", "5.2", Frame(0x8b, "x"), "close 1006", 1002},
      {"fragmented ping", "5.5", Frame(0x09, "x"), "close 1006", 1002},
      {"ping of 126 bytes", "5.5", Frame(kPing, std::string(126, 'x')), "close 1006", 1002},
      {"continuation of nothing", "5.4", Frame(0x80, "x"), "close 1006", 1002},
      {"text inside a message", "5.4", Frame(0x01, "a") + Frame(kText, "b"), "close 1006", 1002},
      {"126 for a short length", "5.2", Raw({kText, 0x80 | 126, 0, 5, 1, 2, 3, 4}) + "xxxxx",
       "close 1006", 1002},
      {"127 for a short length", "5.2",
       Raw({kText, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4}) + "xxxxx", "close 1006", 1002},
      {"length with the highest bit", "5.2",
       Raw({kText, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}), "close 1006", 1002},
      {"message over the limit", "7.4.1", Raw({kBinary, 0x80 | 127, 0, 0, 0, 1, 0, 0, 0, 0}),
       "close 1006", 1009},
      {"text that is no UTF-8", "8.1", Frame(kText, "\xce\xba\xff"), "close 1006", 1007},
      {"text cut inside a character", "8.1", Frame(kText, "\xce"), "close 1006", 1007},
      {"character split by fragments", "8.1", Frame(0x01, "\xce") + Frame(0x80, "\xba"),
       "T(\xce\xba) "},
      {"surrogate in UTF-8", "8.1", Frame(kText, "\xed\xa0\x80"), "close 1006", 1007},
      {"overlong in UTF-8", "8.1", Frame(kText, "\xc0\xaf"), "close 1006", 1007},
  };
}

class ChannelTest : public testing::Test {
 protected:
  void Run() {
    for (int i = 0; i < 3; ++i) loop_.RunOnce();
  }
  // The code of the close frame among what a server wrote, 0 when there is none.
  static int CloseCodeOf(std::string_view written) {
    while (written.size() >= 2) {
      const auto size = static_cast<size_t>(written[1] & 0x7f);  // we send nothing long here
      if ((written[0] & 0x0f) == 8) {
        if (size < 2) return 1005;
        return (static_cast<uint8_t>(written[2]) << 8) | static_cast<uint8_t>(written[3]);
      }
      written.remove_prefix(std::min(written.size(), size + 2));
    }
    return 0;
  }
  void Judge(const Row& row, size_t piece) {
    SCOPED_TRACE(std::string(row.name) + ", section " + row.section);
    auto wire = std::make_shared<FakeStream::Wire>();
    auto channel = MakeChannel(loop_, std::make_unique<FakeStream>(wire), "", Role::kServer);
    Listener listener;
    channel->Read(listener);
    Run();
    for (size_t at = 0; at < row.bytes.size() && !wire->ended; at += piece) {
      wire->observer->OnRead(std::string_view(row.bytes).substr(at, piece));
    }
    Run();
    EXPECT_EQ(listener.heard, row.heard);
    EXPECT_EQ(CloseCodeOf(wire->written), row.answer);
    EXPECT_EQ(wire->ended, row.answer != 0);
  }

  EventLoop loop_;
};

TEST_F(ChannelTest, JudgesEveryRowWhole) {
  for (const Row& row : Rows()) Judge(row, row.bytes.size());
}

TEST_F(ChannelTest, JudgesEveryRowByteByByte) {
  for (const Row& row : Rows()) {
    if (row.bytes.size() < 1000) Judge(row, 1);
  }
}

TEST_F(ChannelTest, AnswersPings) {
  auto wire = std::make_shared<FakeStream::Wire>();
  auto channel =
      MakeChannel(loop_, std::make_unique<FakeStream>(wire), Frame(kPing, "abc"), Role::kServer);
  Listener listener;
  channel->Read(listener);
  Run();
  EXPECT_EQ(wire->written, Raw({kPong, 3}) + "abc");
}

TEST_F(ChannelTest, HoldsBackWhatNobodyReads) {
  auto wire = std::make_shared<FakeStream::Wire>();
  auto channel = MakeChannel(loop_, std::make_unique<FakeStream>(wire), "", Role::kServer);
  Listener listener;
  channel->Read(listener);
  Run();
  EXPECT_TRUE(wire->reading);
  channel->Pause();
  wire->observer->OnRead(Frame(kText, "a") + Frame(kText, "b"));
  EXPECT_EQ(listener.heard, "");
  EXPECT_FALSE(wire->reading);
  channel->Read(listener);
  Run();
  EXPECT_EQ(listener.heard, "T(a) T(b) ");
  EXPECT_TRUE(wire->reading);
}

TEST_F(ChannelTest, ClosesWhenItsOwnerLeaves) {
  auto wire = std::make_shared<FakeStream::Wire>();
  MakeChannel(loop_, std::make_unique<FakeStream>(wire), "", Role::kServer).reset();
  EXPECT_EQ(CloseCodeOf(wire->written), 1001);
  EXPECT_TRUE(wire->ended);
}

TEST_F(ChannelTest, PipeCarriesMessagesAndOneCloseToEachSide) {
  auto [a, b] = MakeMessagePipe(loop_);
  Listener at_a, at_b;
  a->Read(at_a);
  b->Send(MessageChannel::Kind::kText, "early");
  b->Read(at_b);
  a->Send(MessageChannel::Kind::kBinary, "x");
  a->Close(4000, "done");
  a->Send(MessageChannel::Kind::kText, "late");
  Run();
  EXPECT_EQ(at_a.heard, "T(early) close 4000 done");
  EXPECT_EQ(at_b.heard, "B(x) close 4000 done");
}

TEST_F(ChannelTest, PipeSaysWhenItsOtherEndIsGone) {
  auto [a, b] = MakeMessagePipe(loop_);
  Listener at_a;
  a->Read(at_a);
  b.reset();
  Run();
  EXPECT_EQ(at_a.heard, "close 1001");
}

TEST(Handshake, AnswersTheKeyOfTheStandard) {
  EXPECT_EQ(AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(NewKey().size(), 24u);
  EXPECT_NE(NewKey(), NewKey());
}

TEST(Handshake, KnowsAnAskWhenItSeesOne) {
  RequestHead head{.method = "GET",
                   .headers = {{"Upgrade", "websocket"},
                               {"Connection", "keep-alive, Upgrade"},
                               {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                               {"Sec-WebSocket-Version", "13"}}};
  EXPECT_EQ(AskOf(head), Ask::kYes);
  auto with = [&](std::string_view name, std::string_view value) {
    RequestHead changed = head;
    changed.headers.Set(name, value);
    return AskOf(changed);
  };
  EXPECT_EQ(with("upgrade", "h2c"), Ask::kNo);
  EXPECT_EQ(with("connection", "close"), Ask::kMalformed);
  EXPECT_EQ(with("sec-websocket-key", "short"), Ask::kMalformed);
  EXPECT_EQ(with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ!="), Ask::kMalformed);
  EXPECT_EQ(with("sec-websocket-version", "8"), Ask::kOtherVersion);
  head.method = "POST";
  EXPECT_EQ(AskOf(head), Ask::kMalformed);
}

TEST(Handshake, RefusesWhatDoesNotAnswerIt) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  ResponseHead head{.status = 101,
                    .headers = {{"upgrade", "WebSocket"},
                                {"connection", "Upgrade"},
                                {"sec-websocket-accept", AcceptFor(key)}}};
  EXPECT_EQ(RefusalOf(head, key, ""), "");
  EXPECT_NE(RefusalOf(head, "another", ""), "");
  head.headers.Set("sec-websocket-protocol", "chat");
  EXPECT_NE(RefusalOf(head, key, ""), "");
  EXPECT_EQ(RefusalOf(head, key, "a, chat"), "");
  head.headers.Set("sec-websocket-extensions", "permessage-deflate");
  EXPECT_NE(RefusalOf(head, key, "chat"), "");
}

}  // namespace
}  // namespace terrella::http::ws
