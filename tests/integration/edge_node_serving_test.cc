// A real edge_node process and requests: faults of workers, subrequests, places, draining, the dev
// door.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "http/proxy_protocol.h"
#include "terrella/v1/client_place.pb.h"
#include "tests/integration/edge_node_fixture.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr char kFaulty[] = R"js(
export default { async fetch(request) {
  switch (new URL(request.url).pathname) {
    case "/loop": for (;;) {}
    case "/heap": { const all = []; for (;;) all.push(new Array(1 << 16).fill(all.length)); }
    case "/recurse": { const f = () => f() + 1; return new Response(String(f())); }
    case "/throw": throw new Error("secret detail");
    case "/hang": return new Promise(() => {});
    case "/nothing": return;
    default: return new Response("fine");
  }
} };
)js";

// A program outside the network: answers every request on a connection with "origin".
class Origin {
 public:
  Origin() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Origin() {
    shutdown(listener_, SHUT_RDWR);
    if (int fd = connection_; fd >= 0) shutdown(fd, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve() {
    int fd;
    while ((fd = accept(listener_, nullptr, nullptr)) >= 0) {
      connection_ = fd;
      char bytes[4096];
      constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\norigin";
      while (recv(fd, bytes, sizeof bytes, 0) > 0)
        send(fd, kReply.data(), kReply.size(), MSG_NOSIGNAL);
      connection_ = -1;
      close(fd);
    }
  }
  int listener_;
  uint16_t port_;
  std::atomic<int> connection_ = -1;
  std::thread thread_;
};

class EdgeNodeServing : public ::testing::Test {
 protected:
  EdgeNodeServing() : node_({"--pop=FRA", "--city=Frankfurt", "--control=" + control_.target()}) {}

  void Deploy(v1::Push push) {
    ASSERT_TRUE(node_.serving()) << node_.Log();
    const auto report = control_.Push(std::move(push));
    ASSERT_TRUE(report) << node_.Log();
    ASSERT_EQ(report->rejected_size(), 0) << report->DebugString();
  }
  HttpReply Ask(const std::string& script, std::string_view target = "/") {
    return Get(node_.address(), script + ".edge.test", target);
  }
  static double MsOf(const std::function<void()>& work) {
    const auto start = steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
  }

  FakeControlPlane control_;
  NodeProcess node_;
};

TEST_F(EdgeNodeServing, FaultsGetTheirAnswersAndNeighboursLive) {
  v1::Push push = DeployPush(1, "faulty", "v1", kFaulty);
  push.mutable_upsert(0)->mutable_version()->mutable_limits()->set_cpu_ms(200);
  push.mutable_upsert(0)->mutable_version()->mutable_limits()->set_heap_bytes(16 << 20);
  v1::Push hoarder = DeployPush(1, "hoarder", "v1", kFaulty);
  *hoarder.mutable_upsert(0)->mutable_version()->mutable_limits() =
      push.upsert(0).version().limits();
  push.MergeFrom(hoarder);
  push.MergeFrom(
      DeployPush(1, "good", "v1", "export default { fetch: () => new Response('good') }"));
  Deploy(push);
  struct Case {
    const char* script;
    const char* target;
    int status;
    const char* text;
  };
  const Case cases[] = {
      {"faulty", "/loop", 503, "exceeded its limit of 200 ms of CPU time"},
      {"hoarder", "/heap", 503, "exceeded its limit of 16 MiB of memory"},
      {"faulty", "/recurse", 500, "rejected"},
      {"faulty", "/throw", 500, "rejected"},
      {"faulty", "/hang", 500, "will never answer"},
      {"faulty", "/nothing", 500, "did not return a Response"},
  };
  for (const Case& c : cases) {
    const HttpReply reply = Ask(c.script, c.target);
    EXPECT_EQ(reply.status, c.status) << c.target << node_.Log();
    EXPECT_THAT(reply.body, HasSubstr(c.text)) << c.target;
    EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("secret detail")));
    const std::string ray = reply.Header("terrella-ray");
    EXPECT_THAT(reply.body, HasSubstr(ray));
    EXPECT_THAT(node_.Log(), HasSubstr(ray)) << "the ray finds the log line";
    EXPECT_EQ(Ask(c.script).body, "fine") << "after " << c.target << ", as the first stop is free";
    EXPECT_EQ(Ask("good").body, "good") << "after " << c.target;
  }
  EXPECT_TRUE(control_.WaitForBeat([](const v1::Heartbeat& beat) {
    return beat.scripts_size() > 0 && beat.scripts(0).errors() > 0 && beat.scripts(0).cpu_us() > 0;
  }));
}

TEST_F(EdgeNodeServing, AScriptStoppedAgainAndAgainRestsAndNeighboursDoNotWait) {
  v1::Push push = DeployPush(1, "faulty", "v1", kFaulty);
  push.MergeFrom(
      DeployPush(1, "good", "v1", "export default { fetch: () => new Response('good') }"));
  Deploy(push);
  int stopped = 0;
  HttpReply reply;
  for (int i = 0; i < 20; ++i) {
    reply = Ask("faulty", "/loop");
    ASSERT_EQ(reply.status, 503);
    if (reply.body.find(" rests for ") != std::string::npos) break;
    ++stopped;
  }
  EXPECT_GE(stopped, 2) << "the first stop is free";
  EXPECT_THAT(reply.body, HasSubstr("because it exceeded 50 ms of CPU time"));
  EXPECT_GE(std::atoi(reply.Header("retry-after").c_str()), 1);
  EXPECT_EQ(reply.Header("x-terrella-version"), "v1");
  EXPECT_THAT(node_.Log(), HasSubstr(", rests for "));
  EXPECT_EQ(Ask("good").body, "good");
  Deploy(DeployPush(2, "faulty", "v2", kFaulty));
  EXPECT_EQ(Ask("faulty").body, "fine") << "another version begins with nothing against it";
}

TEST_F(EdgeNodeServing, ALoopInsideABuiltInIsLeftByForceAndCounted) {
  v1::Push push = DeployPush(1, "stuck", "v1",
                             "export default { fetch: () =>"
                             " new Response(String([].includes.call({length: 2 ** 53}, 1))) }");
  push.MergeFrom(
      DeployPush(1, "good", "v1", "export default { fetch: () => new Response('good') }"));
  Deploy(push);
  EXPECT_EQ(Ask("stuck").status, 503);
  EXPECT_EQ(Ask("good").body, "good");
  EXPECT_TRUE(control_.WaitForBeat(
      [](const v1::Heartbeat& beat) { return beat.abandoned_isolates() == 1; }));
  const auto health = nlohmann::json::parse(
      Get(node_.address(), node_.address().ToString(), "/.terrella/health").body);
  EXPECT_EQ(health["abandoned_isolates"], 1);
}

TEST_F(EdgeNodeServing, WhoSharedAnIsolateWithALoopIsAnsweredByAFreshOne) {
  const std::string code =
      "export default { async fetch(request) {"
      " if (new URL(request.url).pathname === '/loop') for (;;) {}"
      " const body = await request.text();"
      " await new Promise(r => setTimeout(r, 600));"
      " return new Response(request.method + request.headers.get('x-mark') + body); } }";
  Deploy(DeployPush(1, "shared", "v1", code));
  HttpConnection safe(node_.address()), unsafe(node_.address());
  safe.Send("shared.edge.test", "/slow", "x-mark: 7\r\n");
  unsafe.Send("POST", "shared.edge.test", "/slow", "content-length: 0\r\n");
  EXPECT_EQ(Ask("nobody").status, 404);  // both requests have been read before
  EXPECT_EQ(Ask("shared", "/loop").status, 503);
  EXPECT_EQ(safe.Receive().body, "GET7") << node_.Log();
  const HttpReply refused = unsafe.Receive();
  EXPECT_EQ(refused.status, 503) << "a POST may have had its effect";
  EXPECT_THAT(refused.body, HasSubstr("was stopped while it answered"));
  EXPECT_EQ(refused.Header("retry-after"), "1");
}

TEST_F(EdgeNodeServing, ServiceBindingsCallEachOtherAndLoopsEnd) {
  v1::Push push = DeployPush(1, "front", "v1",
                             "export default { async fetch(request, env) {"
                             " const r = await env.BACK.fetch('http://any/x');"
                             " return new Response('front+' + await r.text()); } }");
  v1::Binding& back = *push.mutable_upsert(0)->mutable_version()->add_bindings();
  back.set_name("BACK");
  back.set_service("back");
  push.MergeFrom(DeployPush(
      1, "back", "v1", "export default { fetch: (r) => new Response(new URL(r.url).pathname) }"));
  v1::Push loop = DeployPush(1, "loop", "v1",
                             "export default { async fetch(request, env) {"
                             " try { return await env.SELF.fetch(request); }"
                             " catch (e) { return new Response(String(e.message)); } } }");
  v1::Binding& self = *loop.mutable_upsert(0)->mutable_version()->add_bindings();
  self.set_name("SELF");
  self.set_service("loop");
  push.MergeFrom(loop);
  Deploy(push);
  EXPECT_EQ(Ask("front").body, "front+/x") << node_.Log();
  EXPECT_THAT(Ask("loop").body, HasSubstr("more than 16 deep"));
}

TEST_F(EdgeNodeServing, OriginsAreAsFarAsTheModelSaysAndNothingElseIsReachable) {
  Origin server;
  v1::Push push = DeployPush(1, "fetcher", "v1",
                             "export default { async fetch(request) {"
                             " const host = new URL(request.url).searchParams.get('host');"
                             " try { const r = await fetch('http://' + host + '/x');"
                             " return new Response(await r.text()); }"
                             " catch (e) { return new Response('failed: ' + e.message); } } }");
  v1::Origin& origin = *push.mutable_upsert(0)->mutable_version()->add_origins();
  origin.set_host("api.example");
  origin.set_address(server.address());
  v1::PopRtt& rtt = *origin.add_rtts();
  rtt.set_pop("FRA");
  rtt.set_rtt_ms(60);
  Deploy(push);
  const double first =
      MsOf([&] { EXPECT_EQ(Ask("fetcher", "/?host=api.example").body, "origin"); });
  const double second =
      MsOf([&] { EXPECT_EQ(Ask("fetcher", "/?host=api.example").body, "origin"); });
  EXPECT_GE(first, 120) << "a handshake and a request";
  EXPECT_GE(second, 60) << "a request on the kept connection";
  EXPECT_LT(second, 120);
  EXPECT_THAT(Ask("fetcher", "/?host=" + server.address()).body, HasSubstr("failed: "));
  EXPECT_THAT(Ask("fetcher", "/?host=localhost").body, HasSubstr("failed: "));
}

TEST_F(EdgeNodeServing, TheForwarderSaysWhereTheClientIs) {
  Deploy(DeployPush(1, "where", "v1",
                    "export default { fetch: (r) => new Response(JSON.stringify({...r.cf,"
                    " ip: r.headers.get('cf-connecting-ip')})) }"));
  v1::ClientPlace place;
  place.set_city("Lagos");
  place.set_country("NG");
  place.set_continent("AF");
  place.set_latitude_deg(6.45);
  place.set_rtt_ms(87.4);
  http::ProxyInfo info;
  info.source = SocketAddress::Parse("127.130.4.7:4000").value();
  info.destination = node_.address();
  info.tlvs.push_back({0xE4, place.SerializeAsString()});
  HttpConnection connection(node_.address(), http::EncodeProxyHeader(info).value());
  connection.Send("where.edge.test", "/", "cf-connecting-ip: 6.6.6.6\r\n");
  const auto cf = nlohmann::json::parse(connection.Receive().body);
  EXPECT_EQ(cf["colo"], "FRA");
  EXPECT_EQ(cf["city"], "Lagos");
  EXPECT_EQ(cf["country"], "NG");
  EXPECT_EQ(cf["clientTcpRtt"], 87);
  EXPECT_EQ(cf["ip"], "127.130.4.7") << "and a client cannot say otherwise";
  const auto local = nlohmann::json::parse(Ask("where").body);
  EXPECT_EQ(local["city"], "Frankfurt");
}

TEST_F(EdgeNodeServing, AServiceBindingShowsTheCalleeTheCallersClient) {
  v1::Push push = DeployPush(1, "front", "v1",
                             "export default { fetch: (r, env) => env.BACK.fetch('http://any/') }");
  v1::Binding& back = *push.mutable_upsert(0)->mutable_version()->add_bindings();
  back.set_name("BACK");
  back.set_service("back");
  push.MergeFrom(DeployPush(1, "back", "v1",
                            "export default { fetch: (r) => new Response(JSON.stringify(r.cf)) }"));
  Deploy(push);
  v1::ClientPlace place;
  place.set_city("Lagos");
  place.set_rtt_ms(87.4);
  http::ProxyInfo info;
  info.source = SocketAddress::Parse("127.130.4.7:4000").value();
  info.destination = node_.address();
  info.tlvs.push_back({0xE4, place.SerializeAsString()});
  HttpConnection connection(node_.address(), http::EncodeProxyHeader(info).value());
  connection.Send("front.edge.test", "/");
  const auto cf = nlohmann::json::parse(connection.Receive().body);
  EXPECT_EQ(cf["city"], "Lagos");
  EXPECT_EQ(cf["colo"], "FRA");
  EXPECT_EQ(cf["clientTcpRtt"], 87);
}

TEST_F(EdgeNodeServing, HealthAnswersOnTheAddressAndShadowsNoWorker) {
  Deploy(DeployPush(3, "any", "v1", "export default { fetch: () => new Response('worker') }"));
  const auto health = nlohmann::json::parse(
      Get(node_.address(), node_.address().ToString(), "/.terrella/health").body);
  EXPECT_EQ(health["revision"], 3);
  EXPECT_EQ(health["scripts"]["any"], "v1");
  EXPECT_EQ(Ask("any", "/.terrella/health").body, "worker");
  const HttpReply none = Ask("nobody", "/x");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr("No worker answers nobody.edge.test/x here."));
}

TEST_F(EdgeNodeServing, SigtermFinishesWhatIsInFlightAndRefusesTheRest) {
  Deploy(DeployPush(1, "slow", "v1",
                    "export default { async fetch() { await new Promise(r => setTimeout(r, 500));"
                    " return new Response('finished'); } }"));
  HttpConnection connection(node_.address());
  connection.Send("slow.edge.test", "/");
  EXPECT_EQ(Ask("nobody").status, 404);  // the node has read the request before
  node_.Signal(SIGTERM);
  EXPECT_TRUE(control_.WaitForBeat([](const v1::Heartbeat& beat) { return beat.draining(); }));
  EXPECT_FALSE(HttpConnection(node_.address()).open());
  const HttpReply reply = connection.Receive();
  EXPECT_EQ(reply.body, "finished");
  EXPECT_EQ(reply.Header("connection"), "close");
  EXPECT_EQ(node_.Wait(), 0) << node_.Log();
}

TEST_F(EdgeNodeServing, ToldToDrainItAnswersButKeepsNoConnection) {
  Deploy(DeployPush(1, "hello", "v1", "export default { fetch: () => new Response('hi') }"));
  HttpConnection kept(node_.address());
  const auto ask = [](HttpConnection& connection) {
    connection.Send("hello.edge.test", "/");
    return connection.Receive();
  };
  EXPECT_EQ(ask(kept).Header("connection"), "");
  v1::Push push;
  push.set_revision(2);
  push.mutable_directive()->set_drain(true);
  Deploy(push);
  EXPECT_TRUE(control_.WaitForBeat([](const v1::Heartbeat& beat) { return beat.draining(); }));
  const HttpReply last = ask(kept);
  EXPECT_EQ(last.body, "hi");
  EXPECT_EQ(last.Header("connection"), "close");
  EXPECT_EQ(ask(kept).status, 0) << "it is closed";
  HttpConnection late(node_.address());
  EXPECT_EQ(ask(late).Header("connection"), "close") << "latecomers are served, too";
  push.set_revision(3);
  push.mutable_directive()->set_drain(false);
  Deploy(push);
  HttpConnection again(node_.address());
  EXPECT_EQ(ask(again).Header("connection"), "");
  EXPECT_EQ(ask(again).body, "hi");
}

TEST(EdgeNodeCommandLine, CheckSaysWhetherAWorkerWouldBeAccepted) {
  std::string pattern = (fs::temp_directory_path() / "edge_check.XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  auto check = [&](const std::string& code) {
    std::ofstream(folder / "index.js") << code;
    NodeProcess node({"--check=" + folder.string()}, /*wait_ready=*/false);
    const auto exit_code = node.Wait();
    return std::pair(exit_code.value_or(-1), node.Log());
  };
  EXPECT_EQ(check("export default { fetch() {} }").first, 0);
  const auto [code, log] = check("export default {\n  fetch( }");
  EXPECT_EQ(code, 3);
  EXPECT_THAT(log, HasSubstr("index.js:2:"));
  EXPECT_EQ(check("//" + std::string(30 << 20, 'x')).first, 3);
  fs::remove_all(folder);
}

TEST(EdgeNodeCommandLine, WrongFlagsExitWithTwo) {
  for (const char* flag :
       {"--lisen=x", "--shards=0", "--log-level=loud", "--watch", "--var=A=1", "stray"}) {
    NodeProcess node({flag}, false);
    EXPECT_EQ(node.Wait(), 2) << flag << node.Log();
  }
}

TEST(EdgeNodeDev, ReloadsOnChangeAndKeepsTheOldOneOnAnError) {
  std::string pattern = (fs::temp_directory_path() / "edge_dev.XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  auto write = [&](const std::string& text) { std::ofstream(folder / "index.js") << text; };
  auto answering = [](const std::string& text) {
    return "export default { fetch: (r, env) => new Response('" + text + "' + env.A) }";
  };
  write(answering("one"));
  NodeProcess node({"--worker=" + folder.string(), "--watch", "--var=A=!", "--name=x"}, false);
  EXPECT_EQ(node.Wait(), 2) << "--name is the CLI's";
  NodeProcess dev({"--worker=" + folder.string(), "--watch", "--var=A=!"});
  ASSERT_TRUE(dev.serving()) << dev.Log();
  EXPECT_EQ(Get(dev.address(), "any.host", "/any").body, "one!");
  auto becomes = [&](const std::function<bool()>& condition) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!condition() && steady_clock::now() < deadline) {
    }
    return condition();
  };
  write(answering("two"));
  EXPECT_TRUE(becomes([&] { return Get(dev.address(), "any.host", "/").body == "two!"; }))
      << dev.Log();
  write("export default { fetch( }");
  EXPECT_TRUE(becomes([&] { return dev.Log().find("SyntaxError") != std::string::npos; }));
  EXPECT_EQ(Get(dev.address(), "any.host", "/").body, "two!");
  write(answering("three"));
  EXPECT_TRUE(becomes([&] { return Get(dev.address(), "any.host", "/").body == "three!"; }))
      << dev.Log();
  fs::remove_all(folder);
}

TEST(EdgeNodeMemory, WhenTheMachineIsShortIdleWorkersGoAndComeBackWhenAskedFor) {
  FakeControlPlane control;
  // 16 TiB: there is no machine that is not short of them.
  NodeProcess node({"--control=" + control.target(), "--memory_floor_mib=16777216"});
  ASSERT_TRUE(node.serving()) << node.Log();
  ASSERT_TRUE(control.Push(
      DeployPush(1, "hello", "v1", "export default { fetch: () => new Response('x') }")));
  const auto isolates = [&] {
    const HttpReply health = Get(node.address(), node.address().ToString(), "/.terrella/health");
    return nlohmann::json::parse(health.body)["isolates"].get<int>();
  };
  EXPECT_EQ(Get(node.address(), "hello.edge.test", "/").body, "x");
  EXPECT_EQ(isolates(), 1);
  const auto deadline = steady_clock::now() + 2 * kPatience;
  while (isolates() > 0 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(isolates(), 0) << node.Log();
  EXPECT_THAT(node.Log(), HasSubstr("short of memory"));
  EXPECT_EQ(Get(node.address(), "hello.edge.test", "/").body, "x");
  EXPECT_EQ(isolates(), 1);
}

TEST(EdgeNodeShards, SeveralShardsShareOneAddress) {
  FakeControlPlane control;
  NodeProcess node({"--control=" + control.target(), "--shards=3"});
  ASSERT_TRUE(node.serving()) << node.Log();
  ASSERT_TRUE(control.Push(
      DeployPush(1, "hello", "v1", "export default { fetch: () => new Response('x') }")));
  for (int i = 0; i < 30; ++i) ASSERT_EQ(Get(node.address(), "hello.edge.test", "/").body, "x");
  EXPECT_TRUE(control.WaitForBeat([](const v1::Heartbeat& beat) { return beat.isolates() > 1; }));
  node.Signal(SIGTERM);
  EXPECT_EQ(node.Wait(), 0) << node.Log();
}

}  // namespace
}  // namespace terrella::edge
