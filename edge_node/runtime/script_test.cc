#include "edge_node/runtime/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran RunSource(std::string source) {
  EventLoop loop;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  int code = RunScript(TestEngine(), loop, {.name = "s.js", .source = std::move(source)});
  return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(Script, PrintsAndEnds) {
  Ran ran = RunSource("console.log('hi', typeof Response); console.error('oops');");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "hi function\n");
  EXPECT_EQ(ran.err, "oops\n");
}

TEST(Script, WaitsForItsTimers) {
  Ran ran = RunSource(
      "let n = 0; const id = setInterval(() => { console.log(++n); if (n === 3) clearInterval(id); "
      "}, 1);");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "1\n2\n3\n");
}

TEST(Script, FailsOnAnUncaughtError) {
  Ran ran = RunSource("console.log(1);\nnope();");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "1\n");
  EXPECT_EQ(ran.err, "Uncaught s.js:2:1: ReferenceError: nope is not defined\n    at s.js:2:1\n");
  EXPECT_EQ(
      RunSource("setTimeout(() => { throw new Error('late'); }, 1); setTimeout(() => {}, 60000);")
          .code,
      1);
}

TEST(Script, FailsOnAnUnhandledRejection) {
  Ran ran = RunSource("(async () => { await null; throw new Error('lost'); })();");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, ::testing::StartsWith("Uncaught (in promise) s.js:1:"));
  EXPECT_EQ(RunSource("Promise.reject(1).catch(() => {});").code, 0);
}

// Answers each fetch with its URL.
class Echo final : public Subrequest {
 public:
  Echo(EventLoop& loop, const std::string& url, SubrequestObserver& observer)
      : timer_(loop, [&observer, url] {
          observer.OnSubrequestResponse({.status = 200}, http::MakeStringBody(url));
        }) {
    timer_.Start(Duration(0));
  }

 private:
  Timer timer_;
};

TEST(Script, FetchesOnlyFromWhatItsOptionsName) {
  EventLoop loop;
  ScriptOptions options{.name = "s.js"};
  options.source =
      "fetch('http://a.test:81/x').then((r) => r.text()).then(console.log);"
      "fetch('http://127.0.0.1/').catch((error) => console.log(error.message));";
  options.origin_hosts = {"a.test"};
  options.fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    return std::make_unique<Echo>(loop, request.url, observer);
  };
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(RunScript(TestEngine(), loop, options), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(),
              ::testing::AllOf(::testing::HasSubstr("http://a.test:81/x\n"),
                               ::testing::HasSubstr("\"127.0.0.1\" is not among")));
}

TEST(Script, GoesOnWhenAListenerTookCareOfTheError) {
  Ran ran = RunSource(R"js(
    for (const type of ['error', 'unhandledrejection']) {
      addEventListener(type, (event) => { event.preventDefault(); console.log(event.type, event.lineno); });
    }
    Promise.reject(1);
    setTimeout(() => console.log('end'), 1);
    throw new Error('caught');)js");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "error 7\nunhandledrejection undefined\nend\n");
  EXPECT_EQ(ran.err, "");
}

TEST(Script, TellsAnErrorOfAnErrorListenerToNoListener) {
  Ran ran = RunSource(R"js(addEventListener('error', (event) => {
    console.log(event.error.message);
    event.preventDefault();
    throw new Error('second');
  });
  reportError(new Error('first')))js");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "first\n");
  EXPECT_THAT(ran.err, ::testing::HasSubstr("Error: second"));
}

TEST(Script, SeesTimeGoOnAndMayCompile) {
  EXPECT_EQ(RunSource(R"js(
    const start = performance.now();
    while (performance.now() === start);
    console.log(eval('1 + 1'), new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module);
    setTimeout('console.log("text")', 0);)js")
                .out,
            "2 true\ntext\n");
}

TEST(Script, IsNoServiceWorker) {
  EXPECT_EQ(
      RunSource("console.log(typeof ServiceWorkerGlobalScope, typeof WorkerGlobalScope);").out,
      "undefined undefined\n");
}

TEST(Script, FailsOnASyntaxError) {
  EXPECT_THAT(RunSource("let x = ;").err,
              ::testing::StartsWith("Uncaught s.js:1:9: SyntaxError: "));
}

}  // namespace
}  // namespace terrella::runtime
