// Workers as the shard sees them: loading, answering, failing, streaming, ending.
#include "edge_node/runtime/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string LoadError(std::shared_ptr<WorkerCode> code) {
  return std::string(Message(CheckCode(TestEngine(), *code)));
}

TEST(Worker, AnswersHello) {
  TestBench bench("export default { async fetch() { return new Response('Hello'); } }");
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.body, "Hello");
  EXPECT_EQ(outcome.headers.Find("content-type"), "text/plain;charset=UTF-8");
  EXPECT_EQ(bench.worker().in_flight(), 0u);
  EXPECT_EQ(bench.idle, 1);
}

TEST(Worker, SeesMethodUrlHeadersAndPlace) {
  TestBench bench(R"js(export default { fetch(request) {
    return Response.json([request.method, request.url, request.headers.get('X-A'), request.cf.colo,
                          request.cf.latitude, request.cf.clientTcpRtt]); } })js");
  TestRequest request{.path = "/p?q=1", .method = "DELETE", .headers = {{"x-a", "1"}}};
  request.place = {.colo = "LOS", .latitude_deg = 6.5, .rtt_ms = 11.6};
  EXPECT_EQ(bench.Fetch(request).body,
            R"(["DELETE","http://test.example/p?q=1","1","LOS","6.50000",12])");
}

TEST(Worker, BindsTextAndJson) {
  auto code = CodeOf(
      "export default { fetch(r, env) { return Response.json([env.NAME, env.CONFIG.deep[1]]); } }");
  code->bindings = {{"NAME", BindingKind::kText, "Zoë"},
                    {"CONFIG", BindingKind::kJson, R"({"deep":[1,2]})"}};
  EXPECT_EQ(TestBench(code).Get(), R"(["Zoë",2])");
}

TEST(Worker, ReadsAndEchoesBodies) {
  TestBench bench(R"js(export default { async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === '/text') return new Response((await request.text()).toUpperCase());
    if (path === '/buffer') return new Response(await request.arrayBuffer());
    if (path === '/json') return Response.json((await request.json()).a);
    if (path === '/stream') {
      let n = 0;
      for await (const chunk of request.body) n += chunk.byteLength;
      return new Response(`${n}`);
    }
    return new Response(request.body);
  } })js");
  std::string big(300'000, 'x');
  EXPECT_EQ(bench.Fetch({.path = "/text", .method = "POST", .body = "grüße"}).body, "GRÜSSE");
  EXPECT_EQ(bench.Fetch({.path = "/buffer", .method = "POST", .body = big}).body, big);
  EXPECT_EQ(bench.Fetch({.path = "/json", .method = "POST", .body = R"({"a":[1]})"}).body, "[1]");
  EXPECT_EQ(bench.Fetch({.path = "/stream", .method = "POST", .body = big}).body, "300000");
  EXPECT_EQ(bench.Fetch({.path = "/pass", .method = "POST", .body = big}).body, big);
}

TEST(Worker, StreamsAResponseThatTimersProduce) {
  TestBench bench(R"js(export default { fetch() {
    let n = 0;
    return new Response(new ReadableStream({ async pull(c) {
      await new Promise((r) => setTimeout(r, 2));
      if (++n > 3) c.close(); else c.enqueue(new TextEncoder().encode(`part ${n};`));
    } }), { headers: { 'x-a': 'b' } }); } })js");
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.body, "part 1;part 2;part 3;");
  EXPECT_FALSE(outcome.body_broken);
  bench.RunUntil([&] { return bench.worker().in_flight() == 0; });
}

TEST(Worker, ReportsThrownRejectedAndUnusableAnswers) {
  TestBench bench(R"js(export default { fetch(request) {
    switch (new URL(request.url).pathname) {
      case '/throw': throw new TypeError('thrown');
      case '/reject': return Promise.reject(new Error('rejected'));
      case '/string': return 'text';
      case '/nothing': return;
      case '/twice': { const r = new Response('a'); r.text(); return r; }
    } } })js");
  Outcome thrown = bench.Fetch({.path = "/throw"});
  EXPECT_EQ(thrown.failure, FailureKind::kException);
  EXPECT_THAT(thrown.detail, StartsWith("index.js:3:28: TypeError: thrown\n    at "));
  EXPECT_EQ(bench.Fetch({.path = "/reject"}).failure, FailureKind::kRejected);
  Outcome text = bench.Fetch({.path = "/string"});
  EXPECT_EQ(text.failure, FailureKind::kBadResponse);
  EXPECT_THAT(text.detail, HasSubstr("must return a Response, but it returned a string"));
  EXPECT_EQ(bench.Fetch({.path = "/nothing"}).failure, FailureKind::kBadResponse);
  EXPECT_THAT(bench.Fetch({.path = "/twice"}).detail, HasSubstr("was read already"));
  EXPECT_EQ(bench.worker().in_flight(), 0u);
  EXPECT_FALSE(bench.worker().condemned());
}

TEST(Worker, NamesADomExceptionThatNobodyCaught) {
  TestBench bench(
      "export default { fetch() { throw new DOMException('too big', 'QuotaExceededError'); } }");
  Outcome thrown = bench.Fetch({});
  EXPECT_EQ(thrown.failure, FailureKind::kException);
  EXPECT_THAT(thrown.detail, HasSubstr("QuotaExceededError: too big"));
}

TEST(Worker, SaysAtOnceThatAPromiseCanNeverSettle) {
  TestBench bench("export default { fetch() { return new Promise(() => {}); } }");
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kHung);
}

TEST(Worker, KeepsRequestsApartWhileTheyInterleave) {
  TestBench bench(R"js(export default { async fetch(request) {
    await new Promise((r) => setTimeout(r, 5));
    await Promise.resolve();
    const later = await new Promise((r) => setTimeout(() => r(request.url), 1));
    return new Response(later); } })js");
  std::vector<std::unique_ptr<TestBench::Call>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(bench.Start({.path = fmt::format("/{}", i)}));
  EXPECT_EQ(bench.worker().in_flight(), 20u);
  for (int i = 0; i < 20; ++i) {
    bench.RunUntil([&] { return calls[i]->done(); });
    EXPECT_EQ(calls[i]->outcome.body, fmt::format("http://test.example/{}", i));
  }
}

TEST(Worker, RefusesAnotherRequestsBody) {
  TestBench bench(R"js(let kept; export default { async fetch(request) {
    if (kept === undefined) { kept = request; await new Promise((r) => setTimeout(r, 50)); return new Response('1'); }
    return new Response(await kept.text()); } })js");
  auto first = bench.Start({.method = "POST", .body = "secret"});
  Outcome second = bench.Fetch();
  EXPECT_EQ(second.failure, FailureKind::kRejected);
  EXPECT_THAT(second.detail, HasSubstr("another request"));
  bench.RunUntil([&] { return first->done(); });
}

TEST(Worker, GoesOnWithWaitUntilAfterTheResponse) {
  TestBench bench(R"js(export default { fetch(request, env, ctx) {
    ctx.waitUntil(new Promise((r) => setTimeout(() => { console.log('done later'); r(); }, 20)));
    return new Response('now'); } })js");
  auto call = bench.Start();
  bench.RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->outcome.body, "now");
  call->invocation.reset();  // the client is gone: the work goes on
  EXPECT_EQ(bench.worker().in_flight(), 1u);
  bench.RunUntil([&] { return bench.worker().in_flight() == 0; });
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_EQ(bench.logs[0].second, "done later");
}

TEST(Worker, AnswersAlsoWhenWaitUntilIsDoneInTheSameTurn) {
  TestBench bench(R"js(export default { fetch(request, env, ctx) {
    const path = new URL(request.url).pathname;
    if (path === '/rejected') ctx.waitUntil(Promise.reject(new Error('too early')));
    if (path === '/resolved') ctx.waitUntil(Promise.resolve());
    if (path === '/nothing') ctx.waitUntil(undefined);
    if (path === '/thrown') { ctx.waitUntil(null); throw new Error('after all'); }
    return Promise.resolve().then(() => 1).then(() => 2).then(() => new Response('here'));
  } })js");
  for (const char* path : {"/rejected", "/resolved", "/nothing"}) {
    Outcome outcome = bench.Fetch({.path = path});
    EXPECT_EQ(outcome.status, 200) << path;
    EXPECT_EQ(outcome.body, "here") << path;
  }
  EXPECT_THAT(bench.logs,
              ::testing::Contains(::testing::Pair(LogLevel::kError, HasSubstr("too early"))));
  EXPECT_EQ(bench.Fetch({.path = "/thrown"}).failure, FailureKind::kException);
  EXPECT_EQ(bench.worker().in_flight(), 0u);
}

TEST(Worker, CutsWaitUntilAtItsLimit) {
  auto code = CodeOf(R"js(export default { fetch(request, env, ctx) {
    ctx.waitUntil(new Promise((r) => setTimeout(r, 60000)));
    return new Response('now'); } })js");
  code->limits.wait_until_ms = 20;
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), "now");
  bench.RunUntil([&] { return bench.worker().in_flight() == 0; });
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_THAT(bench.logs[0].second, HasSubstr("cancelled after 20 ms"));
}

TEST(Worker, CancelsTheWorkOfAClientThatWentAway) {
  TestBench bench(R"js(export default { async fetch() {
    await new Promise((r) => setTimeout(r, 20)); console.log('too far'); return new Response(); } })js");
  auto call = bench.Start();
  bench.loop().RunOnce();
  call->invocation.reset();
  EXPECT_EQ(bench.worker().in_flight(), 0u);
  Timer timer(bench.loop(), [] {});
  timer.Start(std::chrono::milliseconds(40));
  bench.RunUntil([&] { return !timer.active(); });
  EXPECT_TRUE(bench.logs.empty());
}

TEST(Worker, CancelsTheStreamOfAClientThatWentAway) {
  TestBench bench(R"js(export default { fetch() {
    return new Response(new ReadableStream({
      pull(c) { c.enqueue(new Uint8Array(10)); }, cancel(reason) { console.log(`canceled: ${reason.name}`); } }));
  } })js");
  auto call = std::make_unique<TestBench::Call>();
  call = bench.Start();
  call->hold_body = true;
  bench.RunUntil([&] { return call->source != nullptr; });
  call->source.reset();
  call->invocation.reset();
  bench.RunUntil([&] { return bench.worker().in_flight() == 0; });
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_EQ(bench.logs[0].second, "canceled: AbortError");
}

TEST(Worker, PullsAStreamOnlyAsFastAsItIsRead) {
  TestBench bench(R"js(let pulls = 0; export default { fetch(request) {
    if (request.url.endsWith('/pulls')) return new Response(`${pulls}`);
    return new Response(new ReadableStream({ pull(c) { ++pulls; c.enqueue(new Uint8Array(1000)); } }));
  } })js");
  auto call = bench.Start();
  call->hold_body = true;
  bench.RunUntil([&] { return call->source != nullptr; });
  EXPECT_LE(std::stoi(bench.Get("/pulls")), 2);
  call->source.reset();
}

TEST(Worker, FailsWhatIsInFlightWhenItIsDestroyed) {
  auto bench = std::make_unique<TestBench>(
      "export default { async fetch() { await new Promise((r) => setTimeout(r, 1000)); } }");
  auto call = bench->Start();
  bench->loop().RunOnce();
  bench.reset();
  EXPECT_EQ(call->outcome.failure, FailureKind::kShutdown);
}

TEST(Worker, PassesThroughOnException) {
  TestBench bench(
      "export default { fetch(r, e, ctx) { ctx.passThroughOnException(); throw new Error('x'); } "
      "}");
  EXPECT_TRUE(bench.Fetch().pass_through);
}

TEST(Worker, LogsRejectionsThatNobodyHandles) {
  TestBench bench(
      "export default { fetch() { Promise.reject(new Error('lost')); return new Response('ok'); } "
      "}");
  EXPECT_EQ(bench.Get(), "ok");
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_EQ(bench.logs[0].first, LogLevel::kError);
  EXPECT_THAT(bench.logs[0].second, StartsWith("Uncaught (in promise) index.js:1:43: Error: lost"));
}

TEST(Worker, FreezesTimeBetweenInputAndOutput) {
  TestBench bench(R"js(export default { async fetch() {
    const a = Date.now(), p = performance.now();
    for (let i = 0; i < 5e6; ++i);
    const same = Date.now() === a && performance.now() === p;
    await new Promise((r) => setTimeout(r, 5));
    return Response.json([same, Date.now() - a >= 4]); } })js");
  EXPECT_EQ(bench.Get(), "[true,true]");
}

TEST(Modules, ImportEachOtherByRelativePath) {
  TestBench bench(CodeOf(std::vector<ModuleSource>{
      {"index.js", ModuleKind::kEsm, R"js(
        import { greet } from './lib/greet.js'; import text from './a.txt'; import data from './b.bin';
        import conf from './c.json'; import wasm from './d.wasm';
        export default { async fetch() {
          const { late } = await import('./lib/late.js');
          const { exports } = await WebAssembly.instantiate(wasm);
          return Response.json([greet(), text, data.byteLength, conf.x, late, exports.f()]); } })js"},
      {"lib/greet.js", ModuleKind::kEsm,
       "import { name } from '../name.js'; export const greet = () => `hi ${name}`;"},
      {"lib/late.js", ModuleKind::kEsm, "export const late = 'late';"},
      {"name.js", ModuleKind::kEsm, "export const name = 'Ada';"},
      {"a.txt", ModuleKind::kText, "text"},
      {"b.bin", ModuleKind::kData, std::string("\0\1\2", 3)},
      {"c.json", ModuleKind::kJson, R"({"x": 7})"},
      // (module (func (export "f") (result i32) i32.const 42))
      {"d.wasm", ModuleKind::kWasm,
       std::string("\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\7\5\1\1f\0\0\x0a\6\1\4\0\x41\x2a\x0b",
                   34)}}));
  EXPECT_EQ(bench.Get(), R"(["hi Ada","text",3,7,"late",42])");
}

TEST(Modules, NameThePlaceOfAnError) {
  EXPECT_THAT(LoadError(CodeOf("export default {\n  fetch() {\n    retrun 1;\n  }\n}")),
              StartsWith("index.js:3:12: SyntaxError: Unexpected number"));
  EXPECT_THAT(LoadError(CodeOf("undefinedThing();")),
              StartsWith("index.js:1:1: ReferenceError: undefinedThing is not defined"));
  EXPECT_THAT(LoadError(CodeOf("import './utl.js'; export default {}")),
              HasSubstr("index.js imports \"./utl.js\", but the bundle has no module \"utl.js\""));
  EXPECT_THAT(LoadError(CodeOf({{"index.js", ModuleKind::kEsm, "import './utl.js';"},
                                {"util.js", ModuleKind::kEsm, ""}})),
              HasSubstr("did you mean \"util.js\"?"));
  EXPECT_THAT(LoadError(CodeOf({{"index.js", ModuleKind::kEsm, "import a from './a.json';"},
                                {"a.json", ModuleKind::kJson, "{bad"}})),
              HasSubstr("a.json: "));
  EXPECT_THAT(LoadError(CodeOf({{"index.js", ModuleKind::kEsm, "import a from './a.wasm';"},
                                {"a.wasm", ModuleKind::kWasm, "not wasm"}})),
              HasSubstr("a.wasm: "));
}

TEST(Modules, NeedAHandlerForWhatComes) {
  EXPECT_THAT(LoadError(CodeOf("export const x = 1;")), HasSubstr("there is no handler"));
  TestBench bench("export default { scheduled() {} }");
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kNoHandler);
}

TEST(Modules, MayNotUseTheOutsideInTheGlobalScope) {
  EXPECT_THAT(LoadError(CodeOf("setTimeout(() => {}, 1); export default { fetch() {} }")),
              HasSubstr("not in the global scope"));
  EXPECT_THAT(LoadError(CodeOf("await fetch('http://a.test/'); export default { fetch() {} }")),
              HasSubstr("not in the global scope"));
  EXPECT_THAT(LoadError(CodeOf("await new Promise(() => {}); export default { fetch() {} }")),
              HasSubstr("never settles"));
  EXPECT_EQ(LoadError(CodeOf("const x = await Promise.resolve(1); export default { fetch() {} }")),
            "");
}

TEST(Modules, MayNotMakeCodeFromStrings) {
  TestBench bench(R"js(export default { async fetch() {
    const tries = [() => eval('1'), () => new Function('return 1'), () => (async () => {}).constructor('1'),
                   () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))];
    return Response.json(tries.map((f) => { try { f(); return 'ran'; } catch (e) { return e.name; } })); } })js");
  EXPECT_EQ(bench.Get(), R"(["EvalError","EvalError","EvalError","CompileError"])");
}

TEST(Worker, TasksThatNeverBeganGoWithTheIsolate) {
  auto code = CodeOf(R"js(
    export default { fetch() {
      for (let i = 0; i < 100; ++i) setImmediate(() => {});
      return new Response('over');
    } })js");
  code->compatibility = {.node_modules = true};
  TestBench bench(std::move(code));
  EXPECT_EQ(bench.Get(), "over");
}

}  // namespace
}  // namespace terrella::runtime
