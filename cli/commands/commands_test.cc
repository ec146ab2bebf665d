#include "cli/commands/commands.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/app/help.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

TEST(Commands, EveryOneIsDocumentedAndRuns) {
  std::set<std::string> names;
  for (const Command& command : AllCommands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name << " is there twice";
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_TRUE(command.hidden || !command.group.empty()) << command.name;
    for (const Example& example : command.examples) {
      EXPECT_NE(example.line.find("terrella"), std::string::npos) << command.name;
    }
  }
}

TEST(Commands, FlagsAreUniqueAndExplained) {
  for (const Command& command : AllCommands()) {
    std::set<std::string> names;
    std::set<char> letters;
    for (const Flag& flag : GlobalFlags()) {
      names.insert(flag.name);
      if (flag.letter != 0) letters.insert(flag.letter);
    }
    for (const Flag& flag : command.flags) {
      EXPECT_TRUE(names.insert(flag.name).second) << command.name << " " << flag.name;
      EXPECT_TRUE(flag.letter == 0 || letters.insert(flag.letter).second)
          << command.name << " -" << flag.letter;
      EXPECT_TRUE(flag.name.starts_with("--")) << flag.name;
      EXPECT_FALSE(flag.help.empty()) << command.name << " " << flag.name;
      EXPECT_TRUE(flag.kind != ValueKind::kChoice || !flag.choices.empty()) << flag.name;
    }
    for (size_t i = 0; i + 1 < command.positionals.size(); ++i) {
      EXPECT_FALSE(command.positionals[i].repeated) << command.name;
      EXPECT_TRUE(command.positionals[i].required || !command.positionals[i + 1].required)
          << command.name;
    }
  }
}

TEST(Help, OverviewFitsATerminal) {
  const std::string text = Overview(AllCommands());
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = text.find('\n', start);
    EXPECT_LE(end - start, 100u) << text.substr(start, end - start);
    start = end + 1;
  }
}

TEST(Format, Bytes) {
  EXPECT_EQ(FormatBytes(812), "812 B");
  EXPECT_EQ(FormatBytes(3482), "3.4 KiB");
  EXPECT_EQ(FormatBytes(12 << 20), "12.0 MiB");
}

}  // namespace
}  // namespace terrella::cli
