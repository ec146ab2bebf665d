#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <string>

namespace terrella {
namespace {

std::string& ProcessName() {
  static std::string name = "terrella";
  return name;
}
bool g_json = false;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Standard output is data, so the log goes to standard error.
spdlog::logger& Logger() {
  static auto logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("log", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ " + ProcessName() + " %v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

// Texts come from workers and peers: a control character must not reach the terminal, and a line
// break must not begin what looks like a line of ours.
std::string Printable(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (char c : line) {
    if (c == '\n') {
      out += "\n    ";
    } else if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void InitLog(const LogOptions& options) {
  ProcessName() = std::string(options.process);
  g_json = options.json;
  Logger().set_level(ToSpdlog(options.level));
  Logger().set_pattern(options.json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e","level":"%l",%v})"
                                    : "%Y-%m-%dT%H:%M:%S.%e %^%l%$ " + ProcessName() + " %v");
}

bool LogEnabled(LogLevel level) {
  return Logger().should_log(ToSpdlog(level));
}

void LogLine(LogLevel level, std::string_view line) {
  if (!g_json) {
    Logger().log(ToSpdlog(level), "{}", Printable(line));
    return;
  }
  auto quote = [](std::string_view s) {
    return nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  Logger().log(ToSpdlog(level), R"("process":{},"message":{})", quote(ProcessName()), quote(line));
}

}  // namespace terrella
