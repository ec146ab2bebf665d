// Goal: the client keeps its promises against a real server and against peers that misbehave byte
// by byte.
#include "http/client/client.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "http/server/server.h"
#include "http/testing/raw_peer.h"

namespace terrella::http {
namespace {

using std::chrono::milliseconds;

// Collects a response.
class Got final : public ResponseObserver {
 public:
  void OnResponse(ResponseHead response, std::unique_ptr<BodySource> source) override {
    head = std::move(response);
    ++responses;
    if (hold_body) {
      held = std::move(source);
      return;
    }
    collector = std::make_unique<Collector>(std::move(source), 256 << 20,
                                            [this](absl::Status status, std::string bytes) {
                                              body_status = status;
                                              body = std::move(bytes);
                                              done = true;
                                            });
    collector->Start();
  }
  void OnError(const absl::Status& status) override {
    error = status;
    done = true;
  }
  bool hold_body = false;
  std::unique_ptr<BodySource> held;
  std::unique_ptr<Collector> collector;
  ResponseHead head;
  std::string body;
  absl::Status body_status, error;
  int responses = 0;
  bool done = false;
};

class ClientTest : public testing::Test {
 protected:
  // A real server that answers "METHOD TARGET" or streams the request's body back.
  SocketAddress StartServer() {
    ServerOptions options;
    options.address = *SocketAddress::Parse("127.0.0.1:0");
    options.limits.linger = milliseconds(50);
    server = *Server::Start(loop, options, [this](std::unique_ptr<Exchange> exchange) {
      if (exchange->head().target == "/echo") {
        auto body = exchange->TakeBody();
        BodySink& sink = exchange->StartResponse({}, body->length_bytes());
        echoes.push_back(std::move(exchange));
        pumps.push_back(std::make_unique<Pump>(std::move(body), sink, [](absl::Status) {}));
        pumps.back()->Start();
      } else {
        exchange->Respond({}, exchange->head().method + " " + exchange->head().target);
      }
    });
    return server->address();
  }
  // A listener whose connections the test plays itself.
  SocketAddress StartPeers() {
    listener =
        *TcpListener::Listen(loop, {.address = *SocketAddress::Parse("127.0.0.1:0")},
                             [this](std::unique_ptr<TcpConnection> tcp) {
                               peers.push_back(std::make_unique<RawPeer>(loop, std::move(tcp)));
                             });
    return listener->address();
  }
  ClientRequest Request(const SocketAddress& to, std::string_view method = "GET",
                        std::string_view target = "/") {
    ClientRequest request;
    request.to = to;
    request.head.method = method;
    request.head.target = target;
    request.head.host = "a.test";
    return request;
  }
  // With a body that waits for the server's leave.
  ClientRequest ExpectingRequest(const SocketAddress& to) {
    ClientRequest request = Request(to, "POST");
    request.head.headers.Append("expect", "100-continue");
    request.body = MakeStringBody("body");
    return request;
  }
  bool Finish(Got& got) {
    return RunUntil(loop, [&] { return got.done; });
  }
  // Starts a GET to a hand-played peer and gives it the answer.
  void Play(Got& got, std::string_view answer, bool close = false,
            std::string_view method = "GET") {
    SocketAddress to = StartPeers();
    call = client.Send(Request(to, method), got);
    ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
    ASSERT_TRUE(peers[0]->Hear("\r\n\r\n"));
    peers[0]->Send(answer);
    if (close) peers[0]->Close();
    EXPECT_TRUE(Finish(got));
  }

  EventLoop loop;
  std::vector<std::unique_ptr<Pump>> pumps;
  std::vector<std::unique_ptr<Exchange>> echoes;
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::unique_ptr<TcpListener> listener;
  Client client{loop};
  std::unique_ptr<Call> call;

  void TearDown() override {
    call.reset();
    pumps.clear();
    echoes.clear();
  }
};

TEST_F(ClientTest, APrefixIsSaidOnceOfAConnectionThatIsKept) {
  SocketAddress to = StartPeers();
  const auto ask = [&](std::string name, size_t peer) {
    ClientRequest request = Request(to);
    request.prefix_bytes = "<" + name + ">";
    request.kept_as = name;
    Got got;
    call = client.Send(std::move(request), got);
    ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() > peer; }));
    ASSERT_TRUE(peers[peer]->Hear("\r\n\r\n"));
    peers[peer]->Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    ASSERT_TRUE(Finish(got));
    call.reset();
  };
  ask("a", 0);
  ask("b", 1);
  EXPECT_TRUE(peers[0]->heard().starts_with("<a>GET / HTTP/1.1\r\n")) << peers[0]->heard();
  EXPECT_EQ(peers[0]->heard().find("close"), std::string::npos);
  const size_t once = peers[0]->heard().size();
  ask("a", 0);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers[0]->heard().size() > once; }));
  EXPECT_EQ(peers.size(), 2u);
  EXPECT_TRUE(peers[0]->heard().substr(once).starts_with("GET / "));
  // One that has ended meanwhile is made anew, and says who it is.
  peers[0]->Close();
  ASSERT_TRUE(RunUntil(loop, [&] { return client.idle_connections() == 1; }));
  ask("a", 2);
  EXPECT_TRUE(peers[2]->heard().starts_with("<a>GET "));
}

TEST_F(ClientTest, ReusesAConnectionAndSaysWhenThingsHappened) {
  SocketAddress to = StartServer();
  for (int i = 0; i < 3; ++i) {
    Got got;
    call = client.Send(Request(to), got);
    EXPECT_EQ(got.responses, 0);
    ASSERT_TRUE(Finish(got));
    EXPECT_EQ(got.body, "GET /");
    const CallTimings& timings = call->timings();
    EXPECT_EQ(timings.reused, i > 0);
    EXPECT_EQ(timings.connected.has_value(), i == 0);
    ASSERT_TRUE(timings.request_sent && timings.first_byte);
    EXPECT_LE(timings.started, *timings.request_sent);
    EXPECT_LE(*timings.request_sent, *timings.first_byte);
    EXPECT_GT(timings.bytes_received, got.body.size());
  }
  EXPECT_EQ(server->statistics().connections_accepted, 1u);
  EXPECT_EQ(client.idle_connections(), 1u);
  client.DropIdle(to);
  EXPECT_EQ(client.idle_connections(), 0u);
}

TEST_F(ClientTest, SendsHostOnceAndDropsConnectionFields) {
  SocketAddress to = StartPeers();
  ClientRequest request = Request(to);
  request.head.headers = {{"Host", "other"},
                          {"Connection", "close"},
                          {"TE", "x"},
                          {"Transfer-Encoding", "chunked"},
                          {"Accept", "*/*"}};
  Got got;
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("\r\n\r\n"));
  EXPECT_EQ(peers[0]->heard(), "GET / HTTP/1.1\r\nhost: a.test\r\nAccept: */*\r\n\r\n");
}

TEST_F(ClientTest, StreamsALargeBodyThereAndBack) {
  SocketAddress to = StartServer();
  std::string body(20u << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 4096) body[i] = static_cast<char>('a' + i / 4096 % 26);
  ClientRequest request = Request(to, "POST", "/echo");
  request.body = MakeStringBody(body);
  Got got;
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(Finish(got));
  EXPECT_TRUE(got.body_status.ok()) << got.body_status;
  EXPECT_EQ(got.body, body);
}

// A body of unknown length.
class Unknown final : public BodySource {
 public:
  explicit Unknown(std::string bytes) : inner_(MakeStringBody(std::move(bytes))) {}
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override { inner_->Read(reader); }
  void Pause() override { inner_->Pause(); }

 private:
  std::unique_ptr<BodySource> inner_;
};

TEST_F(ClientTest, SendsABodyOfUnknownLengthChunked) {
  SocketAddress to = StartServer();
  ClientRequest request = Request(to, "POST", "/echo");
  request.body = std::make_unique<Unknown>(std::string(200'000, 'y'));
  Got got;
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.head.headers.Find("transfer-encoding"), "chunked");
  EXPECT_EQ(got.body, std::string(200'000, 'y'));
  EXPECT_TRUE(RunUntil(loop, [&] { return client.idle_connections() == 1; }));
}

TEST_F(ClientTest, PausesTheServerWhenTheBodyIsNotRead) {
  SocketAddress to = StartPeers();
  Got got;
  got.hold_body = true;
  call = client.Send(Request(to), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  const size_t size = 32u << 20;
  peers[0]->Send(fmt::format("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", size));
  peers[0]->Send(std::string(size, 'z'));
  ASSERT_TRUE(RunUntil(loop, [&] { return got.responses == 1; }));
  RunFor(loop, milliseconds(50));
  EXPECT_LT(call->timings().bytes_received, 1u << 20);
  EXPECT_EQ(got.held->length_bytes(), size);
  got.hold_body = false;
  got.OnResponse(got.head, std::move(got.held));
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.body.size(), size);
}

TEST_F(ClientTest, RetriesOnceWhenAPooledConnectionHasDied) {
  SocketAddress to = StartPeers();
  Got first;
  call = client.Send(Request(to), first);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  peers[0]->Send("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(Finish(first));
  for (std::string_view method : {"GET", "POST"}) {
    Got second;
    call = client.Send(Request(to, method), second);
    EXPECT_TRUE(call->timings().reused);
    // The request is on its way when the peer closes.
    peers.back()->Close();
    if (method == "GET") {
      ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 2; }));
      ASSERT_TRUE(peers[1]->Hear("\r\n\r\n"));
      peers[1]->Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      ASSERT_TRUE(Finish(second));
      EXPECT_EQ(second.body, "ok");
      EXPECT_TRUE(call->timings().retried);
    } else {
      ASSERT_TRUE(Finish(second));
      EXPECT_EQ(second.error.code(), absl::StatusCode::kUnavailable);
    }
  }
}

TEST_F(ClientTest, DoesNotRetryANewConnection) {
  Got got;
  Play(got, "", true);
  EXPECT_EQ(got.error.code(), absl::StatusCode::kUnavailable) << got.error;
  EXPECT_EQ(peers.size(), 1u);
}

TEST_F(ClientTest, SkipsInterimResponses) {
  Got got;
  Play(got,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
       "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
  EXPECT_EQ(got.head.status, 200);
  EXPECT_EQ(got.body, "x");
  EXPECT_EQ(got.responses, 1);
}

TEST_F(ClientTest, ReadsUntilCloseWhenNothingFramesTheBody) {
  Got got;
  Play(got, "HTTP/1.0 200 OK\r\n\r\nall of it", true);
  EXPECT_TRUE(got.body_status.ok()) << got.body_status;
  EXPECT_EQ(got.body, "all of it");
  EXPECT_EQ(client.idle_connections(), 0u);
}

TEST_F(ClientTest, TellsATruncatedBodyFromAWholeOne) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", true);
  EXPECT_EQ(got.body_status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(ClientTest, TellsATruncatedChunkedBody) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", true);
  EXPECT_EQ(got.body_status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(ClientTest, HeadHasNoBodyWhateverItSays) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", false, "HEAD");
  EXPECT_EQ(got.head.headers.Find("content-length"), "1000");
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(client.idle_connections(), 1u);
}

TEST_F(ClientTest, DoesNotPoolWhatThePeerWillClose) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(client.idle_connections(), 0u);
}

TEST_F(ClientTest, DropsAConnectionThatSaysMoreThanAsked) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n");
  EXPECT_EQ(got.head.status, 200);
  EXPECT_EQ(client.idle_connections(), 0u);
}

TEST_F(ClientTest, RefusesMalformedResponses) {
  for (std::string_view answer :
       {"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 200 OK\nx: y\n\n", "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\n: c\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    Got got;
    peers.clear();
    Play(got, answer);
    EXPECT_EQ(got.error.code(), absl::StatusCode::kDataLoss) << answer << ": " << got.error;
    call.reset();
  }
}

TEST_F(ClientTest, RefusesAnEndlessHead) {
  Got got;
  Play(got, "HTTP/1.1 200 OK\r\na: " + std::string(200'000, 'x'));
  EXPECT_EQ(got.error.code(), absl::StatusCode::kResourceExhausted) << got.error;
}

TEST_F(ClientTest, RefusesToSendWhatCannotBeSaid) {
  SocketAddress to = StartServer();
  for (auto change : std::vector<std::function<void(RequestHead&)>>{
           [](RequestHead& head) { head.target = "/a b"; },
           [](RequestHead& head) { head.target = "/\r\nx: y"; },
           [](RequestHead& head) { head.method = "G T"; },
           [](RequestHead& head) { head.host = "a\r\nb"; },
           [](RequestHead& head) { head.headers.Append("a b", "c"); },
           [](RequestHead& head) { head.headers.Append("a", "c\nd"); }}) {
    ClientRequest request = Request(to);
    change(request.head);
    Got got;
    call = client.Send(std::move(request), got);
    EXPECT_FALSE(got.done);
    ASSERT_TRUE(Finish(got));
    EXPECT_EQ(got.error.code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(ClientTest, SaysWhenNobodyListens) {
  SocketAddress to = StartPeers();
  listener.reset();
  loop.RunOnce();
  Got got;
  call = client.Send(Request(to), got);
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.error.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(got.error).find(to.ToString()), std::string_view::npos);
}

TEST_F(ClientTest, HoldsItsDeadlines) {
  SocketAddress to = StartPeers();
  ClientRequest request = Request(to);
  request.limits.head_deadline = milliseconds(30);
  Got late_head;
  call = client.Send(std::move(request), late_head);
  ASSERT_TRUE(Finish(late_head));
  EXPECT_EQ(late_head.error.code(), absl::StatusCode::kDeadlineExceeded);

  request = Request(to);
  request.limits.body_idle = milliseconds(30);
  Got late_body;
  call = client.Send(std::move(request), late_body);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 2; }));
  peers[1]->Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  ASSERT_TRUE(Finish(late_body));
  EXPECT_EQ(late_body.body_status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClientTest, DestroyingTheCallCancels) {
  SocketAddress to = StartPeers();
  Got got;
  got.hold_body = true;
  call = client.Send(Request(to), got);
  call.reset();  // before the connection is made
  call = client.Send(Request(to), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return !peers.empty() && peers.back()->Hear("\r\n\r\n"); }));
  RawPeer& peer = *peers.back();
  peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  ASSERT_TRUE(RunUntil(loop, [&] { return got.responses == 1; }));
  call.reset();
  EXPECT_TRUE(peer.WaitForEnd());
  absl::Status status;
  Collector collector(std::move(got.held), 100, [&](absl::Status s, std::string) { status = s; });
  collector.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(got.error.ok());
}

TEST_F(ClientTest, GivesAPrefixItsOwnConnection) {
  SocketAddress to = StartServer();
  server.reset();
  ServerOptions options;
  options.address = to;
  options.accept_proxy_protocol = true;
  options.limits.linger = milliseconds(20);
  std::string seen;
  server = *Server::Start(loop, options, [&](std::unique_ptr<Exchange> exchange) {
    seen = exchange->proxy()->source.ToString();
    exchange->Respond({}, "ok");
  });
  for (int i = 0; i < 2; ++i) {
    ProxyInfo info;
    info.source = *SocketAddress::Parse("127.130.4.7:1");
    info.destination = to;
    ClientRequest request = Request(to);
    request.prefix_bytes = *EncodeProxyHeader(info);
    Got got;
    call = client.Send(std::move(request), got);
    ASSERT_TRUE(Finish(got));
    EXPECT_EQ(got.body, "ok");
    EXPECT_EQ(seen, "127.130.4.7:1");
    EXPECT_EQ(client.idle_connections(), 0u);
  }
}

TEST_F(ClientTest, DialsFromTheGivenAddress) {
  SocketAddress to = StartServer();
  server.reset();
  ServerOptions options;
  options.address = to;
  std::string peer;
  server = *Server::Start(loop, options, [&](std::unique_ptr<Exchange> exchange) {
    peer = exchange->peer().ip.ToString();
    exchange->Respond({}, "ok");
  });
  ClientRequest request = Request(to);
  request.from = *SocketAddress::Parse("127.77.3.9:0");
  Got got;
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(peer, "127.77.3.9");
}

TEST_F(ClientTest, IdleConnectionsEnd) {
  SocketAddress to = StartServer();
  PoolLimits limits;
  limits.idle_deadline = milliseconds(30);
  limits.idle_per_target_max = 1;
  Client small(loop, limits);
  Got one, two;
  auto first = small.Send(Request(to), one);
  auto second = small.Send(Request(to), two);
  ASSERT_TRUE(Finish(one) && Finish(two));
  EXPECT_EQ(small.idle_connections(), 1u);
  EXPECT_TRUE(RunUntil(loop, [&] { return small.idle_connections() == 0; }));
}

// Keeps body and trailers.
class TrailerReader final : public BodySource::Reader {
 public:
  void OnBodyData(std::string_view bytes) override { body.append(bytes); }
  void OnBodyTrailers(Headers&& fields) override { trailers = std::move(fields); }
  void OnBodyEnd() override { ended = true; }
  void OnBodyError(const absl::Status&) override { ended = true; }
  std::string body;
  Headers trailers;
  bool ended = false;
};

TEST_F(ClientTest, HandsTrailersOn) {
  Got got;
  got.hold_body = true;
  call = client.Send(Request(StartPeers()), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("\r\n\r\n"));
  peers[0]->Send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n");
  ASSERT_TRUE(RunUntil(loop, [&] { return got.responses == 1; }));
  TrailerReader reader;
  got.held->Read(reader);
  ASSERT_TRUE(RunUntil(loop, [&] { return reader.ended; }));
  EXPECT_EQ(reader.body, "abc");
  EXPECT_EQ(reader.trailers.Find("x-sum"), "1");
}

TEST_F(ClientTest, WaitsForContinueWhenAskedTo) {
  Got got;
  ClientRequest request = ExpectingRequest(StartPeers());
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("\r\n\r\n"));
  RunFor(loop, milliseconds(30));
  EXPECT_FALSE(peers[0]->heard().ends_with("body"));
  peers[0]->Send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(peers[0]->Hear("\r\n\r\nbody"));
  peers[0]->Send("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.head.status, 204);
}

TEST_F(ClientTest, DoesNotWaitForContinueForEver) {
  Got got;
  ClientRequest request = ExpectingRequest(StartPeers());
  request.limits.continue_wait = milliseconds(20);
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  EXPECT_TRUE(peers[0]->Hear("\r\n\r\nbody"));
}

TEST_F(ClientTest, SendsNoBodyAfterARefusedExpectation) {
  Got got;
  ClientRequest request = ExpectingRequest(StartPeers());
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("\r\n\r\n"));
  peers[0]->Send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.head.status, 417);
  EXPECT_TRUE(peers[0]->WaitForEnd());
  EXPECT_FALSE(peers[0]->heard().ends_with("body"));
  EXPECT_EQ(client.idle_connections(), 0u);
}

// Takes the connection after a switch.
class Switched final : public ResponseObserver {
 public:
  void OnResponse(ResponseHead response, std::unique_ptr<BodySource>) override {
    head = std::move(response);
    done = true;
  }
  void OnSwitched(ResponseHead response, std::unique_ptr<ByteStream> given,
                  std::string bytes) override {
    head = std::move(response);
    stream = std::move(given);
    unread = std::move(bytes);
    done = true;
  }
  void OnError(const absl::Status& status) override {
    error = status;
    done = true;
  }
  ResponseHead head;
  std::unique_ptr<ByteStream> stream;
  std::string unread;
  absl::Status error;
  bool done = false;
};

TEST_F(ClientTest, SwitchesProtocolsWhenItOfferedTo) {
  Switched got;
  ClientRequest request = Request(StartPeers());
  request.upgrade = "websocket";
  call = client.Send(std::move(request), got);
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("upgrade: websocket\r\nconnection: Upgrade\r\n\r\n"));
  peers[0]->Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nrest");
  ASSERT_TRUE(RunUntil(loop, [&] { return got.done; }));
  EXPECT_EQ(got.head.status, 101);
  EXPECT_EQ(got.unread, "rest");
  ASSERT_NE(got.stream, nullptr);
  got.stream->Write("ours");
  EXPECT_TRUE(peers[0]->Hear("ours"));
  got.stream->Break();
}

TEST_F(ClientTest, RefusesASwitchNobodyOffered) {
  Got got;
  Play(got, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(got.error.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace terrella::http
