// Runs the rows of js/rows/, tests of the globals written in JavaScript, as scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/script.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

std::filesystem::path Folder() {
  const char* source = std::getenv("TERRELLA_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "edge_node/runtime/js/rows";
}

// Rows of node/ are modules of a worker with nodejs_compat.
class NodeRowsOf : public ::testing::TestWithParam<std::string> {};

TEST_P(NodeRowsOf, Hold) {
  std::string source;
  for (const std::string& name : {std::string("rows"), "node/" + GetParam()}) {
    const absl::StatusOr<std::string> text = ReadFile(Folder() / (name + ".js"));
    ASSERT_TRUE(text.ok()) << Message(text.status());
    source += *text + "\n";
  }
  source += "export default { async fetch() { await runRows(); return new Response('over'); } };";
  auto code = CodeOf(std::move(source));
  code->compatibility = {.node_modules = true, .async_hooks = true, .env_in_process = true};
  code->limits.cpu_ms = 20'000;  // sanitizers are slow
  TestBench bench(std::move(code));
  EXPECT_EQ(bench.Get(), "over");
  std::string out;
  for (const auto& [level, text] : bench.logs) out += text + "\n";
  EXPECT_THAT(out, HasSubstr(" rows, 0 failed")) << out;
}

class RowsOf : public ::testing::TestWithParam<std::string> {};

TEST_P(RowsOf, Hold) {
  std::string source;
  for (const std::string& name : {std::string("rows"), GetParam()}) {
    const absl::StatusOr<std::string> text = ReadFile(Folder() / (name + ".js"));
    ASSERT_TRUE(text.ok()) << Message(text.status());
    source += *text + "\n";
  }
  source += "setTimeout(runRows, 0);\n";
  EventLoop loop;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunScript(TestEngine(), loop, {.name = GetParam(), .source = source});
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(code, 0);
  EXPECT_THAT(out, HasSubstr(" rows, 0 failed\n")) << out;
}

// The names of the files with rows; console.js has a test of its own.
std::vector<std::string> Files(const std::string& below = "") {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(Folder() / below, error)) {
    const auto& path = entry.path();
    const std::string name = path.stem().string();
    if (path.extension() == ".js" && name != "rows" && name != "console") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Rows, AreFound) {
  EXPECT_GT(Files().size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(All, NodeRowsOf, ::testing::ValuesIn(Files("node")),
                         [](const auto& info) { return info.param; });

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RowsOf);
INSTANTIATE_TEST_SUITE_P(All, RowsOf, ::testing::ValuesIn(Files()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace terrella::runtime
