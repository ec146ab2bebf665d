// URL, Headers, URLPattern and the text classes inside a real worker: out of the snapshot, on real
// requests. What they do in detail is tested in js/web_api_test.js.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

TEST(WebApiInWorker, RoutesByUrlAndPattern) {
  TestBench bench(R"js(
    const route = new URLPattern({ pathname: '/users/:id' });
    export default { fetch(request) {
      const url = new URL(request.url);
      const match = route.exec(request.url);
      return Response.json([url.searchParams.get('q'), match?.pathname.groups.id ?? null]);
    } })js");
  EXPECT_EQ(bench.Get("/users/42?q=caf%C3%A9+x"), R"(["café x","42"])");
  EXPECT_EQ(bench.Get("/?q"), R"(["",null])");
}

TEST(WebApiInWorker, KeepsHeadersOfTheRequestImmutable) {
  TestBench bench(R"js(export default { fetch(request) {
    let refusal = 'none';
    try { request.headers.set('a', 'b'); } catch (error) { refusal = error.constructor.name; }
    const copy = new Headers(request.headers);
    copy.set('a', 'b');
    return Response.json([refusal, copy.get('A'), copy.get('X-N')]);
  } })js");
  EXPECT_EQ(bench.Fetch({.headers = {{"X-n", "1"}, {"x-N", "2"}}}).body,
            R"(["TypeError","b","1, 2"])");
}

TEST(WebApiInWorker, SendsCookiesApart) {
  TestBench bench(R"js(export default { fetch() {
    const headers = new Headers({ 'x-a': '1' });
    headers.append('Set-Cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    return new Response('ok', { headers });
  } })js");
  const Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.headers.Count("set-cookie"), 2u);
  EXPECT_EQ(outcome.headers.Find("x-a"), "1");
}

TEST(WebApiInWorker, StreamsTextThroughDecoderAndEncoder) {
  TestBench bench(R"js(
    const pieces = (...chunks) => new ReadableStream({
      start(controller) { for (const c of chunks) controller.enqueue(c); controller.close(); } });
    const collect = async (stream) => { const all = []; for await (const c of stream) all.push(c); return all; };
    export default { async fetch() {
      // A character cut in two, one never finished; then a surrogate pair cut in two, a lone half at the end.
      const text = await collect(pieces(new Uint8Array([97, 0xc3]), new Uint8Array([0xa9, 0xe2]))
        .pipeThrough(new TextDecoderStream()));
      const bytes = await collect(pieces('x\ud83d', '\udca9y', '\ud83d').pipeThrough(new TextEncoderStream()));
      return Response.json([text, bytes.map((b) => [...b])]);
    } })js");
  EXPECT_EQ(bench.Get(), R"([["a","é","�"],[[120],[240,159,146,169,121],[239,191,189]]])");
}

TEST(WebApiInWorker, FailsTheDecoderStreamOnMalformedTextWhenFatal) {
  TestBench bench(R"js(export default { async fetch(request) {
    const decoder = new TextDecoderStream('utf-8', { fatal: true });
    try {
      for await (const text of request.body.pipeThrough(decoder)) void text;
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`);
    }
    return new Response('no error');
  } })js");
  EXPECT_EQ(bench.Fetch({.method = "POST", .body = "a\xFF"}).body,
            "TypeError: TextDecoder.decode: the data is not valid utf-8");
}

}  // namespace
}  // namespace terrella::runtime
