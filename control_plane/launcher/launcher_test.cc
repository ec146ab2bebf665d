// Goal: the program gets the words it needs and no other, its refusals reach who ordered, and
// nobody is left waiting. Method: shell scripts in its place.
#include "control_plane/launcher/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "base/status.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

class LauncherTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  LauncherOptions Script(const std::string& text) {
    const std::filesystem::path file = folder_ / "program";
    std::ofstream(file) << "#!/bin/sh\n" << text;
    chmod(file.c_str(), 0700);
    return {.program = file, .home = folder_ / "home", .cluster = "c1"};
  }
  static std::future<absl::StatusOr<std::string>> Order(Launcher& launcher, Launcher::Order order,
                                                        const std::string& node) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
    launcher.Run(order, node,
                 [promise](absl::StatusOr<std::string> said) { promise->set_value(said); });
    return promise->get_future();
  }
  std::filesystem::path folder_;
};

TEST_F(LauncherTest, TellsTheProgramWhatAndWhereAndSaysWhatItSaid) {
  Launcher launcher(Script("echo \"$* of $TERRELLA_HOME\" >&2"));
  EXPECT_EQ(*Order(launcher, Launcher::Order::kKill, "FRA").get(),
            "kill FRA --cluster c1 of " + (folder_ / "home").string());
  EXPECT_THAT(*Order(launcher, Launcher::Order::kStart, "FRA").get(), HasSubstr("start FRA "));
}

TEST_F(LauncherTest, HandsOnWhyTheProgramRefuses) {
  Launcher launcher(Script("echo 'error: no PoP FRA here' >&2; exit 2"));
  const absl::Status status = Order(launcher, Launcher::Order::kKill, "FRA").get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("no PoP FRA here"));
  Launcher silent(Script("exit 3"));
  EXPECT_THAT(std::string(Message(Order(silent, Launcher::Order::kKill, "FRA").get().status())),
              HasSubstr("exit code 3"));
}

TEST_F(LauncherTest, NothingThatIsNoNameBecomesAWordOfACommand) {
  Launcher launcher(Script("touch " + (folder_ / "ran").string()));
  for (const char* name : {"", "-h", "--cluster", "A B", "a;b", "../x", "ö", "a\nb"}) {
    EXPECT_EQ(Order(launcher, Launcher::Order::kKill, name).get().status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(Order(launcher, Launcher::Order::kKill, std::string(65, 'a')).get().status().code(),
            absl::StatusCode::kInvalidArgument);
  launcher.Stop();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
}

TEST_F(LauncherTest, RunsAFewAtOnceAndEndsThemWithItself) {
  LauncherOptions options = Script("sleep 100");
  options.orders_max = 2;
  Launcher launcher(options);
  auto first = Order(launcher, Launcher::Order::kStart, "A");
  auto second = Order(launcher, Launcher::Order::kStart, "B");
  EXPECT_EQ(Order(launcher, Launcher::Order::kStart, "C").get().status().code(),
            absl::StatusCode::kResourceExhausted);
  launcher.Stop();
  EXPECT_EQ(first.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(second.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Order(launcher, Launcher::Order::kStart, "D").get().status().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(LauncherTest, DoesNotWaitForever) {
  LauncherOptions options = Script("sleep 100");
  options.timeout = std::chrono::milliseconds(50);
  Launcher launcher(options);
  EXPECT_EQ(Order(launcher, Launcher::Order::kStart, "A").get().status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace terrella::control
