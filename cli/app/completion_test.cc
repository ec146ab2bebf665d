#include "cli/app/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Command> Table() {
  return {
      {.name = "deploy",
       .summary = "put it there",
       .positionals = {{.name = "PATH", .kind = ValueKind::kFile}},
       .flags = {{.name = "--name", .value = "N"},
                 {.name = "--note", .letter = 'n', .value = "T"}}},
      {.name = "delete", .positionals = {{.name = "NAME", .kind = ValueKind::kScript}}},
      {.name = "kill", .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}}},
      {.name = "net rtt", .positionals = {{.name = "A", .kind = ValueKind::kCity}}},
      {.name = "net pops"},
      {.name = "__hidden", .hidden = true}};
}

std::vector<std::string> Words(const Completions& completions) {
  std::vector<std::string> words;
  for (const Candidate& candidate : completions.candidates) words.push_back(candidate.word);
  return words;
}

Completions Ask(std::vector<std::string> words) {
  const ValueSource values = [](ValueKind kind) -> std::vector<Candidate> {
    if (kind == ValueKind::kPop) return {{"FRA", ""}, {"LHR", ""}};
    if (kind == ValueKind::kCity) return {{"Lagos", "NG"}, {"São Paulo", "BR"}};
    return {};
  };
  const std::vector<Command> table = Table();
  return Complete(table, words, values);
}

TEST(Complete, OffersCommandsOnceAndNoHiddenOnes) {
  EXPECT_THAT(Words(Ask({""})), ElementsAre("deploy", "delete", "kill", "net"));
  EXPECT_THAT(Words(Ask({"de"})), ElementsAre("deploy", "delete"));
  EXPECT_THAT(Words(Ask({"net", ""})), ElementsAre("rtt", "pops"));
  EXPECT_THAT(Words(Ask({"nonsense", ""})), IsEmpty());
}

TEST(Complete, OffersFlagsOfTheCommandAndGlobalOnes) {
  EXPECT_THAT(Words(Ask({"deploy", "--n"})), ElementsAre("--name", "--note"));
  EXPECT_THAT(Words(Ask({"deploy", "x", "--j"})), ElementsAre("--json"));
}

TEST(Complete, OffersValuesByKindAnyCase) {
  EXPECT_THAT(Words(Ask({"kill", ""})), ElementsAre("FRA", "LHR"));
  EXPECT_THAT(Words(Ask({"kill", "FRA", "l"})), ElementsAre("LHR"));
  EXPECT_THAT(Words(Ask({"net", "rtt", "la"})), ElementsAre("Lagos"));
  EXPECT_TRUE(Ask({"deploy", ""}).files);
}

TEST(Complete, AFlagsValueIsNoPositional) {
  EXPECT_THAT(Words(Ask({"deploy", "-n", ""})), IsEmpty());
  EXPECT_FALSE(Ask({"deploy", "--name", ""}).files);
  EXPECT_TRUE(Ask({"deploy", "--name", "x", ""}).files);
  EXPECT_FALSE(Ask({"deploy", "x.js", ""}).files) << "deploy takes one path";
}

TEST(CompletionScript, KnowsThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(*CompletionScript(shell), ::testing::HasSubstr("terrella __complete")) << shell;
  }
  EXPECT_FALSE(CompletionScript("tcsh").ok());
}

}  // namespace
}  // namespace terrella::cli
