// fetch() over a host that the tests play: redirects, content codings, aborts; forms and blobs on
// their way in and out.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "edge_node/runtime/compression/content_coding.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A worker that answers with what `body` returns: a Response, or anything else as JSON. An error is
// text.
std::shared_ptr<WorkerCode> WorkerOf(std::string_view body) {
  auto code = CodeOf(
      fmt::format("export default {{ async fetch(request, env, ctx) {{ try {{ const value = await "
                  "(async () => {{ {} }})(); return value instanceof Response ? value : new "
                  "Response(JSON.stringify(value)); }} catch (e) {{ return new "
                  "Response(`${{e.name}}: ${{e.message}}`); }} }} }}",
                  body));
  code->origin_hosts = {"a.test", "b.test"};
  return code;
}

// Method, URL, the names of headers that are no defaults, and whether there is a body.
std::string Shown(const OutboundRequest& request) {
  std::vector<std::string> names;
  for (const auto& field : request.headers.fields()) {
    if (!field.name.starts_with("accept")) names.emplace_back(field.name);
  }
  std::sort(names.begin(), names.end());
  return fmt::format("{} {} [{}]{}", request.method, request.url, fmt::join(names, " "),
                     request.body == nullptr ? "" : " body");
}

struct Redirect {
  const char* clause;
  const char* init;  // of fetch('http://a.test/1#f', init)
  int status;
  http::Headers headers;
  const char* sees;   // the last request
  const char* gives;  // "status redirected URL" of the response, or a part of the error
};

constexpr const char* kPost =
    "{ method: 'POST', body: 'x', headers: { authorization: 's', cookie: 'c', a: 'b' } }";
constexpr const char* kStream =
    "{ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }";

// Fetch Standard, section 4.4, "HTTP-redirect fetch", by step; 4.3 for the modes.
std::vector<Redirect> Redirects() {
  const char* first = "GET http://a.test/1 []";
  const char* second = "200 true http://a.test/2";
  return {
      {"3 no Location", "{}", 301, {}, first, "301 false http://a.test/1"},
      {"3 another status", "{}", 304, {{"location", "/2"}}, first, "304 false http://a.test/1"},
      {"3 relative", "{}", 302, {{"location", "2"}}, "GET http://a.test/2 []", second},
      {"3 a fragment stays here",
       "{}",
       302,
       {{"Location", "/2#y"}},
       "GET http://a.test/2 []",
       second},
      {"3 bytes stand for themselves",
       "{}",
       302,
       {{"location", "/\xE2\x98\x83"}},
       "GET http://a.test/%E2%98%83 []",
       "200 true http://a.test/%E2%98%83"},
      {"3 two are none",
       "{}",
       302,
       {{"location", "/2"}, {"location", "/3"}},
       first,
       "more than one place"},
      {"4 no URL", "{}", 302, {{"location", "http://"}}, first, "which is not a URL"},
      {"5 another scheme",
       "{}",
       302,
       {{"location", "data:,x"}},
       first,
       "not an http: or https: URL"},
      {"  undeclared",
       "{}",
       302,
       {{"location", "http://c.test"}},
       first,
       "not among the worker's declared"},
      {"10 a stream cannot be sent twice",
       kStream,
       307,
       {{"location", "/2"}},
       "POST http://a.test/1 [] body",
       "cannot be sent twice"},
      {"10 not even to be dropped",
       kStream,
       302,
       {{"location", "/2"}},
       "POST http://a.test/1 [] body",
       "cannot be sent twice"},
      {"10 but by 303", kStream, 303, {{"location", "/2"}}, "GET http://a.test/2 []", second},
      {"11 301 makes a GET of POST",
       kPost,
       301,
       {{"location", "/2"}},
       "GET http://a.test/2 [a authorization cookie]",
       second},
      {"11 so does 302",
       kPost,
       302,
       {{"location", "/2"}},
       "GET http://a.test/2 [a authorization cookie]",
       second},
      {"11 303 of all",
       "{ method: 'PUT', body: 'x', headers: { 'content-language': 'de' } }",
       303,
       {{"location", "/2"}},
       "GET http://a.test/2 []",
       second},
      {"11 but HEAD",
       "{ method: 'HEAD' }",
       303,
       {{"location", "/2"}},
       "HEAD http://a.test/2 []",
       second},
      {"11 302 keeps PUT",
       "{ method: 'PUT', body: 'x' }",
       302,
       {{"location", "/2"}},
       "PUT http://a.test/2 [content-type] body",
       second},
      {"11 307 keeps all",
       kPost,
       307,
       {{"location", "/2"}},
       "POST http://a.test/2 [a authorization content-type cookie] body",
       second},
      {"12 another origin sees no credentials",
       kPost,
       308,
       {{"location", "http://b.test/2"}},
       "POST http://b.test/2 [a content-type] body",
       "200 true http://b.test/2"},
      {"12 another port is one",
       kPost,
       308,
       {{"location", "http://a.test:81/2"}},
       "POST http://a.test:81/2 [a content-type] body",
       "200 true http://a.test:81/2"},
      {"4.3 error", "{ redirect: 'error' }", 301, {}, first, "redirect mode is \"error\""},
      {"4.3 manual, as in Workers",
       "{ redirect: 'manual' }",
       301,
       {{"location", "/2"}},
       first,
       "301 false http://a.test/1"},
  };
}

TEST(FetchRedirect, GoesByTheStandard) {
  for (const Redirect& row : Redirects()) {
    TestBench bench(
        WorkerOf(fmt::format("const r = await fetch('http://a.test/1#f', {});"
                             "return `${{r.status}} ${{r.redirected}} ${{r.url}}`;",
                             row.init)));
    std::string seen;
    bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
      seen = Shown(request);
      http::ResponseHead head;
      if (request.url == "http://a.test/1") head = {.status = row.status, .headers = row.headers};
      observer.OnSubrequestResponse(std::move(head), http::MakeStringBody("there"));
    };
    EXPECT_THAT(bench.Get(), HasSubstr(row.gives)) << row.clause;
    EXPECT_EQ(seen, row.sees) << row.clause;
  }
}

TEST(FetchRedirect, EndsAfterTwenty) {
  TestBench bench(WorkerOf("await fetch('http://a.test/');"));
  int hops = 0;
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
    ++hops;
    observer.OnSubrequestResponse({.status = 302, .headers = {{"location", "/"}}}, nullptr);
  };
  EXPECT_EQ(bench.Get(), "TypeError: fetch: more than 20 redirects");
  EXPECT_EQ(hops, 21);
}

TEST(Fetch, GivesNoBodyWhereThereIsNone) {
  // Fetch Standard, section 4.1, step 20: HEAD, and the null body statuses.
  for (const auto& [method, status] : std::vector<std::pair<const char*, int>>{
           {"HEAD", 200}, {"GET", 204}, {"GET", 205}, {"GET", 304}}) {
    TestBench bench(WorkerOf(
        fmt::format("const r = await fetch('http://a.test/', {{ method: '{}' }});"
                    "return [r.status, r.body, await r.text(), r.headers.get('content-encoding')];",
                    method)));
    bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
      observer.OnSubrequestResponse({.status = status, .headers = {{"content-encoding", "gzip"}}},
                                    http::MakeStringBody(""));
    };
    EXPECT_EQ(bench.Get(), fmt::format(R"([{},null,"","gzip"])", status));
  }
}

TEST(Fetch, TellsOriginsWhatItTakes) {
  // Fetch Standard, section 4.5, steps 11 to 15.
  auto code = WorkerOf(
      "await fetch('http://a.test/');"
      "await fetch('http://a.test/', { headers: { range: 'bytes=0-1', accept: 'x/y' } });"
      "await env.AUTH.fetch('http://a.test/');");
  code->bindings = {{"AUTH", BindingKind::kService, "auth"}};
  TestBench bench(code);
  std::vector<std::string> seen;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    seen.push_back(fmt::format("{}|{}", request.headers.Combined("accept").value_or("-"),
                               request.headers.Combined("accept-encoding").value_or("-")));
    observer.OnSubrequestResponse({}, nullptr);
  };
  bench.Get();
  EXPECT_THAT(seen, ElementsAre("*/*|gzip, br", "x/y|identity", "-|-"));
}

// --- content codings

std::string Coded(std::string_view codings, std::string text) {
  struct Sink : http::BodySource::Reader {
    void OnBodyData(std::string_view piece) override { bytes += piece; }
    void OnBodyEnd() override {}
    void OnBodyError(const absl::Status&) override {}
    std::string bytes;
  } sink;
  EncodeContent(http::MakeStringBody(std::move(text)), *ParseContentCodings(codings))->Read(sink);
  return sink.bytes;
}

// What the worker answers when a.test gives `bytes` with that Content-Encoding.
Outcome Through(std::string_view body, std::string coding, std::string bytes) {
  TestBench bench(WorkerOf(body));
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
    observer.OnSubrequestResponse({.headers = {{"content-encoding", coding}}},
                                  http::MakeStringBody(bytes));
  };
  return bench.Fetch();
}

TEST(FetchCoding, IsTakenOffForWhoReads) {
  const std::string text(100'000, 'x');
  for (const char* coding : {"gzip", "br", "deflate", "gzip, br"}) {
    const std::string bytes = Coded(coding, text);
    for (const char* read :
         {"return (await r.text()).length", "return (await r.arrayBuffer()).byteLength",
          "let n = 0; for await (const chunk of r.body) n += chunk.length; return n;"}) {
      EXPECT_EQ(
          Through(fmt::format("const r = await fetch('http://a.test/'); {}", read), coding, bytes)
              .body,
          "100000")
          << coding << ": " << read;
    }
  }
  EXPECT_EQ(Through("return (await fetch('http://a.test/')).text()", "other", "raw").body,
            "\"raw\"");
}

TEST(FetchCoding, StaysOnWhatPassesThrough) {
  const std::string bytes = Coded("gzip", "hello");
  for (const char* pass :
       {"return fetch('http://a.test/')",
        "const r = await fetch('http://a.test/'); return new Response(r.body, r)",
        "const r = await fetch('http://a.test/'); r.body; return r"}) {
    const Outcome outcome = Through(pass, "gzip", bytes);
    EXPECT_EQ(outcome.headers.Find("content-encoding"), "gzip") << pass;
    EXPECT_TRUE(outcome.body == bytes) << pass;
  }
}

TEST(FetchCoding, FollowsTheHeaderOfTheAnswer) {
  const std::string fetched = "const r = await fetch('http://a.test/');";
  const std::string bytes = Coded("gzip", "hello");
  // Without the header: decoded.
  EXPECT_EQ(Through(fetched + "return new Response(r.body)", "gzip", bytes).body, "hello");
  // Read and sent on with the header, or with another: encoded again.
  EXPECT_TRUE(Through(fetched + "return new Response(await r.text(), r)", "gzip", bytes).body ==
              bytes);
  const std::string other =
      "return new Response(r.body, { headers: { 'content-encoding': 'br' } })";
  EXPECT_TRUE(Through(fetched + other, "gzip", bytes).body == Coded("br", "hello"));
}

TEST(FetchCoding, IsPutOnWhatTheWorkerMakes) {
  for (const char* body : {"'hello'", "new TextEncoder().encode('hello')",
                           "new Blob(['hel', 'lo'])", "new Blob(['hello']).stream()"}) {
    TestBench automatic(WorkerOf(fmt::format(
        "return new Response({}, {{ headers: {{ 'content-encoding': 'gzip' }} }})", body)));
    EXPECT_TRUE(automatic.Fetch().body == Coded("gzip", "hello")) << body;
    TestBench manual(
        WorkerOf(fmt::format("return new Response({}, {{ headers: {{ 'content-encoding': "
                             "'gzip' }}, encodeBody: 'manual' }})",
                             body)));
    EXPECT_EQ(manual.Fetch().body, "hello") << body;
  }
}

TEST(FetchCoding, FailsWhoReadsWhatIsMalformed) {
  const char* read = "return (await fetch('http://a.test/')).text()";
  const std::string bytes = Coded("gzip", "hello");
  EXPECT_THAT(Through(read, "gzip", "no gzip").body,
              HasSubstr("TypeError: the body's content coding"));
  EXPECT_THAT(Through(read, "gzip", bytes.substr(0, 15)).body, HasSubstr("cut short"));
  EXPECT_EQ(Through(read, "gzip", "").body, "\"\"");
}

// --- aborts

// Gives `first` and then nothing; says when it goes.
class EndlessBody final : public http::BodySource {
 public:
  EndlessBody(std::string first, bool& gone) : first_(std::move(first)), gone_(gone) {}
  ~EndlessBody() override { gone_ = true; }
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override {
    if (!first_.empty()) reader.OnBodyData(std::exchange(first_, {}));
  }
  void Pause() override {}

 private:
  std::string first_;
  bool& gone_;
};

struct Abort {
  const char* when;
  const char* body;  // of the worker; `controller`, `signal` and `later` are there
};

// Fetch Standard, section 4.6 and "abort a fetch() call": the reason reaches whoever waits.
TEST(FetchAbort, ReachesWhoeverWaits) {
  const Abort rows[] = {
      {"for the body as text", "const p = r.text(); later(); await p;"},
      {"for the body as bytes, from before", "controller.abort(reason); await r.bytes();"},
      {"twice", "controller.abort(reason); await r.text().catch(() => {}); await r.text();"},
      {"for a chunk",
       "const reader = r.body.getReader(); await reader.read(); later(); await reader.read();"},
      {"for the end, without reading",
       "const reader = r.body.getReader(); later(); await reader.closed;"},
      {"for a branch of it", "const c = r.clone(); const p = c.text(); later(); await p;"},
      {"in a loop", "later(); for await (const chunk of r.body);"},
      {"in a pipe", "later(); await r.body.pipeTo(new WritableStream());"},
      {"by a signal that follows",
       "const s = new Request('http://a.test', { signal }).signal; later(); "
       "await new Promise((_, reject) => { s.onabort = () => reject(s.reason); });"},
  };
  for (const Abort& row : rows) {
    TestBench bench(WorkerOf(fmt::format(
        "const controller = new AbortController(); const {{ signal }} = controller;"
        "const reason = new RangeError('mine'); const later = () => setTimeout(() => "
        "controller.abort(reason), 1); const r = await fetch('http://a.test/', {{ signal }}); {}",
        row.body)));
    bool gone = false;
    bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
      observer.OnSubrequestResponse({}, std::make_unique<EndlessBody>("first", gone));
    };
    EXPECT_EQ(bench.Get(), "RangeError: mine") << row.when;
    EXPECT_TRUE(gone) << row.when;
  }
}

TEST(FetchAbort, TellsTheBodyOnItsWayOut) {
  TestBench bench(WorkerOf(
      "let why; const body = new ReadableStream({ cancel(reason) { why = reason; } });"
      "const controller = new AbortController();"
      "const p = fetch('http://a.test/', { method: 'POST', body, signal: controller.signal });"
      "setTimeout(() => controller.abort(), 1);"
      "const error = await p.catch((e) => e); return [error.name, why === error];"));
  OutboundRequest held;  // connecting
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver&) { held = std::move(request); };
  EXPECT_EQ(bench.Get(), R"(["AbortError",true])");
}

TEST(FetchAbort, LeavesWhatIsOverAlone) {
  TestBench bench(
      WorkerOf("const controller = new AbortController();"
               "const r = await fetch('http://a.test/', { signal: controller.signal }); const text "
               "= await r.text();"
               "controller.abort(); return [text, r.bodyUsed];"));
  bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
    observer.OnSubrequestResponse({}, http::MakeStringBody("all"));
  };
  EXPECT_EQ(bench.Get(), R"(["all",true])");
}

// --- EventSource

TEST(EventSource, ReconnectsWithTheLastId) {
  // HTML Standard, section 9.2.3.
  TestBench bench(
      WorkerOf("const seen = []; const source = new EventSource('http://a.test/');"
               "source.onerror = () => seen.push(source.readyState);"
               "return new Promise((resolve) => { source.onmessage = (e) => { seen.push(e.data, "
               "e.lastEventId, "
               "e.origin); if (e.data === 'two') { source.close(); resolve(seen); } }; });"));
  std::vector<std::string> seen;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    for (const char* name : {"accept", "cache-control", "last-event-id"}) {
      seen.emplace_back(request.headers.Find(name).value_or("-"));
    }
    if (seen.size() == 6) return observer.OnSubrequestError(Unavailable("gone"));
    observer.OnSubrequestResponse(
        {.headers = {{"content-type", "text/event-stream; charset=x"}}},
        http::MakeStringBody(seen.size() == 3 ? "retry: 1\nid: \xC3\xA9\ndata: one\n\nid: lost\n"
                                              : "data: two\n\n"));
  };
  EXPECT_EQ(bench.Get(),
            "[\"one\",\"\xC3\xA9\",\"http://a.test\",0,0,\"two\",\"\xC3\xA9\",\"http://a.test\"]");
  EXPECT_THAT(seen,
              ElementsAre("text/event-stream", "no-cache", "-", "text/event-stream", "no-cache",
                          "\xC3\xA9", "text/event-stream", "no-cache", "\xC3\xA9"));
}

TEST(EventSource, GivesUpOnOtherAnswers) {
  const http::ResponseHead heads[] = {
      {.status = 204, .headers = {{"content-type", "text/event-stream"}}},
      {.status = 200, .headers = {{"content-type", "text/plain"}}},
      {.status = 200},
      {.status = 500, .headers = {{"content-type", "text/event-stream"}}},
  };
  for (const http::ResponseHead& head : heads) {
    TestBench bench(WorkerOf(
        "const source = new EventSource('http://a.test/'); return new Promise((resolve) => {"
        "source.onerror = () => resolve(source.readyState); source.onopen = () => resolve('open'); "
        "});"));
    int fetches = 0;
    bench.on_fetch = [&](OutboundRequest, SubrequestObserver& observer) {
      ++fetches;
      observer.OnSubrequestResponse(head, http::MakeStringBody("data: x\n\n"));
    };
    EXPECT_EQ(bench.Get(), "2");
    EXPECT_EQ(fetches, 1);
  }
}

// --- forms and blobs

TEST(Forms, ComeInAndGoOut) {
  TestBench bench(WorkerOf(
      "const form = await request.formData(); const file = form.get('f');"
      "return [form.get('a'), file.name, file.type, [...await file.bytes()], request.bodyUsed];"));
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\nContent-Type: "
      "x/y\r\n\r\n"
      "\xFF\r\n\r\n--b--\r\n";
  const Outcome in = bench.Fetch({.method = "POST",
                                  .headers = {{"content-type", "multipart/form-data; boundary=b"}},
                                  .body = body});
  EXPECT_EQ(in.body, R"(["1","n","x/y",[255,13,10],true])");
  TestBench out(
      WorkerOf("const form = new FormData(); form.append('f', new Blob(['ab', 'c']), 'n');"
               "return new Response(form);"));
  EXPECT_THAT(
      out.Fetch().body,
      HasSubstr("filename=\"n\"\r\nContent-Type: application/octet-stream\r\n\r\nabc\r\n--"));
}

TEST(Forms, AreSentTwiceWhenRedirected) {
  TestBench bench(
      WorkerOf("const form = new FormData(); form.append('f', new Blob(['abc']));"
               "return (await fetch('http://a.test/1', { method: 'POST', body: form })).status;"));
  std::vector<uint64_t> lengths;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    lengths.push_back(request.body->length_bytes().value_or(0));
    observer.OnSubrequestResponse(
        {.status = lengths.size() == 1 ? 307 : 201, .headers = {{"location", "/2"}}}, nullptr);
  };
  EXPECT_EQ(bench.Get(), "201");
  ASSERT_EQ(lengths.size(), 2u);
  EXPECT_EQ(lengths[0], lengths[1]);
  EXPECT_GT(lengths[0], 100u);
}

TEST(Forms, AreBounded) {
  auto code = WorkerOf("return (await request.formData()).get('a').length");
  code->limits.collect_bytes = 1000;
  TestBench bench(code);
  const Outcome outcome =
      bench.Fetch({.method = "POST",
                   .headers = {{"content-type", "application/x-www-form-urlencoded"}},
                   .body = "a=" + std::string(1000, 'x')});
  EXPECT_THAT(outcome.body, HasSubstr("longer than the 1000 bytes"));
}

}  // namespace
}  // namespace terrella::runtime
