// Log: one line of text or JSON per event on standard error, hiding spdlog from every other file.
//
// LogInfo("node {} is up", id). Lines name the process ("edge_node/FRA"), so that the mixed log of
// a cluster can be read. Thread: any.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace terrella {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogOptions {
  std::string_view process;  // who speaks, e.g. "edge_node/FRA"
  LogLevel level = LogLevel::kInfo;
  bool json = false;  // one JSON object a line instead of text
};

// Call once at the start of main, before other threads log.
void InitLog(const LogOptions& options);
bool LogEnabled(LogLevel level);
void LogLine(LogLevel level, std::string_view line);

template <class... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) LogLine(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kDebug, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kInfo, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogWarn(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kWarn, format, std::forward<Args>(args)...);
}
template <class... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kError, format, std::forward<Args>(args)...);
}

}  // namespace terrella
