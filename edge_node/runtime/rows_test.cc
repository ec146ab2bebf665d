// Runs the rows of js/rows/, tests of the globals written in JavaScript, as scripts.
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

std::filesystem::path Folder() {
  const char* source = std::getenv("TERRELLA_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "edge_node/runtime/js/rows";
}

class Rows : public ::testing::TestWithParam<const char*> {};

TEST_P(Rows, Hold) {
  std::string source;
  for (const std::string& name : {std::string("rows"), std::string(GetParam())}) {
    const absl::StatusOr<std::string> text = ReadFile(Folder() / (name + ".js"));
    ASSERT_TRUE(text.ok()) << Message(text.status());
    source += *text + "\n";
  }
  EventLoop loop;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunScript(TestEngine(), loop, {.name = GetParam(), .source = source});
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(code, 0);
  EXPECT_THAT(out, HasSubstr(" rows, 0 failed\n")) << out;
}

INSTANTIATE_TEST_SUITE_P(All, Rows,
                         ::testing::Values("abort", "blob", "compression", "errors", "events",
                                           "fetch_local", "file_reader", "form_data", "request",
                                           "response", "streams", "structured_clone", "timers"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace terrella::runtime
