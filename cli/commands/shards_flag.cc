#include "cli/commands/shards_flag.h"

#include <absl/strings/numbers.h>

#include <string_view>

#include "base/status.h"

namespace terrella::cli {
namespace {

constexpr int kShardsMax = 64;  // edge_node's

bool IsCount(std::string_view text, int& count) {
  return absl::SimpleAtoi(ToAbsl(text), &count) && count >= 1 && count <= kShardsMax;
}

}  // namespace

Flag ShardsFlag() {
  return {.name = "--shards",
          .value = "N",
          .help =
              "threads that each node serves with, 1 to 64, or MIN..MAX: as many as the load "
              "asks for (default 1)"};
}

absl::StatusOr<std::string> ReadShards(const Arguments& args, std::string otherwise) {
  const auto wish = args.Find("--shards");
  if (!wish) return otherwise;
  const std::string_view text = *wish;
  const size_t dots = text.find("..");
  int min = 0, max = 0;
  if (IsCount(text.substr(0, dots), min) &&
      IsCount(dots == text.npos ? text : text.substr(dots + 2), max) && min <= max) {
    return min == max ? fmt::format("{}", min) : fmt::format("{}..{}", min, max);
  }
  return InvalidArgument("--shards: expected a number from 1 to {} or MIN..MAX, found '{}'",
                         kShardsMax, text);
}

}  // namespace terrella::cli
