// What a hostile or careless worker does must cost it its isolate, never the process. Each test
// makes a worker misbehave, expects its verdict, and shows that a fresh worker of the same process
// still answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/cpu_clock.h"
#include "edge_node/runtime/escape.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

void ExpectOthersAnswer() {
  TestBench other("export default { fetch() { return new Response('alive'); } }");
  EXPECT_EQ(other.Get(), "alive");
}

struct Case {
  const char* name;
  const char* body;  // of async fetch(request)
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}
std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

std::string Wrap(std::string_view body) {
  return fmt::format("export default {{ async fetch(request) {{ {} }} }}", body);
}

class CpuLimit : public ::testing::TestWithParam<Case> {};

TEST_P(CpuLimit, CondemnsTheWorker) {
  auto code = CodeOf(Wrap(GetParam().body));
  code->limits.cpu_ms = 50;
  TestBench bench(code);
  Duration before = ThreadCpuTime();
  Outcome outcome = bench.Fetch();
  Duration used = ThreadCpuTime() - before;
  EXPECT_EQ(outcome.failure, FailureKind::kCpuLimit) << outcome.detail << outcome.body;
  EXPECT_EQ(outcome.detail, "exceeded 50 ms of CPU time");
  EXPECT_LT(ToMs(used), 1000);
  EXPECT_TRUE(bench.worker().condemned());
  EXPECT_EQ(bench.condemned, "exceeded 50 ms of CPU time");
  EXPECT_EQ(bench.worker().in_flight(), 0u);
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kShutdown);
  ExpectOthersAnswer();
}

INSTANTIATE_TEST_SUITE_P(
    All, CpuLimit,
    ::testing::Values(
        Case{"EndlessLoop", "for (;;);"},
        Case{"LoopThatCatchesEverything",
             "for (;;) { try { for (;;); } catch {} finally { for (;;); } }"},
        Case{"MicrotaskStarvation", "const f = () => Promise.resolve().then(f); await f();"},
        Case{"AwaitLoop", "for (;;) await null;"},
        Case{"QueueMicrotaskLoop",
             "const f = () => queueMicrotask(f); f(); return new Response(await new Promise(() => "
             "{}));"},
        Case{"MessagePingPong",
             "const { port1: a, port2: b } = new MessageChannel(); a.onmessage = () => "
             "a.postMessage(1); b.onmessage = () => b.postMessage(1); a.postMessage(1); await new "
             "Promise(() => {});"},
        Case{"TasksThatPostTasks",
             "const f = () => scheduler.postTask(f); f(); await new Promise(() => {});"},
        Case{"RejectionsWithoutEnd",
             "addEventListener('unhandledrejection', (e) => { e.preventDefault(); "
             "Promise.reject(1); }); Promise.reject(1); await new Promise(() => {});"},
        Case{"ErrorsWithoutEnd",
             "addEventListener('error', (e) => { e.preventDefault(); queueMicrotask(() => { throw "
             "1; }); }); reportError(1); await new Promise(() => {});"},
        Case{"CatastrophicRegExp", "/^(a+)+$/.test('a'.repeat(40) + 'b');"},
        Case{"EndlessGetterWhileTheErrorIsPrinted",
             "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { for (;;); } "
             "}); throw e;"},
        Case{"EndlessPrepareStackTrace",
             "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x');"},
        Case{"EndlessGetterInConsole",
             "console.log({ get [Symbol.toStringTag]() { for (;;); } });"},
        Case{"EndlessProxyTrap",
             "return new Response('x', { headers: new Proxy({}, { ownKeys() { for (;;); } }) });"},
        Case{"EndlessThenable", "return { then() { for (;;); } };"},
        Case{"JsonOfEndlessToJson", "JSON.stringify({ toJSON() { for (;;); } });"},
        Case{"SortWithEndlessCompare", "[3, 1, 2].sort(() => { for (;;); });"},
        Case{"EndlessIteratorIntoHeaders",
             "new Headers({ *[Symbol.iterator]() { for (;;) yield ['a', 'b']; } });"}),
    NameOf);

TEST(Limits, DescribeAThrownObjectWithoutRunningItsCode) {
  TestBench bench(Wrap("throw { toString() { for (;;); }, get name() { for (;;); } };"));
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.failure, FailureKind::kRejected);
  EXPECT_FALSE(bench.worker().condemned());
}

TEST(Limits, EndAWebAssemblyLoop) {
  // (module (func (export "f") (loop br 0)))
  std::string wasm(
      "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x0a\x09\1\7\0\x03\x40\x0c\0\x0b\x0b", 36);
  TestBench bench(CodeOf({{"index.js", ModuleKind::kEsm,
                           "import m from './m.wasm'; export default { fetch() {"
                           " new WebAssembly.Instance(m).exports.f(); } }"},
                          {"m.wasm", ModuleKind::kWasm, wasm}}));
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kCpuLimit);
  ExpectOthersAnswer();
}

TEST(Limits, CountCpuOverAllTurnsOfARequest) {
  TestBench bench(Wrap(R"js(for (let n = 0; n < 100; ++n) {
    for (let i = 0; i < 2e7; ++i);
    await new Promise((r) => setTimeout(r, 1));
  } return new Response('unlimited');)js"));
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kCpuLimit);
}

TEST(Limits, BlameTheCulpritAndSpareNobodyInTheIsolate) {
  TestBench bench(R"js(export default { async fetch(request) {
    if (request.url.endsWith('/loop')) for (;;);
    await new Promise((r) => setTimeout(r, 10000)); } })js");
  auto bystander = bench.Start();
  bench.loop().RunOnce();
  EXPECT_EQ(bench.Fetch({.path = "/loop"}).failure, FailureKind::kCpuLimit);
  bench.RunUntil([&] { return bystander->done(); });
  EXPECT_EQ(bystander->outcome.failure, FailureKind::kShutdown);
  EXPECT_EQ(bystander->outcome.detail, "another request exceeded 50 ms of CPU time");
}

TEST(Limits, BreakTheStreamOfATerminatedWorker) {
  TestBench bench(R"js(export default { fetch() { let n = 0;
    return new Response(new ReadableStream({ pull(c) {
      if (++n > 3) for (;;);
      c.enqueue(new Uint8Array(10)); } })); } })js");
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.status, 200);
  EXPECT_TRUE(outcome.body_broken);
  EXPECT_TRUE(bench.worker().condemned());
}

TEST(Limits, HoldForTheGlobalScope) {
  auto code = CodeOf("for (;;); export default { fetch() {} }");
  code->limits.startup_cpu_ms = 40;
  absl::Status status = CheckCode(TestEngine(), *code);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Message(status), "index.js: the global scope exceeded 40 ms of CPU time");
  status =
      CheckCode(TestEngine(), *CodeOf("const a = []; for (;;) a.push(new Array(1000).fill(a));"));
  EXPECT_FALSE(status.ok());
  ExpectOthersAnswer();
}

TEST(Limits, ACheckEndsWhenItIsToldTo) {
  // The second loop is in a microtask, behind a termination that V8 would have forgotten.
  for (const char* loop : {"for (;;);", "Promise.resolve().then(() => { for (;;); }); for (;;);"}) {
    auto code = CodeOf(std::string(loop) + " export default { fetch() {} }");
    code->limits.startup_cpu_ms = 600'000;
    std::stop_source source;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // some turns into it, or before
      source.request_stop();
    });
    EXPECT_TRUE(absl::IsCancelled(CheckCode(TestEngine(), *code, source.get_token())));
    EXPECT_TRUE(absl::IsCancelled(CheckCode(TestEngine(), *code, source.get_token())))
        << "also one that begins after it";
  }
  ExpectOthersAnswer();
}

// Memory: the verdict is a condemned isolate (heap) or an ordinary RangeError (one refused
// allocation).
class MemoryLimit : public ::testing::TestWithParam<Case> {};

TEST_P(MemoryLimit, CondemnsTheWorkerOrThrowsRangeError) {
  auto code = CodeOf(Wrap(GetParam().body));
  code->limits.cpu_ms = 20'000;
  code->limits.heap_bytes = 32 << 20;
  TestBench bench(code);
  Outcome outcome = bench.Fetch();
  if (outcome.failure == FailureKind::kMemoryLimit) {
    EXPECT_EQ(outcome.detail, "exceeded 32 MiB of memory");
    EXPECT_TRUE(bench.worker().condemned());
  } else {
    EXPECT_THAT(outcome.detail + outcome.body, HasSubstr("RangeError"));
  }
  ExpectOthersAnswer();
}

INSTANTIATE_TEST_SUITE_P(
    All, MemoryLimit,
    ::testing::Values(
        Case{"ArrayThatGrows", "const a = []; for (;;) a.push({ x: a.length });"},
        Case{"StringThatGrows",
             "let s = 'x'; for (;;) { s += s + Math.random(); s.charCodeAt(s.length - 1); }"},
        Case{"HugeFilledArray", "const a = new Array(3e7).fill(0); for (;;) a.push(1);"},
        Case{"HugeRepeat", "'x'.repeat(2 ** 29);"},
        Case{"SplitIntoTooMany", "'a'.repeat(2 ** 28).split('');"},
        Case{"HugeJoin", "new Array(2 ** 31).join('xx');"},
        Case{"HugeBuffer", "new Uint8Array(2 ** 33);"},
        Case{"ManyBuffers", "const a = []; for (;;) a.push(new Uint8Array(1 << 20));"},
        Case{"ManyMapEntries", "const m = new Map(); for (let i = 0;; ++i) m.set(i, i);"},
        Case{"ObjectWithManyProperties", "const o = {}; for (let i = 0;; ++i) o['k' + i] = i;"},
        Case{"JsonOfManyReferences",
             "const big = 'x'.repeat(1 << 20); JSON.stringify(new Array(2000).fill(big));"},
        Case{"DeepCons", "let s = ''; for (;;) s = 'abcdefghijklmnop' + s + 'q';"},
        Case{"CloneOfMuch",
             "const a = new Array(1e6).fill('abc'); for (const all = [];;) "
             "all.push(structuredClone(a));"},
        Case{"ClonesOfABuffer",
             "const b = new Uint8Array(1 << 20); for (const all = [];;) "
             "all.push(structuredClone(b));"},
        Case{"MessagesNobodyTakes",
             "const { port1 } = new MessageChannel(); for (;;) port1.postMessage(new "
             "Array(1e4).fill('abc'));"},
        // Ropes cost nothing until native code reads them.
        Case{"RopeAsBody", "return new Response('x'.repeat(2 ** 28));"},
        Case{"RopeAsHeader", "return new Response('', { headers: { a: 'x'.repeat(2 ** 28) } });"},
        Case{"RopeAsUrl",
             "try { new URL('x'.repeat(2 ** 28)); } catch {} return new Response('parsed');"},
        Case{"RopeIntoBytes", "new TextEncoder().encode('x'.repeat(2 ** 28));"},
        Case{"RopeIntoBase64", "return new Response(btoa('x'.repeat(2 ** 28)));"},
        Case{"RopeThrown", "throw 'x'.repeat(2 ** 28);"},
        Case{"WasmMemory",
             "const all = []; for (;;) { const m = new WebAssembly.Memory({ initial: 1, maximum: "
             "65536 });"
             " m.grow(400); new Uint8Array(m.buffer).fill(1); all.push(m); }"},
        Case{"WasmGrowTooFar",
             "const m = new WebAssembly.Memory({ initial: 1 }); for (;;) m.grow(100);"},
        Case{"Promises", "const a = []; for (;;) a.push(new Promise(() => {}));"},
        Case{"Closures", "let f = () => 0; for (;;) { const g = f; f = () => g() + 1; }"}),
    NameOf);

TEST(Limits, LetABodyOfHalfTheMemoryPass) {
  auto code = CodeOf(Wrap("return new Response('x'.repeat(16 << 20));"));
  code->limits.heap_bytes = 64 << 20;
  code->limits.cpu_ms = 5'000;
  EXPECT_EQ(TestBench(code).Fetch().body.size(), 16u << 20);
}

TEST(Limits, RefuseToTransferWhatOnlyLooksLikeABuffer) {
  TestBench bench(Wrap(R"js(
    const said = [];
    for (const fake of [Object.create(ArrayBuffer.prototype), new Proxy(new ArrayBuffer(8), {}),
                        Object.setPrototypeOf(() => {}, ArrayBuffer.prototype)]) {
      try { structuredClone(1, { transfer: [fake] }); said.push('cloned'); }
      catch (error) { said.push(error.name); }
    }
    return Response.json(said);)js"));
  EXPECT_EQ(bench.Get(), R"(["DataCloneError","DataCloneError","DataCloneError"])");
}

// Built-ins of V8 that never look whether they were told to stop.
class Stuck : public ::testing::TestWithParam<Case> {};

TEST_P(Stuck, IsLeftByForce) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer holds the signal back until the next call of the C library";
#endif
  TestBench bench(Wrap(GetParam().body));
  size_t abandoned = AbandonedIsolates();
  Outcome outcome = bench.Fetch();
  EXPECT_TRUE(outcome.failure == FailureKind::kCpuLimit ||
              outcome.failure == FailureKind::kMemoryLimit)
      << outcome.detail;
  EXPECT_TRUE(bench.worker().condemned());
  EXPECT_EQ(AbandonedIsolates(), abandoned + 1);
  ExpectOthersAnswer();
}

INSTANTIATE_TEST_SUITE_P(
    All, Stuck,
    ::testing::Values(
        Case{"Includes", "Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);"},
        Case{"ForEach", "Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => {});"},
        Case{"SortOfHoles", "new Array(2 ** 32 - 2).sort();"},
        Case{"Fill", "new Array(1e9).fill(1);"}),
    NameOf);

TEST(Limits, LetDeepRecursionBeARangeError) {
  TestBench bench(Wrap(R"js(
    const names = [];
    const f = () => f() + 1;
    for (const run of [f, () => JSON.stringify((() => { let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; return a; })()),
                       () => { const o = { get x() { return this.x; } }; return o.x; }]) {
      try { run(); names.push('ran'); } catch (e) { names.push(e.name); }
    }
    return Response.json(names);)js"));
  EXPECT_EQ(bench.Get(), R"(["RangeError","RangeError","RangeError"])");
}

TEST(Limits, RefuseToBlockTheThread) {
  TestBench bench(Wrap(R"js(
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    try { Atomics.wait(new Int32Array(shared.buffer), 0, 0); } catch (e) { return new Response(e.name); })js"));
  EXPECT_EQ(bench.Get(), "TypeError");
}

TEST(Limits, CapTimersTasksSubrequestsAndCollectedBodies) {
  auto code = CodeOf(R"js(export default { async fetch(request) {
    try {
      if (request.url.endsWith('/timers')) for (;;) setTimeout(() => {}, 1000);
      if (request.url.endsWith('/messages')) {
        const { port1, port2 } = new MessageChannel();
        port2.start();
        for (;;) port1.postMessage(0);
      }
      if (request.url.endsWith('/body')) await request.text();
      for (;;) await fetch('http://a.test/').catch((e) => { if (!e.message.startsWith('no origin')) throw e; });
    } catch (e) { return new Response(e.message); } } })js");
  code->origin_hosts = {"a.test"};
  code->limits.collect_bytes = 1000;
  code->limits.cpu_ms = 20'000;  // a hundred thousand messages take a while
  TestBench bench(code);
  EXPECT_THAT(bench.Get("/timers"), HasSubstr("more than 1000 timers"));
  EXPECT_THAT(bench.Get("/messages"), HasSubstr("more than 100000 tasks"));
  EXPECT_THAT(bench.Get("/fetch"), HasSubstr("too many subrequests: a request may make 50"));
  EXPECT_THAT(bench.Fetch({.path = "/body", .method = "POST", .body = std::string(2000, 'x')}).body,
              HasSubstr("longer than the 1000 bytes"));
}

// What js/ checks it checks with functions that a worker may patch; what it then hands to native
// code must not end the node.
TEST(Limits, HoldInNativeCodeWhateverAWorkerPatched) {
  // (module (func (export "f")))
  std::string wasm("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x0a\4\1\2\0\x0b", 31);
  auto code = CodeOf({{"index.js", ModuleKind::kEsm, R"js(
    import zlib from 'node:zlib';
    import module from './m.wasm';
    const { trunc } = Math, { construct } = Reflect;
    let pretended;
    Reflect.construct = (target, args, as = target) =>
      construct(target, pretended ? [pretended] : args, as);
    const bytes = new Uint8Array(9);
    const attempts = {
      level() { Math.trunc = () => 99; zlib.deflateSync('x', { level: 1 }); },
      window() {
        const { constructor: Coder } = zlib.createGzip()._coder;
        for (const _ of new Coder('3', { windowBits: 8 }).all(bytes));
      },
      closed() {
        const coder = zlib.createGzip()._coder;
        Object.defineProperty(coder, 'bytesWritten', { get: () => 0, set() { coder.close(); } });
        for (const _ of coder.all(bytes));
      },
      smuggle() {
        const { iterator } = Symbol, iterate = Array.prototype[iterator];
        Array.prototype[iterator] = function () {
          if (this[1] === 0x61 && this[2] === 0x73) throw new Error('bytes to compile pass by here');
          return iterate.call(this);
        };
        new WebAssembly.Function({ parameters: ['i32'], results: [] }, () => {});
      },
      module() {
        pretended = module;
        new WebAssembly.Instance({}).exports.f.type();
      },
    };
    export default { fetch(request) {
      try { attempts[new URL(request.url).pathname.slice(1)](); return new Response('taken'); }
      catch (error) { return new Response(String(error)); }
      finally { Math.trunc = trunc; pretended = undefined; } } })js"},
                      {"m.wasm", ModuleKind::kWasm, wasm}});
  code->compatibility.node_modules = true;
  TestBench bench(code);
  EXPECT_THAT(bench.Get("/level"), HasSubstr("no such format or options"));
  EXPECT_THAT(bench.Get("/window"), HasSubstr("no such format or options"));
  EXPECT_THAT(bench.Get("/closed"), HasSubstr("the codec is closed"));
  EXPECT_EQ(bench.Get("/smuggle"), "taken");
  EXPECT_THAT(bench.Get("/module"), HasSubstr("expected a WebAssembly.Module"));
  ExpectOthersAnswer();
}

// Answers that nobody reads stay the worker's memory, whatever they are made of, until they go.
TEST(Limits, CountAnswersThatNobodyTakes) {
  for (const char* body : {"'x'.repeat(20 << 20)", "new Uint8Array(20 << 20)",
                           "new Blob(['x'.repeat(10 << 20), new Uint8Array(10 << 20)])"}) {
    auto code = CodeOf(Wrap(fmt::format("return new Response({});", body)));
    code->limits.cpu_ms = 20'000;  // what is slow here is memory, most of all under a sanitizer
    TestBench bench(code);
    std::vector<std::unique_ptr<TestBench::Call>> calls;
    auto answered = [&] {
      calls.push_back(bench.Start());
      TestBench::Call& call = *calls.back();
      call.hold_body = true;
      bench.RunUntil([&] { return call.source != nullptr || call.done(); });
      return call.source != nullptr;
    };
    int held = 0;
    while (answered() && held < 20) ++held;
    EXPECT_GE(held, 3) << body;
    EXPECT_LE(held, 6) << body;  // of 128 MiB
    EXPECT_THAT(calls.back()->outcome.detail, HasSubstr("memory")) << body;
    EXPECT_EQ(bench.condemned, "") << body;
    calls.clear();
    EXPECT_TRUE(answered()) << body;
  }
}

TEST(Limits, RefuseMoreRequestsThanMayBeInFlight) {
  auto code =
      CodeOf(Wrap("await new Promise((r) => setTimeout(r, 20)); return new Response('x');"));
  code->limits.in_flight = 2;
  TestBench bench(code);
  auto a = bench.Start();
  auto b = bench.Start();
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kOverloaded);
  bench.RunUntil([&] { return a->done() && b->done(); });
  EXPECT_EQ(b->outcome.body, "x");
}

}  // namespace
}  // namespace terrella::runtime
