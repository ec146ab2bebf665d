#include "base/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/file.h"

namespace terrella {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// Seconds since the epoch: when the machine started, and how long after that the process did
// (field 22 of proc(5)'s stat, in ticks).
double StartedUnixS() {
  static constexpr std::string_view kBootTime = "\nbtime ";
  const auto machine = ReadFile("/proc/stat", 1 << 20);
  const auto process = ReadFile("/proc/self/stat", 1 << 16);
  if (!machine.ok() || !process.ok()) return 0;
  const size_t boot = machine->find(kBootTime);
  size_t at = process->rfind(')');  // the program's name may hold anything
  if (boot == std::string::npos || at == std::string::npos) return 0;
  for (int field = 2; field < 22 && at != std::string::npos; ++field)
    at = process->find(' ', at + 1);
  if (at == std::string::npos) return 0;
  return std::strtod(machine->c_str() + boot + kBootTime.size(), nullptr) +
         std::strtod(process->c_str() + at, nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  ProcessUsage out;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    out.cpu_s = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  if (const auto pages = ReadFile("/proc/self/statm", 4096); pages.ok()) {
    const size_t second = pages->find(' ');
    if (second != std::string::npos) {
      out.resident_bytes = std::strtoull(pages->c_str() + second, nullptr, 10) *
                           static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    }
  }
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++out.open_fds;
  }
  static const double started_unix_s = StartedUnixS();
  out.started_unix_s = started_unix_s;
  return out;
}

void WriteProcessUsage(const ProcessUsage& usage, Exposition& out) {
  out.Begin(process_metric::kCpu);
  out.Sample({}, usage.cpu_s);
  out.Begin(process_metric::kResident);
  out.Sample({}, usage.resident_bytes);
  out.Begin(process_metric::kFds);
  out.Sample({}, usage.open_fds);
  out.Begin(process_metric::kStarted);
  out.Sample({}, usage.started_unix_s);
}

}  // namespace terrella
