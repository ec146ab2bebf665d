// What console prints: js/rows/console.js against console.txt beside it, standard output and, below
// a line of dashes, standard error. And how much of it a worker may print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/script.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

std::string Text(const char* name) {
  const char* source = std::getenv("TERRELLA_SOURCE_DIR");
  const auto folder =
      std::filesystem::path(source == nullptr ? "." : source) / "edge_node/runtime/js/rows";
  const absl::StatusOr<std::string> text = ReadFile(folder / name);
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? *text : "";
}

TEST(Console, FormatsLikeATerminal) {
  EventLoop loop;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunScript(TestEngine(), loop, {.name = "s.js", .source = Text("console.js")});
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(out + "----\n" + ::testing::internal::GetCapturedStderr(), Text("console.txt"));
  EXPECT_EQ(code, 0);
}

std::unique_ptr<TestBench> Printing(const char* statements) {
  auto code = CodeOf(
      fmt::format("export default {{ fetch() {{ {} return new Response(); }} }}", statements));
  code->limits.cpu_ms = 20'000;  // what is shown is how much is printed; sanitizers are slow
  return std::make_unique<TestBench>(code);
}

TEST(Console, HasLevels) {
  auto bench = Printing(
      "console.debug('d'); console.log('l'); console.info('i'); console.warn('w', 1); "
      "console.error('e');");
  bench->Get();
  const std::vector<std::pair<LogLevel, std::string>> expected = {{LogLevel::kDebug, "d"},
                                                                  {LogLevel::kInfo, "l"},
                                                                  {LogLevel::kInfo, "i"},
                                                                  {LogLevel::kWarn, "w 1"},
                                                                  {LogLevel::kError, "e"}};
  EXPECT_EQ(bench->logs, expected);
}

TEST(Console, DropsAFloodAndSaysSo) {
  auto bench = Printing("for (let i = 0; i < 1e4; ++i) console.log(i);");
  bench->Get();
  EXPECT_GE(bench->logs.size(), 2001u);
  EXPECT_LT(bench->logs.size(), 2200u);
  EXPECT_THAT(bench->logs,
              ::testing::Contains(::testing::Pair(
                  LogLevel::kWarn, "more than 1000 lines or 256 KiB a second: dropping lines")));
}

TEST(Console, DropsAFloodOfBytes) {
  auto bench =
      Printing("const s = 'x'.repeat(60000); for (let i = 0; i < 20; ++i) console.log(s);");
  bench->Get();
  EXPECT_EQ(bench->logs.size(), 9u);  // 512 KiB, and the note
}

TEST(Console, BoundsOneCall) {
  auto bench = Printing(
      "console.log('x'.repeat(1 << 20)); const wide = {}; for (let i = 0; i < 1e4; ++i) wide[i] = "
      "'0123456789'; console.log(wide); console.log([wide, wide]); console.log(new "
      "Array(2 ** 32 - 1));");
  bench->Get();
  ASSERT_EQ(bench->logs.size(), 4u);
  for (const auto& [level, text] : bench->logs) EXPECT_LT(text.size(), 70'000u);
  EXPECT_THAT(bench->logs[0].second, HasSubstr("more characters"));
  EXPECT_EQ(bench->logs[3].second, "[ <4294967295 empty items> ]");
}

TEST(Console, KeepsARequestsGroupsToItself) {
  TestBench bench(
      "export default { fetch() { console.group('g'); console.log('in'); return new Response(); } "
      "}");
  bench.Get();
  bench.Get();
  ASSERT_EQ(bench.logs.size(), 4u);
  EXPECT_EQ(bench.logs[1].second, "  in");
  EXPECT_EQ(bench.logs[2].second, "g");
}

TEST(Console, HidesTheFramesOfTheRuntime) {
  auto bench = Printing(
      "try { new Headers({ 'bad name': '' }); } catch (e) { console.log(e); } console.trace('t');");
  bench->Get();
  ASSERT_EQ(bench->logs.size(), 2u);
  for (const auto& [level, text] : bench->logs) {
    EXPECT_THAT(text, HasSubstr("index.js:1:"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("terrella:")));
  }
}

}  // namespace
}  // namespace terrella::runtime
