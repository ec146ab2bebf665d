// Bodies that stream through a worker: read by JavaScript in every way there is, or moved by native
// code without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Handler(std::string_view body) {
  return fmt::format("export default {{ async fetch(request, env, ctx) {{ {} }} }}", body);
}

std::string Bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>('a' + i % 26 + i / 1000 % 3);
  return bytes;
}

std::shared_ptr<WorkerCode> Fetching(std::string source) {
  auto code = CodeOf(std::move(source));
  code->origin_hosts = {"origin.test"};
  return code;
}

// A body that comes when the test says so.
class Trickle final : public http::BodySource {
 public:
  struct State {
    Reader* reader = nullptr;
    bool reading = false;
    bool destroyed = false;
  };
  explicit Trickle(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~Trickle() override { state_->destroyed = true; }
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override {
    state_->reader = &reader;
    state_->reading = true;
  }
  void Pause() override { state_->reading = false; }

 private:
  std::shared_ptr<State> state_;
};

struct Case {
  const char* name;
  const char* body;      // of the handler; the request's body is Bytes(200'000)
  const char* expected;  // "echo": the request's body
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}
std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

class Stream : public ::testing::TestWithParam<Case> {};
TEST_P(Stream, Gives) {
  TestBench bench(Handler(GetParam().body));
  const std::string body = Bytes(200'000);
  const std::string expected = GetParam().expected;
  Outcome outcome = bench.Fetch({.method = "POST", .body = body});
  EXPECT_EQ(outcome.detail, "");
  EXPECT_FALSE(outcome.body_broken);
  EXPECT_TRUE(outcome.body == (expected == "echo" ? body : expected))
      << outcome.body.size() << " bytes: " << outcome.body.substr(0, 200);
}

// Every one of these goes on when the worker is gone: no JavaScript moves the bytes.
class NativeStream : public Stream {};
TEST_P(NativeStream, FlowsWithoutTheWorker) {
  TestBench bench(Handler(GetParam().body));
  const std::string body = Bytes(200'000);
  auto call = std::make_unique<TestBench::Call>();
  call = bench.Start({.method = "POST", .body = body});
  call->hold_body = true;
  bench.RunUntil([&] { return call->outcome.status != 0; });
  ASSERT_NE(call->source, nullptr);
  bench.DestroyWorker();
  call->ReadBody();
  bench.RunUntil([&] { return call->done(); });
  EXPECT_FALSE(call->outcome.body_broken);
  EXPECT_TRUE(call->outcome.body == body) << call->outcome.body.size() << " bytes";
}
TEST_P(NativeStream, Gives) {
  TestBench bench(Handler(GetParam().body));
  const std::string body = Bytes(200'000);
  Outcome outcome = bench.Fetch({.method = "POST", .body = body});
  EXPECT_EQ(outcome.detail, "");
  EXPECT_TRUE(outcome.body == body) << outcome.body.size() << " bytes";
}

INSTANTIATE_TEST_SUITE_P(
    Forward, NativeStream,
    ::testing::Values(
        Case{"Body", R"js(return new Response(request.body);)js", "echo"},
        Case{"Locked", R"js(const r = request.body.getReader(); r.releaseLock();
             return new Response(request.body);)js",
             "echo"},
        Case{"Request", R"js(return new Response(new Request(request).body);)js", "echo"},
        Case{"Clone", R"js(return new Response(request.clone().body);)js", "echo"},
        Case{"Identity",
             R"js(return new Response(request.body.pipeThrough(new IdentityTransformStream()));)js",
             "echo"},
        Case{"PipeTo", R"js(const { readable, writable } = new IdentityTransformStream();
             request.body.pipeTo(writable); return new Response(readable);)js",
             "echo"},
        Case{"Transform",
             R"js(return new Response(request.body.pipeThrough(new TransformStream()));)js",
             "echo"},
        Case{"FixedLength",
             R"js(return new Response(request.body.pipeThrough(new FixedLengthStream(200000)));)js",
             "echo"},
        Case{
            "Chain",
            R"js(return new Response(request.body.pipeThrough(new TransformStream()).pipeThrough(new IdentityTransformStream()));)js",
            "echo"},
        Case{"TeeOneCanceled",
             R"js(const [a, b] = request.body.tee(); a.cancel(); return new Response(b);)js",
             "echo"},
        Case{"TeeOneLeft", R"js(const [a, b] = request.body.tee(); return new Response(a);)js",
             "echo"},
        Case{
            "GzipAndBack",
            R"js(return new Response(request.body.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')));)js",
            "echo"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Read, Stream,
    ::testing::Values(
        Case{"Iterate", R"js(let n = 0; for await (const c of request.body) n += c.byteLength;
             return new Response(n);)js",
             "200000"},
        Case{
            "Reader",
            R"js(const out = []; const r = request.body.getReader(); for (;;) { const { value, done }
             = await r.read(); if (done) break; out.push(value); }
             return new Response(ReadableStream.from(out));)js",
            "echo"},
        Case{"ReadsInARow",
             R"js(const r = request.body.getReader(); const all = await Promise.all(Array.from({
             length: 9 }, () => r.read())); return new Response(all.reduce((n, {
             value }) => n + (value?.byteLength ?? 0), 0) + ' ' + all.at(-1).done);)js",
             "200000 true"},
        Case{"Byob", R"js(let n = 0; const r = request.body.getReader({ mode: 'byob' });
             let view = new Uint8Array(1000); for (;;) { const { value, done }
             = await r.read(view); if (done) break; n += value.byteLength;
             view = value.byteLength === 0 ? view : new Uint8Array(value.buffer); }
             return new Response(n);)js",
             "200000"},
        Case{"ReadAtLeast", R"js(const r = request.body.getReader({ mode: 'byob' }); const { value }
             = await r.readAtLeast(150000, new Uint8Array(200000));
             return new Response(value.byteLength >= 150000);)js",
             "true"},
        Case{"PartThenRest",
             R"js(const r = request.body.getReader(); let n = (await r.read()).value.byteLength;
             r.releaseLock(); for await (const c of request.body) n += c.byteLength;
             return new Response(n);)js",
             "200000"},
        Case{"PartThenPipe",
             R"js(const r = request.body.getReader(); let n = (await r.read()).value.byteLength;
             r.releaseLock();
             const rest = new Response(request.body.pipeThrough(new IdentityTransformStream()));
             return new Response((await rest.arrayBuffer()).byteLength + n);)js",
             "200000"},
        Case{"ReleaseWhileReading",
             R"js(const r = request.body.getReader(); const p = r.read(); r.releaseLock(); try {
             await p; } catch (e) { } let n = 0;
             for await (const c of request.body) n += c.byteLength; return new Response(n);)js",
             "200000"},
        Case{"TeeBothRead", R"js(const [a, b] = request.body.tee();
             const x = await new Response(a).text(), y = await new Response(b).text();
             return new Response(x === y ? x : 'differ');)js",
             "echo"},
        Case{"TeeOneReadOneSent",
             R"js(const [a, b] = request.body.tee(); const p = new Response(a).text();
             ctx.waitUntil(p); return new Response(b);)js",
             "echo"},
        Case{"TeeSlowBranch", R"js(const [a, b] = request.body.tee(); let n = 0;
             for await (const c of a) n += c.byteLength; return new Response(b);)js",
             "echo"},
        Case{
            "TeeCancelBoth",
            R"js(const [a, b] = request.body.tee(); const p = a.cancel(1); await b.cancel(2); await p;
             return new Response('done');)js",
            "done"},
        Case{
            "TeeCancelAfterRead",
            R"js(const [a, b] = request.body.tee(); const p = a.cancel(1); for await (const c of b);
             await p; return new Response('done');)js",
            "done"},
        Case{"CloneBothRead",
             R"js(const c = request.clone(); const x = await c.text(), y = await request.text();
             return new Response(x === y ? x : 'differ');)js",
             "echo"},
        Case{
            "ScriptTransform",
            R"js(return new Response(request.body.pipeThrough(new TransformStream({ transform(c, k) {
             k.enqueue(c); } })));)js",
            "echo"},
        Case{"PipeToSink", R"js(let n = 0; await request.body.pipeTo(new WritableStream({ write(c) {
             n += c.byteLength; } })); return new Response(n);)js",
             "200000"},
        Case{"WriterAndBody",
             R"js(const { readable, writable } = new TransformStream(); ctx.waitUntil((async () => {
             const w = writable.getWriter(); await w.write(new TextEncoder().encode('<'));
             w.releaseLock(); await request.body.pipeTo(writable, { preventClose: true });
             const v = writable.getWriter(); await v.write(new TextEncoder().encode('>'));
             await v.close(); })()); const text = await new Response(readable).text();
             return new Response(text.slice(1, -1));)js",
             "echo"},
        Case{"PipedPromise",
             R"js(const { readable, writable } = new IdentityTransformStream(); let piped = false;
             const p = request.body.pipeTo(writable).then(() => { piped = true; });
             const text = await new Response(readable).text(); await p;
             return new Response(piped ? text : 'not piped');)js",
             "echo"},
        Case{"PipedAndIterated",
             R"js(const s = request.body; const t = new IdentityTransformStream(); let n = 0;
             for await (const c of s.pipeThrough(t)) n += c.byteLength; return new Response(`${n} ${s.locked} ${t.writable.locked}`);)js",
             "200000 false false"},
        Case{"PipedAndCanceled", R"js(const { readable, writable } = new IdentityTransformStream();
             const p = request.body.pipeTo(writable); await readable.cancel('enough'); try {
             await p; } catch (e) { return new Response(e); })js",
             "enough"}),
    NameOf);

// What the other end of a stream that JavaScript writes sees.
TEST(StreamOut, GathersSmallChunksOfOneTurn) {
  TestBench bench(Handler(R"js(
      let i = 0;
      return new Response(new ReadableStream({
        pull(c) { if (i++ === 5000) c.close(); else c.enqueue(new Uint8Array([65])); },
      }));)js"));
  EXPECT_EQ(bench.Get(), std::string(5000, 'A'));
}

TEST(StreamOut, HasTheLengthOfAFixedLengthStream) {
  TestBench bench(Handler(R"js(
      const { readable, writable } = new FixedLengthStream(5);
      const writer = writable.getWriter();
      writer.write(new TextEncoder().encode('12345'));
      writer.close();
      return new Response(readable);)js"));
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.body, "12345");
  EXPECT_EQ(outcome.body_length, 5);
}

TEST(StreamOut, BreaksWhenAFixedLengthStreamIsNotKept) {
  for (const char* text : {"1234", "123456"}) {
    TestBench bench(Handler(fmt::format(R"js(
        const {{ readable, writable }} = new FixedLengthStream(5);
        const writer = writable.getWriter();
        writer.write(new TextEncoder().encode('{}')).catch(() => {{}});
        writer.close().catch(() => {{}});
        return new Response(readable);)js",
                                        text)));
    EXPECT_TRUE(bench.Fetch().body_broken) << text;
  }
}

TEST(StreamOut, LengthsOfBodiesThatNativeCodeMoves) {
  struct Row {
    const char* stream;
    std::optional<uint64_t> length;
    bool is_broken;
  };
  for (const Row& row :
       {Row{"request.body", 1000, false}, Row{"request.clone().body", 1000, false},
        Row{"request.body.pipeThrough(new IdentityTransformStream())", {}, false},
        Row{"request.body.pipeThrough(new FixedLengthStream(1000))", 1000, false},
        Row{"request.body.pipeThrough(new FixedLengthStream(999))", 999, true},
        Row{"request.body.pipeThrough(new FixedLengthStream(1001))", 1001, true},
        Row{"request.body.pipeThrough(new CompressionStream('gzip'))", {}, false},
        Row{"request.body.pipeThrough(new DecompressionStream('gzip'))", {}, true}}) {
    TestBench bench(Handler(fmt::format("return new Response({});", row.stream)));
    Outcome outcome = bench.Fetch({.method = "POST", .body = Bytes(1000)});
    EXPECT_EQ(outcome.body_length, row.length) << row.stream;
    EXPECT_EQ(outcome.body_broken, row.is_broken) << row.stream;
  }
}

TEST(StreamOut, PipeToTellsOfTheEndThatNativeCodeSees) {
  TestBench bench(Handler(R"js(
      const { readable, writable } = new IdentityTransformStream();
      ctx.waitUntil(request.body.pipeTo(writable).then(() => console.log('piped')));
      return new Response(readable);)js"));
  auto call = bench.Start({.method = "POST", .body = Bytes(200'000)});
  bench.RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->outcome.body, Bytes(200'000));
  bench.RunUntil([&] { return bench.idle > 0; });
  EXPECT_THAT(bench.logs, Contains(Pair(LogLevel::kInfo, HasSubstr("piped"))));
}

TEST(StreamOut, PipeToRejectsWhenTheClientGoes) {
  TestBench bench(Handler(R"js(
      const { readable, writable } = new IdentityTransformStream();
      ctx.waitUntil(request.body.pipeTo(writable).catch((e) => console.log(`broke: ${e.message}`)));
      return new Response(readable);)js"));
  auto call = bench.Start({.method = "POST", .body = Bytes(200'000)});
  call->hold_body = true;
  bench.RunUntil([&] { return call->source != nullptr; });
  call->ReadBody();
  call = bench.Start({.method = "POST", .body = Bytes(200'000)});
  call->hold_body = true;
  bench.RunUntil([&] { return call->source != nullptr; });
  call->source.reset();
  bench.RunUntil([&] { return !bench.logs.empty(); });
  EXPECT_THAT(bench.logs, Contains(Pair(LogLevel::kInfo, HasSubstr("broke: "))));
}

TEST(StreamOut, AnAnswerUnderWayCanBecomeAnotherBody) {
  TestBench bench(Fetching(Handler(R"js(
      const { readable, writable } = new TransformStream();
      ctx.waitUntil(fetch('http://origin.test/').then((r) => r.body.pipeTo(writable)));
      return new Response(readable);)js")));
  auto state = std::make_shared<Trickle::State>();
  SubrequestObserver* origin = nullptr;
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) { origin = &observer; };
  auto call = bench.Start();
  bench.RunUntil([&] { return call->outcome.status == 200 && origin != nullptr; });
  origin->OnSubrequestResponse({.status = 200}, std::make_unique<Trickle>(state));
  bench.RunUntil([&] { return state->reading; });
  bench.DestroyWorker();  // nothing of the body is in it
  state->reader->OnBodyData("some ");
  call->source->Pause();
  EXPECT_FALSE(state->reading);
  call->ReadBody();
  state->reader->OnBodyData("text");
  state->reader->OnBodyEnd();
  EXPECT_TRUE(call->done());
  EXPECT_EQ(call->outcome.body, "some text");
}

TEST(StreamOut, AnAnswerUnderWayTellsPipeToOfItsEnd) {
  TestBench bench(Fetching(Handler(R"js(
      const { readable, writable } = new IdentityTransformStream();
      ctx.waitUntil((async () => {
        const { body } = await fetch('http://origin.test/');
        try { await body.pipeTo(writable); console.log('piped'); } catch (e) { console.log(e.message); }
      })());
      return new Response(readable);)js")));
  for (const char* how : {"piped", "the origin is gone"}) {
    auto state = std::make_shared<Trickle::State>();
    bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
      observer.OnSubrequestResponse({.status = 200}, std::make_unique<Trickle>(state));
    };
    auto call = bench.Start();
    bench.RunUntil([&] { return state->reading; });
    if (how == std::string_view("piped")) {
      state->reader->OnBodyEnd();
    } else {
      state->reader->OnBodyError(Unavailable("{}", how));
    }
    bench.RunUntil([&] { return !bench.logs.empty(); });
    EXPECT_THAT(bench.logs, Contains(Pair(LogLevel::kInfo, HasSubstr(how))));
    bench.logs.clear();
  }
}

TEST(StreamOut, CompressingCostsTheRequestsCpuTime) {
  auto code = CodeOf(
      Handler("return new Response(request.body.pipeThrough(new CompressionStream('gzip')));"));
  code->limits.cpu_ms = 20;
  TestBench bench(code);
  Outcome outcome = bench.Fetch({.method = "POST", .body = Bytes(64 << 20)});
  EXPECT_TRUE(outcome.body_broken);
  EXPECT_EQ(bench.condemned, "");  // nothing of JavaScript's is broken
  EXPECT_EQ(bench.Fetch({.method = "POST", .body = Bytes(100)}).body_broken, false);
}

TEST(StreamOut, WhatATeeHoldsComesOutOfTheWorkersMemory) {
  auto code = CodeOf(Handler(R"js(
      const [a, b] = request.body.tee();
      let n = 0;
      for await (const chunk of a) n += chunk.byteLength;
      try { await new Response(b).arrayBuffer(); } catch (e) { return new Response(`${n} ${e.name}`); })js"));
  code->limits.heap_bytes = 16 << 20;
  code->limits.cpu_ms = 5000;
  TestBench bench(code);
  Outcome outcome = bench.Fetch({.method = "POST", .body = Bytes(40'000'000)});
  EXPECT_EQ(outcome.detail, "");
  EXPECT_EQ(outcome.body, "40000000 RangeError");
  EXPECT_EQ(bench.condemned, "");
}

TEST(StreamIn, ASlowBodyIsReadWhenItIsAskedFor) {
  TestBench bench(Fetching(Handler(R"js(
      const r = (await fetch('http://origin.test/')).body.getReader();
      const first = await r.read();
      await scheduler.wait(1);
      const second = await r.read();
      return new Response(`${first.value} ${second.value}`);)js")));
  auto state = std::make_shared<Trickle::State>();
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
    observer.OnSubrequestResponse({.status = 200}, std::make_unique<Trickle>(state));
  };
  auto call = bench.Start();
  bench.RunUntil([&] { return state->reading; });
  state->reader->OnBodyData("a");
  EXPECT_FALSE(state->reading);  // paused until the next read
  bench.RunUntil([&] { return state->reading; });
  state->reader->OnBodyData("b");
  bench.RunUntil([&] { return call->done(); });
  EXPECT_EQ(call->outcome.body, "97 98");
}

TEST(StreamIn, ABrokenBodyIsATypeError) {
  for (const char* how :
       {"for await (const c of response.body);", "await response.text();",
        "await response.body.getReader({ mode: 'byob' }).read(new Uint8Array(9));",
        "await new Response(response.body.pipeThrough(new TransformStream())).text();",
        "await new Response(response.clone().body).text();"}) {
    TestBench bench(Fetching(Handler(fmt::format(R"js(
        const response = await fetch('http://origin.test/');
        try {{ {} }} catch (e) {{ return new Response(`${{e.name}}: ${{e.message}}`); }})js",
                                                 how))));
    auto state = std::make_shared<Trickle::State>();
    bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
      observer.OnSubrequestResponse({.status = 200}, std::make_unique<Trickle>(state));
    };
    auto call = bench.Start();
    bench.RunUntil([&] { return state->reading; });
    state->reader->OnBodyError(Unavailable("the origin is gone"));
    bench.RunUntil([&] { return call->done(); });
    EXPECT_EQ(call->outcome.body, "TypeError: the origin is gone") << how;
  }
}

TEST(StreamIn, CancelingStopsTheSource) {
  TestBench bench(Fetching(Handler(R"js(
      const response = await fetch('http://origin.test/');
      await response.body.cancel();
      return new Response('done');)js")));
  auto state = std::make_shared<Trickle::State>();
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
    observer.OnSubrequestResponse({.status = 200}, std::make_unique<Trickle>(state));
  };
  EXPECT_EQ(bench.Get(), "done");
  EXPECT_TRUE(state->destroyed);
}

}  // namespace
}  // namespace terrella::runtime
