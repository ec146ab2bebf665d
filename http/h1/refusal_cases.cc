#include "http/h1/refusal_cases.h"

namespace terrella::http::h1 {
namespace {

// A string literal that may hold NULs.
template <size_t N>
std::string Raw(const char (&text)[N]) {
  return std::string(text, N - 1);
}
std::string Times(size_t n, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out.append(text);
  return out;
}
std::string Get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a.test\r\n" + std::string(fields) + "\r\n";
}
std::string Post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a.test\r\n" + std::string(fields) + "\r\n" + std::string(body);
}
std::string Chunked(std::string_view body) {
  return Post("Transfer-Encoding: chunked\r\n", body);
}
std::string Line(std::string_view line) {
  return std::string(line) + "\r\nHost: a.test\r\n\r\n";
}
std::string WithHost(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

using Cases = std::vector<RefusalCase>;

void AddRequestLines(Cases* out) {
  out->insert(
      out->end(),
      {
          {"plain", "3", Get(""), "GET / a.test"},
          {"method of RFC 5789", "RFC 9110 9.1", Line("PATCH /x HTTP/1.1"), "PATCH /x a.test"},
          {"one leading empty line", "2.2", "\r\n" + Get(""), "GET / a.test"},
          {"two leading empty lines", "2.2", "\r\n\r\n" + Get(""), "400"},
          {"leading bare LF", "2.2", "\n" + Get(""), "400"},
          {"leading space", "2.2", " " + Get(""), "400"},
          {"TLS client hello", "2.2", Raw("\x16\x03\x01\x02\x00\x01"), "400"},
          {"bare LF after request line", "2.2", "GET / HTTP/1.1\nHost: a.test\r\n\r\n", "400"},
          {"bare CR in request line", "2.2", Line("GET /\rx HTTP/1.1"), "400"},
          {"CR CR LF", "2.2", "GET / HTTP/1.1\r\r\nHost: a.test\r\n\r\n", "400"},
          {"HTTP/0.9", "2.3", "GET /\r\n", "400"},
          {"HTTP/0.9 with fields", "2.3", Line("GET /"), "400"},
          {"HTTP/0.9 by number", "2.3", Line("GET / HTTP/0.9"), "505"},
          {"HTTP/1.0", "2.3", Line("GET / HTTP/1.0"), "GET / a.test"},
          {"HTTP/1.2", "2.3", Line("GET / HTTP/1.2"), "505"},
          {"HTTP/1.9", "2.3", Line("GET / HTTP/1.9"), "505"},
          {"HTTP/2.0", "2.3", Line("GET / HTTP/2.0"), "505"},
          {"HTTP/9.9", "2.3", Line("GET / HTTP/9.9"), "505"},
          {"HTTP/2 preface", "RFC 9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
          {"version of two digits", "2.3", Line("GET / HTTP/1.10"), "400"},
          {"version without minor", "2.3", Line("GET / HTTP/1"), "400"},
          {"version in lower case", "2.3", Line("GET / http/1.1"), "400"},
          {"another protocol", "2.3", Line("GET / SIP/2.0"), "400"},
          {"RTSP", "2.3", Line("OPTIONS * RTSP/1.0"), "400"},
          {"two spaces before version", "3", Line("GET /  HTTP/1.1"), "400"},
          {"two spaces before target", "3", Line("GET  / HTTP/1.1"), "400"},
          {"tab for space", "3", Line("GET\t/\tHTTP/1.1"), "400"},
          {"space after version", "3", Line("GET / HTTP/1.1 "), "400"},
          {"space in target", "3.2", Line("GET /a b HTTP/1.1"), "400"},
          {"no target", "3.2", Line("GET HTTP/1.1"), "400"},
          {"lower-case method", "RFC 9110 9.1", Line("get / HTTP/1.1"), "501"},
          {"unknown method", "RFC 9110 9.1", Line("BREW / HTTP/1.1"), "501"},
          {"long method", "RFC 9110 9.1", Line(Times(40, "A") + " / HTTP/1.1"), "501"},
          {"method with a slash", "RFC 9110 9.1", Line("GE/T / HTTP/1.1"), "400"},
          {"method with a NUL", "RFC 9110 9.1", Raw("GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"), "400"},
          {"CONNECT", "3.2.3", Line("CONNECT a.test:443 HTTP/1.1"), "501"},
          {"TRACE", "RFC 9110 9.3.8", Line("TRACE / HTTP/1.1"), "501"},
      });
}

void AddTargets(Cases* out) {
  out->insert(
      out->end(),
      {
          {"query", "3.2.1", Line("GET /a?b=c&d HTTP/1.1"), "GET /a?b=c&d a.test"},
          {"double slash", "3.2.1", Line("GET //a HTTP/1.1"), "GET //a a.test"},
          {"characters browsers leave", "3.2.1", Line("GET /a|b?{\"} HTTP/1.1"),
           "GET /a|b?{\"} a.test"},
          {"relative target", "3.2.1", Line("GET a HTTP/1.1"), "400"},
          {"query only", "3.2.1", Line("GET ?a HTTP/1.1"), "400"},
          {"fragment", "3.2", Line("GET /a#b HTTP/1.1"), "400"},
          {"control in target", "3.2", Line("GET /a\x01 HTTP/1.1"), "400"},
          {"DEL in target", "3.2", Line("GET /a\x7f HTTP/1.1"), "400"},
          {"UTF-8 in target", "3.2", Line("GET /\xc3\xa9 HTTP/1.1"), "400"},
          {"asterisk", "3.2.4", Line("OPTIONS * HTTP/1.1"), "OPTIONS * a.test"},
          {"asterisk with GET", "3.2.4", Line("GET * HTTP/1.1"), "400"},
          {"absolute form", "3.2.2", Line("GET http://b.test/x?y HTTP/1.1"), "GET /x?y b.test"},
          {"absolute form without path", "3.2.2", Line("GET http://b.test HTTP/1.1"),
           "GET / b.test"},
          {"absolute form, scheme case", "3.2.2", Line("GET HTTPS://b.test:8443/ HTTP/1.1"),
           "GET / b.test:8443"},
          {"absolute form, OPTIONS", "3.2.4", Line("OPTIONS http://b.test HTTP/1.1"),
           "OPTIONS * b.test"},
          {"absolute form with user", "RFC 9110 4.2.4", Line("GET http://u@b.test/ HTTP/1.1"),
           "400"},
          {"absolute form without host", "RFC 9110 4.2.1", Line("GET http:///x HTTP/1.1"), "400"},
          {"absolute form, query and no path", "3.2.2", Line("GET http://b.test?x HTTP/1.1"),
           "400"},
          {"another scheme", "3.2.2", Line("GET ftp://b.test/ HTTP/1.1"), "400"},
          {"authority form", "3.2.3", Line("GET b.test:80 HTTP/1.1"), "400"},
          {"target at the limit", "3", Line("GET /" + Times(16 * 1024 - 1, "a") + " HTTP/1.1"),
           "@"},
          {"target over the limit", "3", Line("GET /" + Times(16 * 1024, "a") + " HTTP/1.1"),
           "414"},
          {"endless target", "3", "GET /" + Times(17 * 1024, "a"), "414"},
      });
}

void AddFields(Cases* out) {
  out->insert(
      out->end(),
      {
          {"white space around value", "5.1", Get("a: \t b c \t\r\n"), "GET / a.test"},
          {"empty value", "RFC 9110 5.5", Get("a:\r\n"), "GET / a.test"},
          {"obs-text in value", "RFC 9110 5.5", Get("a: \xe9\r\n"), "GET / a.test"},
          {"tab in value", "RFC 9110 5.5", Get("a: b\tc\r\n"), "GET / a.test"},
          {"folded line, space", "5.2", Get("a: b\r\n c\r\n"), "400"},
          {"folded line, tab", "5.2", Get("a: b\r\n\tc\r\n"), "400"},
          {"space before first field", "2.2", "GET / HTTP/1.1\r\n Host: a.test\r\n\r\n", "400"},
          {"space before colon", "5.1", Get("a : b\r\n"), "400"},
          {"tab before colon", "5.1", Get("a\t: b\r\n"), "400"},
          {"space inside name", "RFC 9110 5.1", Get("a b: c\r\n"), "400"},
          {"empty name", "RFC 9110 5.1", Get(": b\r\n"), "400"},
          {"no colon", "5", Get("abc\r\n"), "400"},
          {"control in name", "RFC 9110 5.1", Get("a\x01: b\r\n"), "400"},
          {"UTF-8 in name", "RFC 9110 5.1", Get("\xc3\xa9: b\r\n"), "400"},
          {"NUL in name", "RFC 9110 5.1", Raw("GET / HTTP/1.1\r\nHost: a\r\nb\0: c\r\n\r\n"),
           "400"},
          {"NUL in value", "RFC 9110 5.5", Raw("GET / HTTP/1.1\r\nHost: a\r\nb: \0\r\n\r\n"),
           "400"},
          {"control in value", "RFC 9110 5.5", Get("a: b\x02\r\n"), "400"},
          {"DEL in value", "RFC 9110 5.5", Get("a: b\x7f\r\n"), "400"},
          {"bare CR in value", "2.2", Get("a: b\rc: d\r\n"), "400"},
          {"bare LF in value", "2.2", Get("a: b\nc: d\r\n"), "400"},
          {"bare LF at the end", "2.2", "GET / HTTP/1.1\r\nHost: a.test\r\n\n", "400"},
          {"line of blanks", "5.2", Get("  \r\n"), "400"},
          {"most fields", "RFC 9110 5.4", Get(Times(255, "a: b\r\n")), "GET / a.test"},
          {"too many fields", "RFC 6585 5", Get(Times(256, "a: b\r\n")), "431"},
          {"head too large", "RFC 6585 5", Get(Times(9, "a: " + Times(15'000, "x") + "\r\n")),
           "431"},
          {"endless field", "RFC 6585 5", "GET / HTTP/1.1\r\na: " + Times(140'000, "x"), "431"},
          {"host in mixed case", "RFC 9110 5.1", "GET / HTTP/1.1\r\nhOsT: a.test\r\n\r\n",
           "GET / a.test"},
          {"no host", "3.2", "GET / HTTP/1.1\r\n\r\n", "400"},
          {"no host in HTTP/1.0", "3.2", "GET / HTTP/1.0\r\n\r\n", "GET / "},
          {"two hosts", "3.2", Get("Host: b.test\r\n"), "400"},
          {"two equal hosts", "3.2", Get("host: a.test\r\n"), "400"},
          {"empty host", "3.2", WithHost(""), "400"},
          {"host with port", "RFC 9110 7.2", WithHost("a.test:8080"), "GET / a.test:8080"},
          {"host IPv6", "RFC 9110 7.2", WithHost("[::1]:8080"), "GET / [::1]:8080"},
          {"host IPv6 open", "RFC 9110 7.2", WithHost("[::1"), "400"},
          {"host with bad port", "RFC 9110 7.2", WithHost("a.test:99999"), "400"},
          {"host with letters for port", "RFC 9110 7.2", WithHost("a.test:http"), "400"},
          {"host with path", "RFC 9110 7.2", WithHost("a.test/x"), "400"},
          {"host with user", "RFC 9110 7.2", WithHost("u@a.test"), "400"},
          {"host list", "RFC 9110 7.2", WithHost("a.test, b.test"), "400"},
          {"host with space", "RFC 9110 7.2", WithHost("a b"), "400"},
          {"unknown expectation", "RFC 9110 10.1.1", Get("Expect: tea\r\n"), "417"},
          {"offer to upgrade", "RFC 9110 7.8",
           Get("Connection: upgrade\r\nUpgrade: websocket\r\n") + Get(""),
           "GET / a.test | GET / a.test"},
          {"offer of HTTP/2", "RFC 9113 3.1",
           Post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
                "Content-Length: 1\r\n",
                "x"),
           "POST / a.test +x"},
      });
}

void AddLengths(Cases* out) {
  const std::string_view kLength = "Content-Length: ";
  auto length = [&](std::string_view value) {
    return Post(std::string(kLength) + std::string(value) + "\r\n", "abc");
  };
  out->insert(
      out->end(),
      {
          {"content-length", "6.2", length("3"), "POST / a.test +abc"},
          {"content-length with zeros", "6.2", length("0003"), "POST / a.test +abc"},
          {"body not all there", "6.2", length("4"), "POST / a.test ..."},
          {"content-length 0", "6.2", Post("Content-Length: 0\r\n", "") + Get(""),
           "POST / a.test | GET / a.test"},
          {"no length, no body", "6.3", Post("", "") + Get(""), "POST / a.test | GET / a.test"},
          {"GET with a body", "RFC 9110 9.3.1", Get("Content-Length: 3\r\n") + "abc" + Get(""),
           "GET / a.test +abc | GET / a.test"},
          {"pipelined", "9.3.2", Get("") + Get("") + Get(""),
           "GET / a.test | GET / a.test | GET / a.test"},
          {"second one bad", "9.3.2", Get("") + "GET /\r\n", "GET / a.test | 400"},
          {"body longer than declared", "6.2", length("2"), "POST / a.test +ab | ..."},
          {"content-length with plus", "RFC 9110 8.6", length("+3"), "400"},
          {"content-length negative", "RFC 9110 8.6", length("-3"), "400"},
          {"content-length hexadecimal", "RFC 9110 8.6", length("0x3"), "400"},
          {"content-length fraction", "RFC 9110 8.6", length("3.0"), "400"},
          {"content-length empty", "RFC 9110 8.6", length(""), "400"},
          {"content-length with space", "RFC 9110 8.6", length("3 3"), "400"},
          {"content-length list", "6.3", length("3, 3"), "400"},
          {"content-length letters", "RFC 9110 8.6", length("abc"), "400"},
          {"content-length overflow", "RFC 9110 8.6", length("18446744073709551619"), "400"},
          {"content-length 2^63", "RFC 9110 8.6", length("9223372036854775808"), "400"},
          {"content-length twice, differing", "6.3",
           Post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), "400"},
          {"content-length twice, equal", "6.3",
           Post("Content-Length: 3\r\ncontent-length: 3\r\n", "abc"), "400"},
          {"content-length folded", "5.2", Post("Content-Length: 3\r\n 4\r\n", "abc"), "400"},
          {"space before content-length's colon", "5.1", Post("Content-Length : 3\r\n", "abc"),
           "400"},
          {"both framings", "6.3",
           Post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), "400"},
          {"both framings, other order", "6.3",
           Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      });
}

void AddChunked(Cases* out) {
  auto coding = [](std::string_view value) {
    return Post("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n");
  };
  out->insert(
      out->end(),
      {
          {"chunked", "7.1", Chunked("3\r\nabc\r\n0\r\n\r\n"), "POST / a.test +abc"},
          {"two chunks", "7.1", Chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
           "POST / a.test +abc0123456789"},
          {"chunk size with zeros", "7.1", Chunked("0003\r\nabc\r\n000\r\n\r\n"),
           "POST / a.test +abc"},
          {"chunked, then another", "7.1", Chunked("1\r\na\r\n0\r\n\r\n") + Get(""),
           "POST / a.test +a | GET / a.test"},
          {"chunked in capitals", "7", coding("CHUNKED"), "POST / a.test"},
          {"trailer", "7.1.2", Chunked("0\r\nchecksum: 1\r\n\r\n") + Get(""),
           "POST / a.test | GET / a.test"},
          {"chunk not all there", "8", Chunked("3\r\nab"), "POST / a.test ..."},
          {"no last chunk", "8", Chunked("3\r\nabc\r\n"), "POST / a.test ..."},
          {"unknown coding", "6.1", coding("gzip"), "501"},
          {"coding before chunked", "6.1", coding("gzip, chunked"), "501"},
          {"nearly chunked", "6.1", coding("xchunked"), "501"},
          {"identity", "6.1", coding("identity"), "501"},
          {"chunked not last", "6.3", coding("chunked, gzip"), "400"},
          {"chunked twice in a list", "6.1", coding("chunked, chunked"), "400"},
          {"chunked twice in two fields", "6.1", coding("chunked\r\nTransfer-Encoding: chunked"),
           "400"},
          {"chunked with parameter", "7", coding("chunked;q=1"), "501"},
          {"chunked in quotes", "7", coding("\"chunked\""), "501"},
          {"vertical tab before chunked", "RFC 9110 5.5",
           coding("\x0b"
                  "chunked"),
           "400"},
          {"empty transfer-encoding", "6.1", coding(""), "400"},
          {"space before its colon", "5.1", Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
           "400"},
          {"folded transfer-encoding", "5.2", coding("\r\n chunked"), "400"},
          {"chunked in HTTP/1.0", "6.1",
           "POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      });
}

void AddChunkedMalformed(Cases* out) {
  out->insert(
      out->end(),
      {
          {"chunk extension", "7.1.1", Chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk extension on the last", "7.1.1", Chunked("0;a\r\n\r\n"), "POST / a.test 400"},
          {"bare semicolon", "7.1.1", Chunked("3;\r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk size with 0x", "7.1", Chunked("0x3\r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk size with plus", "7.1", Chunked("+3\r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk size negative", "7.1", Chunked("-1\r\n"), "POST / a.test 400"},
          {"chunk size empty", "7.1", Chunked("\r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk size not hexadecimal", "7.1", Chunked("g\r\n"), "POST / a.test 400"},
          {"space before chunk size", "7.1", Chunked(" 3\r\nabc\r\n0\r\n\r\n"),
           "POST / a.test 400"},
          {"space after chunk size", "7.1", Chunked("3 \r\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"chunk size overflow", "7.1", Chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"),
           "POST / a.test 400"},
          {"bare LF after chunk size", "2.2", Chunked("3\nabc\r\n0\r\n\r\n"), "POST / a.test 400"},
          {"bare LF after chunk data", "2.2", Chunked("3\r\nabc\n0\r\n\r\n"),
           "POST / a.test +abc 400"},
          {"chunk data too long", "7.1", Chunked("3\r\nabcd\r\n0\r\n\r\n"),
           "POST / a.test +abc 400"},
          {"nothing after chunk data", "7.1", Chunked("3\r\nabc0\r\n\r\n"),
           "POST / a.test +abc 400"},
          {"bare LF after last chunk", "2.2", Chunked("0\n\r\n"), "POST / a.test 400"},
          {"bare LF ends trailers", "2.2", Chunked("0\r\n\n"), "POST / a.test 400"},
          {"content-length in trailers", "RFC 9110 6.5.1",
           Chunked("0\r\nContent-Length: 1\r\n\r\n"), "POST / a.test 400"},
          {"transfer-encoding in trailers", "RFC 9110 6.5.1",
           Chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "POST / a.test 400"},
          {"host in trailers", "RFC 9110 6.5.1", Chunked("0\r\nHost: b\r\n\r\n"),
           "POST / a.test 400"},
          {"folded trailer", "5.2", Chunked("0\r\na: b\r\n c\r\n\r\n"), "POST / a.test 400"},
          {"NUL in a trailer", "RFC 9110 5.5", Chunked(Raw("0\r\na: \0\r\n\r\n")),
           "POST / a.test 400"},
          {"trailer without colon", "5", Chunked("0\r\nabc\r\n\r\n"), "POST / a.test 400"},
          {"endless trailers", "RFC 9110 6.5", Chunked("0\r\n" + Times(1000, "abcd: efgh\r\n")),
           "POST / a.test 431"},
      });
}

}  // namespace

std::vector<RefusalCase> RefusalCases() {
  Cases out;
  AddRequestLines(&out);
  AddTargets(&out);
  AddFields(&out);
  AddLengths(&out);
  AddChunked(&out);
  AddChunkedMalformed(&out);
  return out;
}

}  // namespace terrella::http::h1
