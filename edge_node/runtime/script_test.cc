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

TEST(Script, FailsOnASyntaxError) {
  EXPECT_THAT(RunSource("let x = ;").err,
              ::testing::StartsWith("Uncaught s.js:1:9: SyntaxError: "));
}

}  // namespace
}  // namespace terrella::runtime
