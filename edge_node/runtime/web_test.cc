// The Web APIs of the runtime's core from a worker's side: fetch, Request, Response, streams,
// events, timers, crypto, console. Each case is JavaScript that returns a value; its JSON is
// compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

std::string Eval(std::string_view body) {
  TestBench bench(
      fmt::format("export default {{ async fetch(request, env, ctx) {{ const value = await (async "
                  "() => {{ {} }})();"
                  " return new Response(JSON.stringify(value) ?? 'undefined'); }} }}",
                  body));
  return bench.Get();
}

struct Case {
  const char* name;
  const char* body;
  const char* json;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}
class Web : public ::testing::TestWithParam<Case> {};
TEST_P(Web, Gives) {
  EXPECT_EQ(Eval(GetParam().body), GetParam().json);
}
std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Response, Web,
    ::testing::Values(
        Case{"Json",
             "const r = Response.json({ a: 1 }, { status: 201 });"
             "return [r.status, r.headers.get('content-type'), await r.json()];",
             R"([201,"application/json",{"a":1}])"},
        Case{"Redirect",
             "const r = Response.redirect('http://a.test/x', 307); return [r.status, "
             "r.headers.get('location')];",
             R"([307,"http://a.test/x"])"},
        Case{"Error", "const r = Response.error(); return [r.status, r.type];", R"([0,"error"])"},
        Case{"BadStatus", "try { new Response('', { status: 99 }); } catch (e) { return e.name; }",
             R"("RangeError")"},
        Case{"NullBodyStatus",
             "try { new Response('x', { status: 204 }); } catch (e) { return e.name; }",
             R"("TypeError")"},
        Case{"CloneBothReadable",
             "const a = new Response('xyz'), b = a.clone(); return [await a.text(), await "
             "b.text()];",
             R"(["xyz","xyz"])"},
        Case{"CloneOfAStream",
             "const a = new Response(new Response('xyz').body), b = a.clone(); return [await "
             "b.text(), await a.text()];",
             R"(["xyz","xyz"])"},
        Case{"ReadTwice",
             "const r = new Response('x'); await r.text(); try { await r.text(); } catch (e) { "
             "return [e.name, r.bodyUsed]; }",
             R"(["TypeError",true])"},
        Case{"BytesAndBuffer",
             "const b = new Uint8Array([1, 2, 3]).subarray(1); const r = new Response(b); const c "
             "= r.clone();"
             "const x = await r.arrayBuffer(); new Uint8Array(x)[0] = 9; return [x.byteLength, "
             "[...await c.bytes()]];",
             "[2,[2,3]]"},
        Case{"UrlSearchParamsBody",
             "const r = new Response(new URLSearchParams({ a: 'b c' })); return "
             "[r.headers.get('content-type'), await r.text()];",
             R"(["application/x-www-form-urlencoded;charset=UTF-8","a=b+c"])"},
        Case{"BodyIsAStream",
             "const r = new Response('ab').body.getReader(); const { value } = await r.read();"
             "return [[...value], (await r.read()).done];",
             "[[97,98],true]"},
        Case{"NullBody", "const r = new Response(); return [r.body, await r.text(), r.bodyUsed];",
             R"([null,"",false])"},
        Case{"OwnPrototypes",
             "return [Object.getPrototypeOf(Response) === Function.prototype,"
             " String(new Response()), String(new Request('http://a.test'))];",
             R"([true,"[object Response]","[object Request]"])"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Request, Web,
    ::testing::Values(
        Case{"FromUrl",
             "const r = new Request('http://A.test/x/../y', { method: 'post', body: 'b', headers: "
             "{ 'X-A': '1' } });"
             "return [r.url, r.method, r.headers.get('x-a'), r.headers.get('content-type'), await "
             "r.text()];",
             R"(["http://a.test/y","POST","1","text/plain;charset=UTF-8","b"])"},
        Case{"GetHasNoBody",
             "try { new Request('http://a.test', { body: 'x' }); } catch (e) { return e.name; }",
             R"("TypeError")"},
        Case{"NeedsAbsoluteUrl", "try { new Request('/x'); } catch (e) { return e.name; }",
             R"("TypeError")"},
        Case{"TakesOverTheBody",
             "const a = new Request('http://a.test', { method: 'PUT', body: 'q' }); const b = new "
             "Request(a);"
             "return [a.bodyUsed, await b.text()];",
             R"([true,"q"])"},
        Case{"ImmutableInboundHeaders",
             "try { request.headers.set('a', 'b'); } catch (e) { return e.name; }",
             R"("TypeError")"},
        Case{"MutableCopy",
             "const r = new Request(request); r.headers.set('a', 'b'); return r.headers.get('a');",
             R"("b")"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Streams, Web,
    ::testing::Values(
        Case{"PipeThrough",
             "const up = new TransformStream({ transform(c, k) { k.enqueue(c.toUpperCase()); }, "
             "flush(k) { k.enqueue('!'); } });"
             "const out = []; for await (const c of ReadableStream.from(['a', "
             "'b']).pipeThrough(up)) out.push(c); return out;",
             R"(["A","B","!"])"},
        Case{"TransformBackPressure",
             "const t = new TransformStream(); const w = t.writable.getWriter(); w.write(1); "
             "w.write(2); w.close();"
             "const out = []; for await (const c of t.readable) out.push(c); return out;",
             "[1,2]"},
        Case{"TransformError",
             "const t = new TransformStream({ transform() { throw new Error('bad'); } }); const w "
             "= t.writable.getWriter();"
             "w.write(1).catch(() => {}); try { await t.readable.getReader().read(); } catch (e) { "
             "return e.message; }",
             R"("bad")"},
        Case{"Tee",
             "const [a, b] = ReadableStream.from([1, 2]).tee(); const read = async (s) => { const "
             "o = []; for await (const c of s) o.push(c); return o; };"
             "return Promise.all([read(a), read(b)]);",
             "[[1,2],[1,2]]"},
        Case{"PipeToClosesAndWaits",
             "const log = []; await ReadableStream.from([1, 2]).pipeTo(new WritableStream({ async "
             "write(c) { log.push(c); }, close() { log.push('close'); } }));"
             "return log;",
             R"([1,2,"close"])"},
        Case{"PipeToAbortsOnError",
             "const log = []; const bad = new ReadableStream({ pull(c) { c.error(new "
             "Error('src')); } });"
             "try { await bad.pipeTo(new WritableStream({ abort(e) { log.push('abort ' + "
             "e.message); } })); } catch (e) { log.push(e.message); } return log;",
             R"(["abort src","src"])"},
        Case{"PipeToCancelsOnSinkError",
             "const log = []; const src = new ReadableStream({ pull(c) { c.enqueue(1); }, "
             "cancel(e) { log.push('cancel ' + e.message); } });"
             "try { await src.pipeTo(new WritableStream({ write() { throw new Error('sink'); } "
             "})); } catch (e) { log.push(e.message); } return log;",
             R"(["cancel sink","sink"])"},
        Case{"PipeToHonoursSignal",
             "const c = new AbortController(); const src = new ReadableStream({ pull(k) { "
             "k.enqueue(1); return new Promise((r) => setTimeout(r, 1)); } });"
             "setTimeout(() => c.abort(), 5); try { await src.pipeTo(new WritableStream(), { "
             "signal: c.signal }); } catch (e) { return e.name; }",
             R"("AbortError")"},
        Case{"LockedAndReleased",
             "const s = ReadableStream.from([1, 2]); const r = s.getReader(); const a = (await "
             "r.read()).value; let e1; try { s.getReader(); } catch (e) { e1 = e.name; }"
             "r.releaseLock(); return [a, e1, s.locked, (await s.getReader().read()).value];",
             R"([1,"TypeError",false,2])"},
        Case{"CancelReason",
             "let why; const s = new ReadableStream({ cancel(r) { why = r; } }); await "
             "s.cancel('enough'); return why;",
             R"("enough")"},
        Case{"Byob",
             "const s = new ReadableStream({ type: 'bytes', start(c) { c.enqueue(new "
             "Uint8Array([1, 2, 3])); c.close(); } }); const r = s.getReader({ mode: 'byob' });"
             "const a = await r.read(new Uint8Array(2)), b = await r.read(new Uint8Array(2)), c = "
             "await r.read(new Uint8Array(2));"
             "return [[...a.value], [...b.value], c.done];",
             "[[1,2],[3],true]"},
        Case{"WriterBackPressure",
             "let go; const w = new WritableStream({ write() { return new Promise((r) => { go = r; "
             "}); } }).getWriter(); await w.ready;"
             "const p = w.write(1); const d = w.desiredSize; await null; go(); await p; await "
             "w.ready; return [d, w.desiredSize];",
             "[0,1]"},
        Case{"IterationCancelsOnBreak",
             "let why = 'no'; const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { "
             "why = 'yes'; } }); for await (const x of s) break; return why;",
             R"("yes")"},
        Case{"IdentityBody",
             "const { readable, writable } = new IdentityTransformStream(); const w = "
             "writable.getWriter(); w.write(new Uint8Array([104, 105])); w.close();"
             "return new Response(readable).text();",
             R"("hi")"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Other, Web,
    ::testing::Values(
        Case{"Events",
             "const t = new EventTarget(), log = []; t.addEventListener('x', (e) => "
             "log.push(e.detail), { once: true });"
             "t.dispatchEvent(new CustomEvent('x', { detail: 1 })); t.dispatchEvent(new "
             "CustomEvent('x', { detail: 2 })); return log;",
             "[1]"},
        Case{"AbortAny",
             "const c = new AbortController(); const s = AbortSignal.any([c.signal, "
             "AbortSignal.timeout(1e6)]); let n = 0; s.onabort = () => ++n;"
             "c.abort('why'); return [s.aborted, s.reason, n];",
             R"([true,"why",1])"},
        Case{"AbortTimeout",
             "const s = AbortSignal.timeout(2); await new Promise((r) => "
             "s.addEventListener('abort', r)); return s.reason.name;",
             R"("TimeoutError")"},
        Case{"DomException",
             "const e = new DOMException('m', 'AbortError'); return [e.name, e.message, e.code, e "
             "instanceof Error, DOMException.ABORT_ERR];",
             R"(["AbortError","m",20,true,20])"},
        Case{"IntervalAndClear",
             "let n = 0; await new Promise((r) => { const id = setInterval(() => { if (++n === 3) "
             "{ clearInterval(id); r(); } }, 1); }); return n;",
             "3"},
        Case{"TimerOrderAndArguments",
             "const log = []; await new Promise((r) => { setTimeout((a) => { log.push(a); r(); }, "
             "4, 'b'); setTimeout(() => log.push('a'), 1); }); return log;",
             R"(["a","b"])"},
        Case{"Microtasks",
             "const log = []; queueMicrotask(() => log.push(1)); await null; return log;", "[1]"},
        Case{"StructuredClone",
             "const o = { d: new Date(0), m: new Map([[1, { x: 2n }]]) }; o.self = o; const c = "
             "structuredClone(o);"
             "return [c.self === c, c.d.getTime(), String(c.m.get(1).x), c !== o];",
             R"([true,0,"2",true])"},
        Case{"StructuredCloneError",
             "try { structuredClone(() => {}); } catch (e) { return [e.name, e instanceof "
             "DOMException]; }",
             R"(["DataCloneError",true])"},
        Case{"StructuredCloneTransfer",
             "const b = new ArrayBuffer(8); const c = structuredClone(b, { transfer: [b] }); "
             "return [b.byteLength, c.byteLength];",
             "[0,8]"},
        Case{"Base64",
             "let bad; try { atob('a'); } catch (e) { bad = e.name; } return [btoa('hé'), atob(' "
             "aGk= '), bad];",
             R"(["aOk=","hi","InvalidCharacterError"])"},
        Case{"Digest",
             "const d = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc')); "
             "return [...new Uint8Array(d)].map((b) => b.toString(16).padStart(2, '0')).join('');",
             R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")"},
        Case{"Random",
             "const u = crypto.randomUUID(); return "
             "[/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(u), u "
             "!== crypto.randomUUID(),"
             " crypto.getRandomValues(new Uint8Array(64)).some((b) => b)];",
             "[true,true,true]"},
        Case{"Navigator", "return navigator.userAgent;", R"("Cloudflare-Workers")"}),
    NameOf);

TEST(Fetch, ReachesDeclaredOriginsOnly) {
  auto code = CodeOf(R"js(export default { async fetch(request) {
    try {
      const r = await fetch(new URL(request.url).searchParams.get('to'), { method: 'POST', body: 'up', headers: { a: 'b' } });
      return new Response(`${r.status} ${r.url} ${r.headers.get('x')} ${await r.text()}`);
    } catch (e) { return new Response(e.message); } } })js");
  code->origin_hosts = {"api.test"};
  TestBench bench(code);
  OutboundRequest seen;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    seen = std::move(request);
    observer.OnSubrequestResponse({.status = 203, .headers = {{"X", "y"}}},
                                  http::MakeStringBody("down"));
  };
  EXPECT_EQ(bench.Get("/?to=http://api.test/p"), "203 http://api.test/p y down");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.headers.Find("a"), "b");
  EXPECT_EQ(seen.body->length_bytes(), 2u);
  EXPECT_THAT(bench.Get("/?to=http://127.0.0.1/"),
              HasSubstr("not among the worker's declared origins"));
  EXPECT_THAT(bench.Get("/?to=http://apj.test/"), HasSubstr("did you mean \"api.test\"?"));
  EXPECT_THAT(bench.Get("/?to=file:///etc/passwd"), HasSubstr("not an http"));
}

TEST(Fetch, FollowsRedirectsByMode) {
  auto code = CodeOf(R"js(export default { async fetch(request) {
    const redirect = new URL(request.url).searchParams.get('mode');
    try {
      const r = await fetch('http://a.test/1', { redirect, method: 'POST', body: 'x', headers: { authorization: 's' } });
      return new Response(`${r.status} ${r.redirected} ${await r.text()}`);
    } catch (e) { return new Response(e.message); } } })js");
  code->origin_hosts = {"a.test", "b.test"};
  TestBench bench(code);
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    if (request.url == "http://a.test/1") {
      observer.OnSubrequestResponse({.status = 302, .headers = {{"location", "//b.test/2"}}},
                                    nullptr);
    } else {
      observer.OnSubrequestResponse(
          {}, http::MakeStringBody(request.method + " " + request.url +
                                   (request.headers.Has("authorization") ? " leaked" : "")));
    }
  };
  EXPECT_EQ(bench.Get("/?mode=follow"), "200 true GET http://b.test/2");
  EXPECT_EQ(bench.Get("/?mode=manual"), "302 false ");
  EXPECT_THAT(bench.Get("/?mode=error"), HasSubstr("redirect mode is \"error\""));
}

TEST(Fetch, ReachesAnotherWorkerThroughAServiceBinding) {
  auto code = CodeOf("export default { fetch(request, env) { return env.AUTH.fetch(request); } }");
  code->bindings = {{"AUTH", BindingKind::kService, "auth-script"}};
  TestBench bench(code);
  OutboundRequest seen;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    seen = std::move(request);
    observer.OnSubrequestResponse({.status = 201}, http::MakeStringBody("inner"));
  };
  Outcome outcome = bench.Fetch({.path = "/x", .method = "POST", .body = "payload"});
  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(outcome.body, "inner");
  EXPECT_EQ(seen.service, "auth-script");
  EXPECT_EQ(seen.url, "http://test.example/x");
  EXPECT_EQ(seen.body->length_bytes(), 7u);  // forwarded, never read
}

TEST(Fetch, IsCancelledBySignalAndByTheClientsLeave) {
  auto code = CodeOf(R"js(export default { async fetch(request) {
    try { await fetch('http://a.test/', { signal: AbortSignal.timeout(5) }); } catch (e) { return new Response(e.name); } } })js");
  code->origin_hosts = {"a.test"};
  TestBench bench(code);
  bench.on_fetch = [](OutboundRequest, SubrequestObserver&) {};  // never answers
  EXPECT_EQ(bench.Get(), "TimeoutError");
  auto call = bench.Start();
  bench.loop().RunOnce();
  call->invocation.reset();
  EXPECT_EQ(bench.worker().in_flight(), 0u);
}

}  // namespace
}  // namespace terrella::runtime
