#include "base/log.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

TEST(Log, ATextCanNeitherForgeALineNorReachTheTerminal) {
  InitLog({.process = "p"});
  testing::internal::CaptureStderr();
  LogInfo("{}", "one\n2026-01-01 info p forged\x1b[31m\ttab");
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("p one\n    2026-01-01 info p forged\\x1b[31m\ttab\n"), std::string::npos)
      << text;
}

TEST(Log, JsonLinesStayOneLine) {
  InitLog({.process = "p", .json = true});
  testing::internal::CaptureStderr();
  LogInfo("{}", "a\n\"b\"");
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(R"("process":"p","message":"a\n\"b\"")"), std::string::npos) << text;
  InitLog({.process = "p"});
}

}  // namespace
}  // namespace terrella
