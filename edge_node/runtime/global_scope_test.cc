// The global object of a worker, as against that of a script (script_test.cc, js/rows).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<WorkerCode> Handler(std::string_view body) {
  return CodeOf(fmt::format("export default {{ async fetch(request, env, ctx) {{ {} }} }}", body));
}

TEST(GlobalScope, IsAServiceWorkers) {
  TestBench bench(Handler(R"js(return Response.json([
    self instanceof ServiceWorkerGlobalScope, self instanceof WorkerGlobalScope, self instanceof EventTarget,
    typeof window, typeof document, typeof importScripts, typeof SharedArrayBuffer]))js"));
  EXPECT_EQ(bench.Get(), R"([true,true,true,"undefined","undefined","undefined","undefined"])");
}

TEST(GlobalScope, CompilesNoStrings) {
  TestBench bench(Handler(R"js(
    const names = [];
    for (const run of [() => eval('1'), () => new Function('1'), () => setTimeout('1'), () => new WebAssembly.Module(new Uint8Array(8))]) {
      try { run(); names.push('ran'); } catch (error) { names.push(error.name); }
    }
    return Response.json(names);)js"));
  EXPECT_EQ(bench.Get(), R"(["EvalError","EvalError","TypeError","CompileError"])");
}

TEST(GlobalScope, SeesTimeStandStillBetweenTurns) {
  TestBench bench(Handler(R"js(
    const start = performance.now();
    for (let i = 0, x = 0; i < 3e6; ++i) x += i;
    const after = performance.now();
    await scheduler.wait(3);
    return Response.json([after === start, performance.now() > start, performance.timeOrigin]);)js"));
  EXPECT_EQ(bench.Get(), "[true,true,0]");
}

TEST(GlobalScope, TellsErrorsToTheWorkersListenersFirst) {
  TestBench bench(CodeOf(R"js(
    const seen = [];
    addEventListener('error', (event) => { seen.push(event.message); if (event.error.quiet) event.preventDefault(); });
    addEventListener('unhandledrejection', (event) => { seen.push(event.reason); event.preventDefault(); });
    export default { async fetch() {
      Promise.reject('lost');
      reportError(Object.assign(new Error('one'), { quiet: true }));
      setTimeout(() => { throw new Error('two'); }, 1);
      await scheduler.wait(4);
      return Response.json(seen);
    } })js"));
  EXPECT_EQ(bench.Get(), R"(["Uncaught Error: one","lost","Uncaught Error: two"])");
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_THAT(bench.logs[0].second, HasSubstr("Error: two"));
}

TEST(GlobalScope, LetsNoRequestClearAnothersTimer) {
  TestBench bench(CodeOf(R"js(
    let id, fired = false;
    export default { async fetch(request) {
      if (request.url.endsWith('/clear')) { clearTimeout(id); return new Response('cleared'); }
      await new Promise((resolve) => { id = setTimeout(() => { fired = true; resolve(); }, 30); });
      return new Response(String(fired));
    } })js"));
  auto waiting = bench.Start();
  bench.RunUntil([&] { return bench.worker().in_flight() == 1; });
  EXPECT_EQ(bench.Get("/clear"), "cleared");
  bench.RunUntil([&] { return waiting->done(); });
  EXPECT_EQ(waiting->outcome.body, "true");
}

TEST(GlobalScope, DoesNotWaitForATimeoutNobodyListensTo) {
  TestBench bench(Handler("AbortSignal.timeout(60000); await new Promise(() => {});"));
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kHung);
  TestBench listening(Handler(
      "const signal = AbortSignal.timeout(2); await new Promise((r) => { signal.onabort = r; }); "
      "return new Response(signal.reason.name);"));
  EXPECT_EQ(listening.Get(), "TimeoutError");
}

TEST(GlobalScope, SendsBeaconsAfterTheAnswer) {
  auto code = Handler(
      "return new Response(String(navigator.sendBeacon('http://stats.test/hit', 'count=1')));");
  code->origin_hosts = {"stats.test"};
  TestBench bench(code);
  OutboundRequest seen;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    seen = std::move(request);
    observer.OnSubrequestResponse({.status = 204}, nullptr);
  };
  EXPECT_EQ(bench.Get(), "true");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.url, "http://stats.test/hit");
  bench.RunUntil([&] { return bench.worker().in_flight() == 0; });
  EXPECT_THAT(bench.logs, IsEmpty());
}

TEST(GlobalScope, PostsMessagesBetweenTheEndsOfAChannelInARequest) {
  TestBench bench(Handler(R"js(
    const { port1, port2 } = new MessageChannel();
    const reply = new Promise((resolve) => { port1.onmessage = (event) => resolve(event.data); });
    port2.onmessage = (event) => port2.postMessage(event.data * 2);
    port1.postMessage(21);
    return Response.json(await reply);)js"));
  EXPECT_EQ(bench.Get(), "42");
}

TEST(GlobalScope, CanPostInTheGlobalScope) {
  TestBench bench(CodeOf(R"js(
    const { port1, port2 } = new MessageChannel();
    let got;
    port2.onmessage = (event) => { got = event.data; };
    port1.postMessage('early');
    export default { fetch() { return new Response(got); } })js"));
  EXPECT_EQ(bench.Get(), "early");
}

}  // namespace
}  // namespace terrella::runtime
