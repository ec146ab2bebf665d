// Goal: the server keeps its promises to clients and handlers over real sockets. Method: raw bytes
// from a peer on the same loop; deadlines are shortened, never slept for.
#include "http/server/server.h"

#include <gtest/gtest.h>

#include <map>

#include "base/status.h"
#include "http/h1/refusal_cases.h"
#include "http/testing/raw_peer.h"

namespace terrella::http {
namespace {

using std::chrono::milliseconds;

// Answers 200 with "METHOD TARGET HOST" and, when there is one, " +BODY".
class EchoHandler {
 public:
  void operator()(std::unique_ptr<Exchange> owned) {
    Exchange* exchange = owned.get();
    std::unique_ptr<BodySource> body = exchange->TakeBody();
    auto& entry = pending_[exchange];
    entry.exchange = std::move(owned);
    entry.collector = std::make_unique<Collector>(
        std::move(body), 1 << 20, [this, exchange](absl::Status status, std::string bytes) {
          auto done = std::move(pending_[exchange]);
          pending_.erase(exchange);
          if (!status.ok()) return;
          const RequestHead& head = exchange->head();
          std::string text = head.method + " " + head.target + " " + head.host;
          if (!bytes.empty()) text += " +" + bytes;
          exchange->Respond({}, text);
        });
    entry.collector->Start();
  }

 private:
  struct Entry {
    std::unique_ptr<Exchange> exchange;
    std::unique_ptr<Collector> collector;
  };
  std::map<Exchange*, Entry> pending_;
};

class ServerTest : public testing::Test {
 protected:
  void StartServer(Server::Handler handler) {
    options.address = *SocketAddress::Parse("127.0.0.1:0");
    options.limits.linger = milliseconds(100);
    server = *Server::Start(loop, options, std::move(handler));
  }
  // Keeps the exchanges for the test to answer.
  void StartKeeping() {
    StartServer(
        [this](std::unique_ptr<Exchange> exchange) { kept.push_back(std::move(exchange)); });
  }
  void StartHello() {
    StartServer([](std::unique_ptr<Exchange> exchange) { exchange->Respond({}, "hello"); });
  }
  std::unique_ptr<RawPeer> Dial() { return std::make_unique<RawPeer>(loop, server->address()); }
  bool WaitForKept(size_t count) {
    return RunUntil(loop, [&] { return kept.size() >= count; });
  }
  static std::string Get(std::string_view fields = "", std::string_view path = "/") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a.test\r\n{}\r\n", path, fields);
  }
  static std::string Post(size_t length, std::string_view fields = "") {
    return fmt::format("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: {}\r\n{}\r\n", length,
                       fields);
  }

  EventLoop loop;
  ServerOptions options;
  std::vector<std::unique_ptr<Exchange>> kept;
  std::unique_ptr<Server> server;
};

struct Wanted {
  std::vector<std::string> bodies;  // of the 200s
  int refusal = 0;                  // 0: none
};

// Reads a verdict of the table as the answers a client sees.
Wanted Answers(std::string_view verdict) {
  Wanted out;
  if (verdict == "@") return {{"GET /" + std::string(16 * 1024 - 1, 'a') + " a.test"}, 0};
  while (!verdict.empty()) {
    size_t bar = verdict.find(" | ");
    std::string_view item = verdict.substr(0, bar);
    verdict.remove_prefix(bar == std::string_view::npos ? verdict.size() : bar + 3);
    std::string_view last = item.substr(item.rfind(' ') + 1);
    if (last.size() == 3 && last[0] >= '4' && last[0] <= '5') {
      out.refusal = std::stoi(std::string(last));
    } else if (last != "...") {
      out.bodies.emplace_back(item);
    }
  }
  return out;
}

// Answers with the request's body, its trailers last.
class PassingHandler {
 public:
  void operator()(std::unique_ptr<Exchange> owned) {
    exchange_ = std::move(owned);
    auto body = exchange_->TakeBody();
    pump_ = std::make_unique<Pump>(std::move(body), exchange_->StartResponse({}, std::nullopt),
                                   [this](absl::Status) { exchange_.reset(); });
    pump_->Start();
  }

 private:
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Pump> pump_;
};

TEST_F(ServerTest, PassesTrailersOnSaveThoseThatMayNotBeThere) {
  PassingHandler handler;
  StartServer([&handler](std::unique_ptr<Exchange> exchange) { handler(std::move(exchange)); });
  auto peer = Dial();
  peer->Send(
      "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\nX-Sum: 1\r\nAuthorization: no\r\nX-Sum: 2\r\n\r\n");
  ASSERT_TRUE(peer->Hear("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n")) << peer->heard();
  EXPECT_EQ(peer->heard().find("Authorization"), std::string::npos);
}

TEST_F(ServerTest, JudgesTheRefusalTableOverASocket) {
  EchoHandler echo;
  options.http2 = false;  // or its preface would be answered
  StartServer([&echo](std::unique_ptr<Exchange> exchange) { echo(std::move(exchange)); });
  for (const auto& row : h1::RefusalCases()) {
    SCOPED_TRACE(std::string(row.name));
    Wanted wanted = Answers(row.verdict);
    auto peer = Dial();
    peer->Send(row.bytes);
    auto responses = peer->Responses(wanted.bodies.size() + (wanted.refusal != 0 ? 1 : 0));
    ASSERT_EQ(responses.size(), wanted.bodies.size() + (wanted.refusal != 0 ? 1 : 0));
    for (size_t i = 0; i < wanted.bodies.size(); ++i) {
      EXPECT_EQ(responses[i].head.status, 200);
      EXPECT_EQ(responses[i].body, wanted.bodies[i]);
    }
    if (wanted.refusal == 0) continue;
    EXPECT_EQ(responses.back().head.status, wanted.refusal);
    EXPECT_EQ(responses.back().head.headers.Find("connection"), "close");
    EXPECT_TRUE(peer->WaitForEnd());
    EXPECT_FALSE(peer->broken());
    EXPECT_EQ(peer->Responses().size(), responses.size());
  }
}

TEST_F(ServerTest, AnswersInOneWriteWithDateAndLength) {
  StartHello();
  auto peer = Dial();
  peer->Send(Get());
  auto responses = peer->Responses(1);
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].body, "hello");
  EXPECT_EQ(responses[0].head.headers.Find("content-length"), "5");
  EXPECT_EQ(responses[0].head.headers.Find("connection"), std::nullopt);
  std::string date(*responses[0].head.headers.Find("date"));
  tm parsed{};
  ASSERT_NE(strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parsed), nullptr) << date;
  EXPECT_NEAR(static_cast<double>(timegm(&parsed)), static_cast<double>(time(nullptr)), 5);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderOneAtATime) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get("", "/1") + Get("", "/2") + Get("", "/3"));
  for (size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(WaitForKept(i));
    EXPECT_EQ(kept.size(), i);
    EXPECT_EQ(kept.back()->index_on_connection(), i - 1);
    kept.back()->Respond({}, kept.back()->head().target);
  }
  auto responses = peer->Responses(3);
  ASSERT_EQ(responses.size(), 3u);
  EXPECT_EQ(responses[2].body, "/3");
}

TEST_F(ServerTest, Http10ClosesUnlessAskedToKeepAlive) {
  StartHello();
  auto peer = Dial();
  peer->Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto responses = peer->Responses(1);
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].head.headers.Find("connection"), "keep-alive");
  peer->Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_EQ(peer->Responses()[1].head.headers.Find("connection"), "close");
}

TEST_F(ServerTest, HonoursConnectionCloseOfClientAndHandler) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    ResponseHead head;
    if (exchange->head().target == "/close") head.headers.Append("Connection", "x, Close");
    exchange->Respond(head, "");
  });
  for (auto request : {Get("Connection: foo, close\r\n"), Get("", "/close")}) {
    auto peer = Dial();
    peer->Send(request);
    EXPECT_TRUE(peer->WaitForEnd());
    EXPECT_FALSE(peer->broken());
    EXPECT_EQ(peer->Responses().at(0).head.headers.Find("connection"), "close");
  }
}

TEST_F(ServerTest, SendsNoBodyForHead204And304) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    ResponseHead head;
    std::string target = exchange->head().target;
    if (target == "/204") head.status = 204;
    if (target == "/304") head.status = 304;
    if (target == "/stream") {
      BodySink& sink = exchange->StartResponse(head, std::nullopt);
      sink.Write("body");
      sink.End();
    } else {
      exchange->Respond(head, "body");
    }
  });
  auto peer = Dial();
  peer->Send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + Get("", "/204") + Get("", "/304") +
             "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + Get());
  ASSERT_TRUE(peer->Hear("\r\n\r\nbody"));
  auto responses = peer->Responses({true, false, false, true, false});
  ASSERT_EQ(responses.size(), 5u);
  EXPECT_EQ(responses[0].head.headers.Find("content-length"), "4");
  EXPECT_EQ(responses[1].head.headers.Find("content-length"), std::nullopt);
  EXPECT_EQ(responses[2].head.headers.Find("content-length"), std::nullopt);
  EXPECT_EQ(responses[4].body, "body");
}

TEST_F(ServerTest, StreamsChunkedOrWithLengthOrUntilClose) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    std::optional<uint64_t> length;
    if (exchange->head().target == "/length") length = 6;
    BodySink& sink = exchange->StartResponse({}, length);
    sink.Write("abc");
    sink.Write("");
    sink.Write("def");
    sink.End();
  });
  auto peer = Dial();
  peer->Send(Get() + Get("", "/length") + "GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(peer->WaitForEnd());
  auto responses = peer->Responses();
  ASSERT_EQ(responses.size(), 3u);
  EXPECT_EQ(responses[0].head.headers.Find("transfer-encoding"), "chunked");
  EXPECT_EQ(responses[1].head.headers.Find("content-length"), "6");
  EXPECT_EQ(responses[2].head.headers.Find("transfer-encoding"), std::nullopt);
  for (const auto& response : responses) EXPECT_EQ(response.body, "abcdef");
}

TEST_F(ServerTest, NeverEndsAMessageThatIsShorterOrLongerThanDeclared) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    BodySink& sink = exchange->StartResponse({}, 5);
    sink.Write(exchange->head().target == "/long" ? "123456" : "1234");
    sink.End();
  });
  for (const char* path : {"/long", "/short"}) {
    auto peer = Dial();
    peer->Send(Get("", path));
    EXPECT_TRUE(peer->WaitForEnd());
    EXPECT_TRUE(peer->Responses().empty()) << peer->heard();
  }
}

TEST_F(ServerTest, TruncatesVisiblyWhenAStreamIsAborted) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  BodySink& sink = kept[0]->StartResponse({}, std::nullopt);
  sink.Write("part");
  ASSERT_TRUE(peer->Hear("part"));
  kept.clear();
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_TRUE(peer->Responses().empty());
}

TEST_F(ServerTest, PausesTheStreamWhileTheClientDoesNotRead) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  peer->PauseReading();
  BodySink& sink = kept[0]->StartResponse({}, std::nullopt);
  int drained = 0;
  sink.set_drained_callback([&] { ++drained; });
  const std::string piece(64 * 1024, 'x');
  size_t written = 0;
  while (written < (64u << 20)) {
    written += piece.size();
    if (!sink.Write(piece)) {
      int before = drained;
      if (!RunUntil(
              loop, [&] { return drained > before; }, milliseconds(50)))
        break;
    }
  }
  EXPECT_LT(written, 32u << 20);  // the kernel's buffers and our bound, not everything
  int before = drained;
  peer->StartReading();
  EXPECT_TRUE(RunUntil(loop, [&] { return drained > before; }));
  sink.End();
  auto responses = peer->Responses(1);
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].body.size(), written);
}

TEST_F(ServerTest, StopsReadingABodyNobodyWantsYet) {
  StartKeeping();
  auto peer = Dial();
  const size_t size = 32u << 20;
  peer->Send(Post(size));
  ASSERT_TRUE(WaitForKept(1));
  peer->Send(std::string(size, 'x'));
  RunFor(loop, milliseconds(50));
  class Counter : public BodySource::Reader {
   public:
    void OnBodyData(std::string_view bytes) override {
      count += bytes.size();
      if (pause_at != 0 && count >= pause_at) source->Pause();
    }
    void OnBodyEnd() override { ended = true; }
    void OnBodyError(const absl::Status& status) override { ADD_FAILURE() << status; }
    size_t count = 0, pause_at = 1 << 20;
    bool ended = false;
    BodySource* source = nullptr;
  } reader;
  auto body = kept[0]->TakeBody();
  reader.source = body.get();
  EXPECT_EQ(body->length_bytes(), size);
  body->Read(reader);
  EXPECT_TRUE(RunUntil(loop, [&] { return reader.count >= reader.pause_at; }));
  size_t paused_at = reader.count;
  RunFor(loop, milliseconds(20));
  EXPECT_EQ(reader.count, paused_at);
  EXPECT_LT(paused_at, 2u << 20);
  reader.pause_at = 0;
  body->Read(reader);
  EXPECT_TRUE(RunUntil(loop, [&] { return reader.ended; }));
  EXPECT_EQ(reader.count, size);
  kept[0]->Respond({}, "");
  EXPECT_EQ(peer->Responses(1).size(), 1u);
}

TEST_F(ServerTest, SendsContinueWhenTheBodyIsRead) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Post(3, "Expect: 100-continue\r\n"));
  ASSERT_TRUE(WaitForKept(1));
  RunFor(loop, milliseconds(20));
  EXPECT_EQ(peer->heard(), "");
  std::string got;
  Collector collector(kept[0]->TakeBody(), 10,
                      [&](absl::Status, std::string bytes) { got = bytes; });
  collector.Start();
  EXPECT_TRUE(peer->Hear("HTTP/1.1 100 Continue\r\n\r\n"));
  peer->Send("abc");
  EXPECT_TRUE(RunUntil(loop, [&] { return got == "abc"; }));
  kept[0]->Respond({}, "ok");
  EXPECT_EQ(peer->Responses(1).size(), 1u);
  EXPECT_FALSE(peer->ended());
}

TEST_F(ServerTest, ClosesWhenAnExpectedContinueWasNeverSent) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    ResponseHead head;
    head.status = 403;
    exchange->Respond(head, "no");
  });
  auto peer = Dial();
  peer->Send(Post(3, "Expect: 100-continue\r\n"));
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_EQ(peer->Responses().at(0).head.headers.Find("connection"), "close");
}

TEST_F(ServerTest, DiscardsASmallUnreadBodyAndKeepsTheConnection) {
  StartHello();
  auto peer = Dial();
  peer->Send(Post(1000) + std::string(1000, 'x') + Get());
  EXPECT_EQ(peer->Responses(2).size(), 2u);
  peer->Send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
      Get());
  EXPECT_EQ(peer->Responses(4).size(), 4u);
  EXPECT_FALSE(peer->ended());
}

TEST_F(ServerTest, ClosesInsteadOfDiscardingALargeBody) {
  options.limits.discard_bytes_max = 1000;
  StartHello();
  auto peer = Dial();
  peer->Send(Post(1001));
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_EQ(peer->Responses().at(0).head.headers.Find("connection"), "close");
  auto chunked = Dial();
  chunked->Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
                std::string(2048, 'x') + "\r\n");
  EXPECT_TRUE(chunked->WaitForEnd());
  EXPECT_EQ(chunked->Responses().size(), 1u);
}

TEST_F(ServerTest, RefusesABodyBeyondTheLimit) {
  options.limits.body_bytes_max = 1000;
  EchoHandler echo;
  StartServer([&echo](std::unique_ptr<Exchange> exchange) { echo(std::move(exchange)); });
  auto peer = Dial();
  peer->Send(Post(1001));
  EXPECT_EQ(peer->Responses(1).at(0).head.status, 413);
  auto chunked = Dial();
  chunked->Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
                std::string(2048, 'x') + "\r\n");
  EXPECT_TRUE(chunked->WaitForEnd());
}

TEST_F(ServerTest, AnswersForAHandlerThatDoesNot) {
  StartServer([](std::unique_ptr<Exchange>) {});
  auto peer = Dial();
  peer->Send(Get());
  EXPECT_EQ(peer->Responses(1).at(0).head.status, 500);
}

TEST_F(ServerTest, NeverSendsAnInjectedHeader) {
  StartServer([](std::unique_ptr<Exchange> exchange) {
    ResponseHead head;
    head.headers.Append("x", "a\r\nSet-Cookie: stolen=1");
    if (exchange->head().target == "/stream") {
      BodySink& sink = exchange->StartResponse(head, std::nullopt);
      sink.Write("body");
      sink.End();
    } else {
      exchange->Respond(head, "body");
    }
  });
  for (const char* path : {"/", "/stream"}) {
    auto peer = Dial();
    peer->Send(Get("", path));
    EXPECT_TRUE(peer->WaitForEnd());
    EXPECT_EQ(peer->Responses().at(0).head.status, 500);
    EXPECT_EQ(peer->heard().find("Set-Cookie"), std::string::npos);
  }
}

TEST_F(ServerTest, TellsTheHandlerWhenTheClientGoes) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  int closed = 0;
  kept[0]->set_closed_callback([&] {
    ++closed;
    kept.clear();
  });
  peer->Close();
  EXPECT_TRUE(RunUntil(loop, [&] { return closed == 1; }));
  EXPECT_TRUE(RunUntil(loop, [&] { return server->connections() == 0; }));
}

TEST_F(ServerTest, AnswersAClientThatHasClosedItsSendingSide) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get());
  peer->ShutdownWrite();
  ASSERT_TRUE(WaitForKept(1));
  RunFor(loop, milliseconds(20));
  kept[0]->Respond({}, "late");
  EXPECT_EQ(peer->Responses(1).at(0).body, "late");
  EXPECT_TRUE(peer->WaitForEnd());
}

TEST_F(ServerTest, FailsTheBodyWhenTheClientClosesInside) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Post(10) + "abc");
  ASSERT_TRUE(WaitForKept(1));
  absl::Status got;
  Collector collector(kept[0]->TakeBody(), 100,
                      [&](absl::Status status, std::string) { got = status; });
  collector.Start();
  peer->ShutdownWrite();
  EXPECT_TRUE(RunUntil(loop, [&] { return !got.ok(); }));
  EXPECT_EQ(got.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(kept[0]->gone());
  EXPECT_TRUE(peer->WaitForEnd());
}

TEST_F(ServerTest, ExchangeAndBodyMayOutliveTheServer) {
  StartKeeping();
  auto peer = Dial();
  peer->Send(Post(10) + "abc");
  ASSERT_TRUE(WaitForKept(1));
  auto body = kept[0]->TakeBody();
  server.reset();
  absl::Status got;
  Collector collector(std::move(body), 100,
                      [&](absl::Status status, std::string) { got = status; });
  collector.Start();
  EXPECT_EQ(got.code(), absl::StatusCode::kCancelled);
  BodySink& sink = kept[0]->StartResponse({}, 3);
  EXPECT_TRUE(sink.Write("abc"));
  sink.End();
}

TEST_F(ServerTest, CutsASlowHead) {
  options.limits.head_deadline = milliseconds(60);
  StartHello();
  auto peer = Dial();
  peer->Send("GET / HTTP/1.1\r\nHost: a\r\n");
  Timer drip(loop, [&] {
    if (!peer->ended()) peer->Send("x");
    drip.Start(milliseconds(10));
  });
  drip.Start(milliseconds(10));
  EXPECT_TRUE(peer->WaitForEnd());
  drip.Stop();
  EXPECT_EQ(peer->Responses().at(0).head.status, 408);
  EXPECT_EQ(server->statistics().deadlines_missed, 1u);
}

TEST_F(ServerTest, ClosesIdleConnectionsSilently) {
  options.limits.idle_deadline = milliseconds(40);
  StartHello();
  auto peer = Dial();
  peer->Send(Get());
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_FALSE(peer->broken());
  EXPECT_EQ(peer->Responses().size(), 1u);
}

TEST_F(ServerTest, CutsADrippingBodyEvenWhenItsReaderPauses) {
  options.limits.body_window = milliseconds(60);
  StartKeeping();
  auto peer = Dial();
  peer->Send(Post(100'000));
  ASSERT_TRUE(WaitForKept(1));
  auto body = kept[0]->TakeBody();
  struct Pauser : BodySource::Reader {
    BodySource* source = nullptr;
    absl::Status error;
    void OnBodyData(std::string_view) override {
      source->Pause();
      source->Read(*this);
    }
    void OnBodyEnd() override {}
    void OnBodyError(const absl::Status& status) override { error = status; }
  } reader;
  reader.source = body.get();
  body->Read(reader);
  Timer drip(loop, [&] {
    if (!peer->ended()) peer->Send("x");
    drip.Start(milliseconds(5));
  });
  drip.Start(milliseconds(5));
  EXPECT_TRUE(peer->WaitForEnd());
  drip.Stop();
  EXPECT_EQ(reader.error.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(peer->Responses().at(0).head.status, 408);
}

TEST_F(ServerTest, CutsAClientThatDoesNotRead) {
  options.limits.write_stall = milliseconds(60);
  StartKeeping();
  auto peer = Dial();
  peer->PauseReading();
  peer->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  bool closed = false;
  kept[0]->set_closed_callback([&] { closed = true; });
  BodySink& sink = kept[0]->StartResponse({}, std::nullopt);
  sink.Write(std::string(64u << 20, 'x'));
  EXPECT_TRUE(RunUntil(loop, [&] { return closed; }));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(ServerTest, EndsARequestThatTakesTooLong) {
  options.limits.request_deadline = milliseconds(40);
  StartKeeping();
  auto peer = Dial();
  peer->Send(Get());
  EXPECT_TRUE(peer->WaitForEnd());
  EXPECT_EQ(peer->Responses().at(0).head.status, 503);
  EXPECT_TRUE(kept[0]->gone());
}

TEST_F(ServerTest, RefusesPolitelyBeyondTheMostConnections) {
  options.limits.connections_max = 1;
  StartHello();
  auto first = Dial();
  first->Send(Get());
  EXPECT_EQ(first->Responses(1).size(), 1u);
  auto second = Dial();
  second->Send(Get());
  EXPECT_TRUE(second->WaitForEnd());
  EXPECT_EQ(second->Responses().at(0).head.status, 503);
  first->Close();
  EXPECT_TRUE(RunUntil(loop, [&] { return server->connections() == 0; }));
  auto third = Dial();
  third->Send(Get());
  EXPECT_EQ(third->Responses(1).at(0).head.status, 200);
}

TEST_F(ServerTest, ANetworkHasItsMostConnections) {
  options.limits.connections_per_network_max = 1;
  StartHello();
  auto first = Dial();
  first->Send(Get());
  EXPECT_EQ(first->Responses(1).size(), 1u);
  auto second = Dial();
  EXPECT_TRUE(second->WaitForEnd());
  EXPECT_EQ(server->statistics().connections_refused, 1u);
  first->Send(Get());
  EXPECT_EQ(first->Responses(2).size(), 2u);
  first->Close();
  EXPECT_TRUE(RunUntil(loop, [&] { return server->connections() == 0; }));
  auto third = Dial();
  third->Send(Get());
  EXPECT_EQ(third->Responses(1).at(0).head.status, 200);
}

TEST_F(ServerTest, WhoHasNotAskedMakesRoomForNewcomers) {
  options.limits.connections_max = 2;
  options.limits.connections_per_network_max = 10;
  StartHello();
  auto asks = Dial();
  asks->Send(Get());
  EXPECT_EQ(asks->Responses(1).size(), 1u);
  auto silent = Dial();
  EXPECT_TRUE(RunUntil(loop, [&] { return server->connections() == 2; }));
  auto next = Dial();
  EXPECT_TRUE(silent->WaitForEnd());
  next->Send(Get());
  EXPECT_EQ(next->Responses(1).at(0).head.status, 200);
  asks->Send(Get());
  EXPECT_EQ(asks->Responses(2).size(), 2u);
  EXPECT_EQ(server->connections(), 2u);
  EXPECT_EQ(server->statistics().connections_refused, 1u);
}

TEST_F(ServerTest, ClosesAfterTheMostRequests) {
  options.limits.requests_per_connection_max = 2;
  StartHello();
  auto peer = Dial();
  peer->Send(Get() + Get() + Get());
  EXPECT_TRUE(peer->WaitForEnd());
  auto responses = peer->Responses();
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[1].head.headers.Find("connection"), "close");
}

TEST_F(ServerTest, DrainClosesIdleConnectionsAndFinishesBusyOnes) {
  StartKeeping();
  auto idle = Dial();
  auto busy = Dial();
  busy->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  SocketAddress address = server->address();
  bool done = false;
  server->Drain(std::chrono::seconds(5), [&] { done = true; });
  EXPECT_TRUE(idle->WaitForEnd());
  RunFor(loop, milliseconds(10));
  EXPECT_FALSE(done);
  bool refused = false;
  auto late = TcpConnection::Connect(loop, address, nullptr,
                                     [&](absl::Status status) { refused = !status.ok(); });
  EXPECT_TRUE(RunUntil(loop, [&] { return refused; }));
  kept[0]->Respond({}, "last");
  auto responses = busy->Responses(1);
  EXPECT_EQ(responses.at(0).head.headers.Find("connection"), "close");
  EXPECT_TRUE(busy->WaitForEnd());
  busy->Close();
  EXPECT_TRUE(RunUntil(loop, [&] { return done; }));
}

TEST_F(ServerTest, WithoutKeepAliveConnectionsEndAfterTheirAnswerAndNewOnesAreAccepted) {
  StartHello();
  auto kept = Dial();
  kept->Send(Get());
  EXPECT_NE(kept->Responses(1).at(0).head.headers.Find("connection"), "close");
  server->set_keep_alive(false);
  kept->Send(Get());
  EXPECT_EQ(kept->Responses(2).at(1).head.headers.Find("connection"), "close");
  EXPECT_TRUE(kept->WaitForEnd());
  auto late = Dial();
  late->Send(Get());
  EXPECT_EQ(late->Responses(1).at(0).head.headers.Find("connection"), "close");
  EXPECT_TRUE(late->WaitForEnd());
  server->set_keep_alive(true);
  auto again = Dial();
  again->Send(Get() + Get());
  EXPECT_NE(again->Responses(2).at(1).head.headers.Find("connection"), "close");
}

TEST_F(ServerTest, RenewedConnectionsEndAfterTheirNextAnswerAndLaterOnesAreKept) {
  StartHello();
  auto kept = Dial();
  kept->Send(Get());
  EXPECT_NE(kept->Responses(1).at(0).head.headers.Find("connection"), "close");
  server->RenewConnections();
  auto later = Dial();
  later->Send(Get() + Get());
  EXPECT_NE(later->Responses(2).at(1).head.headers.Find("connection"), "close");
  EXPECT_EQ(server->connections(), 2u) << "nobody is cut who asks for nothing";
  kept->Send(Get());
  EXPECT_EQ(kept->Responses(2).at(1).head.headers.Find("connection"), "close");
  EXPECT_TRUE(kept->WaitForEnd());
}

TEST_F(ServerTest, AConnectionIsNotEndedByAnAnswerThatDidNotSaySo) {
  StartKeeping();
  auto client = Dial();
  client->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  BodySink& sink = kept[0]->StartResponse({}, 4);
  ASSERT_TRUE(client->Hear("\r\n\r\n")) << client->heard();
  server->RenewConnections();
  server->set_keep_alive(false);
  sink.Write("done");
  sink.End();
  EXPECT_NE(client->Responses(1).at(0).head.headers.Find("connection"), "close");
  client->Send(Get());
  ASSERT_TRUE(WaitForKept(2)) << "it is still there";
  kept[1]->Respond({}, "last");
  EXPECT_EQ(client->Responses(2).at(1).head.headers.Find("connection"), "close");
  EXPECT_TRUE(client->WaitForEnd());
}

TEST_F(ServerTest, DrainCutsAtItsDeadline) {
  StartKeeping();
  auto busy = Dial();
  busy->Send(Get());
  ASSERT_TRUE(WaitForKept(1));
  bool done = false;
  server->Drain(milliseconds(30), [&] {
    done = true;
    server.reset();  // allowed
  });
  EXPECT_TRUE(RunUntil(loop, [&] { return done; }));
  EXPECT_TRUE(kept[0]->gone());
}

TEST_F(ServerTest, TakesAProxyHeaderWhereverReadsSplitIt) {
  options.accept_proxy_protocol = true;
  StartKeeping();
  ProxyInfo info;
  info.source = *SocketAddress::Parse("127.130.4.7:5000");
  info.destination = *SocketAddress::Parse("127.0.0.1:80");
  info.tlvs = {{0xe4, "place"}};
  auto peer = Dial();
  for (char c : *EncodeProxyHeader(info) + Get()) {
    peer->Send(std::string_view(&c, 1));
    loop.RunOnce();
  }
  ASSERT_TRUE(WaitForKept(1));
  ASSERT_NE(kept[0]->proxy(), nullptr);
  EXPECT_EQ(*kept[0]->proxy(), info);
  auto plain = Dial();
  plain->Send(Get());
  ASSERT_TRUE(WaitForKept(2));
  EXPECT_EQ(kept[1]->proxy(), nullptr);
  auto bad = Dial();
  bad->Send(std::string("\r\n\r\n\0\r\nQUIT\n\x11\x11\x00\x00", 16));
  EXPECT_TRUE(bad->WaitForEnd());
  EXPECT_EQ(bad->heard(), "");
}

TEST_F(ServerTest, DoesNotTakeAProxyHeaderUnasked) {
  StartHello();
  auto peer = Dial();
  ProxyInfo info;
  peer->Send(*EncodeProxyHeader(info) + Get());
  EXPECT_EQ(peer->Responses(1).at(0).head.status, 400);
}

TEST(Server, SaysWhyItCannotListen) {
  EventLoop loop;
  ServerOptions options;
  options.address = *SocketAddress::Parse("127.0.0.1:0");
  auto first = Server::Start(loop, options, [](std::unique_ptr<Exchange>) {});
  ASSERT_TRUE(first.ok());
  options.address = (*first)->address();
  auto second = Server::Start(loop, options, [](std::unique_ptr<Exchange>) {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace terrella::http
