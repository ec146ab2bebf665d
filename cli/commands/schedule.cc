#include "cli/commands/schedule.h"

#include <fmt/format.h>

#include "bundle/cron_expression.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

std::vector<std::string> ScheduleLines(const v1::Version& version, WallTime now) {
  std::vector<std::string> lines;
  for (const std::string& cron : version.crons()) {
    const auto expression = bundle::CronExpression::Parse(cron);
    if (!expression.ok()) continue;  // it was read by the same rules
    const auto next = expression->Next(now);
    const int64_t ms =
        next ? std::chrono::duration_cast<std::chrono::milliseconds>(next->time_since_epoch())
                   .count()
             : 0;
    lines.push_back(fmt::format("{} UTC, next {}", cron, next ? FormatTime(ms) : "never"));
  }
  return lines;
}

}  // namespace terrella::cli
