// HTMLRewriter inside a worker. What it makes of HTML in detail is tested in html/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

// A worker that rewrites `html`, in pieces of `piece` bytes, by `rewriter`; what it throws is its
// body.
std::string Rewrite(const std::string& rewriter, const std::string& html, int piece = 1 << 20,
                    const std::string& type = "text/html") {
  TestBench bench("const html = new TextEncoder().encode(`" + html +
                  "`); const piece = " + std::to_string(piece) + "; const type = '" + type + R"js(';
    const log = [];
    const body = () => { let at = 0; return new ReadableStream({ pull(c) {
      if (at >= html.length) return c.close();
      c.enqueue(html.slice(at, at += piece)); } }); };
    export default { async fetch() {
      try {
        const response = new Response(body(), { headers: { 'content-type': type, 'content-length': '1', etag: 'e' } });
        const rewriter = new HTMLRewriter();
        const out = ()js" +
                  rewriter + R"js()(rewriter).transform(response);
        const text = await out.text();
        return new Response(text + log.join(''), out);
      } catch (error) { return new Response(`${error.name}: ${error.message}`); }
    } })js");
  return bench.Get();
}

TEST(HtmlRewriterApi, RewritesElementsTextCommentsAndTheDocument) {
  const char* rewriter = R"js(r => r
    .on('a[href]', { element(e) {
      e.setAttribute('href', e.getAttribute('href').replace('http:', 'https:')).setAttribute('rel', 'x"y');
      e.removeAttribute('title');
      log.push(e.tagName, [...e.attributes].join(';'), e.hasAttribute('title'), e.namespaceURI.slice(-5));
      e.onEndTag((end) => { end.before('!').after('<hr>', { html: true }); log.push(end.name); });
    } })
    .on('p', { text(t) { if (t.text.includes('é')) t.replace('<é>'); }, comments(c) { c.text = c.text.toUpperCase(); } })
    .onDocument({ doctype(d) { log.push(d.name, d.publicId, d.systemId); }, end(e) { e.append('<!--end-->', { html: true }); } }))js";
  EXPECT_EQ(Rewrite(rewriter, "<!doctype html><A href='http://x' title=t>l</A><p>é<!--c-->"),
            "<!doctype html><A href=\"https://x\" "
            "rel=\"x&quot;y\">l!</A><hr><p>&lt;é&gt;<!--C--><!--end-->"
            "html"
            "a"
            "href,https://x;rel,x\"yfalsexhtmla");
}

TEST(HtmlRewriterApi, WaitsForPromises) {
  const char* rewriter = R"js(r => r.on('b', { async element(e) {
      await scheduler.wait(1); e.before('1'); await scheduler.wait(1); e.after('2'); } })
    .on('b', { element(e) { e.before('3'); } }))js";
  for (int piece : {1 << 20, 1})
    EXPECT_EQ(Rewrite(rewriter, "<b>x</b><b>y</b>", piece), "13<b>x</b>213<b>y</b>2");
}

TEST(HtmlRewriterApi, KeepsCharactersWholeInText) {
  const char* rewriter = R"js(r => r.on('p', { text(t) {
      if (t.text !== '' && !/^[é€😀]+$/u.test(t.text)) log.push('cut'); log.push(t.lastInTextNode ? '|' : t.text); } }))js";
  EXPECT_EQ(Rewrite(rewriter, "<p>é€😀</p>", 1), "<p>é€😀</p>é€😀|");
}

TEST(HtmlRewriterApi, ATokenIsOnlyGoodInItsHandler) {
  const char* rewriter = R"js(r => { let kept; return r.on('a', { element(e) {
      if (kept) { try { kept.before('x'); } catch (error) { log.push(error.message); } }
      kept = e; } }); })js";
  EXPECT_THAT(Rewrite(rewriter, "<a></a><a></a>"), HasSubstr("<a></a><a></a>this token"));
}

TEST(HtmlRewriterApi, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(Rewrite("r => r.on('a + b', {})", ""),
              HasSubstr("TypeError: HTMLRewriter: selector 'a + b'"));
  EXPECT_THAT(Rewrite("r => r.on('a', { element: 1 })", ""),
              HasSubstr("element must be a function"));
  EXPECT_THAT(Rewrite("r => r.on('a', { element(e) { e.before(1); } })", "<a>"),
              HasSubstr("must be a string"));
  EXPECT_THAT(Rewrite("r => r.on('a', { element(e) { e.setAttribute('a b', ''); } })", "<a>"),
              HasSubstr("attribute name"));
  EXPECT_THAT(Rewrite("r => r.on('br', { element(e) { e.onEndTag(() => {}); } })", "<br>"),
              HasSubstr("<br> has no end tag"));
  EXPECT_EQ(Rewrite("r => r.on('a', { element() { throw new RangeError('mine'); } })", "<a>"),
            "RangeError: mine");
  EXPECT_THAT(Rewrite("r => r", "", 1, "text/html; charset=utf-16"),
              HasSubstr("utf-16le cannot be rewritten"));
}

TEST(HtmlRewriterApi, KeepsTheBytesOfOtherEncodings) {
  TestBench bench(R"js(export default { async fetch() {
    const html = new Uint8Array([0x3c, 0x70, 0x3e, 0xe9, 0x3c, 0x2f, 0x70, 0x3e]);  // <p>é</p> in windows-1252
    let seen = '';
    const out = new HTMLRewriter().on('p', { text(t) { seen += t.text; }, element(e) { e.append('€'); } })
      .transform(new Response(html, { headers: { 'content-type': 'text/html;charset="latin1"' } }));
    return Response.json([[...new Uint8Array(await out.arrayBuffer())].map((b) => String.fromCharCode(b)).join(''), seen]);
  } })js");
  EXPECT_EQ(bench.Get(), "[\"<p>é&#8364;</p>\",\"é\"]");
}

TEST(HtmlRewriterApi, KeepsHeadersButTheLength) {
  TestBench bench(R"js(export default { fetch() {
    return new HTMLRewriter().transform(new Response('<a>', { status: 201, headers: { 'content-length': '3', etag: 'e' } })); } })js");
  Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(outcome.headers.Find("etag"), "e");
  EXPECT_EQ(outcome.body, "<a>");
}

}  // namespace
}  // namespace terrella::runtime
