#include "sim/report/junit.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/markup.h"

namespace terrella::sim {
namespace {

// Characters that XML 1.0 has no way to write become '?'.
std::string Escape(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  return EscapeMarkup(plain);
}

std::string Number(double value) {
  return std::isnan(value) ? "nothing" : fmt::format("{:.6g}", value);
}

}  // namespace

std::string ReportToJunit(const Report& report) {
  std::string cases;
  size_t failures = 0, skipped = 0;
  const auto add = [&](std::string_view kind, std::string_view name, std::string_view body) {
    cases +=
        fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\"{}\n", Escape(report.name), kind,
                    Escape(name), body.empty() ? "/>" : fmt::format(">{}</testcase>", body));
  };
  for (const AssertionRow& row : report.assertions) {
    std::string body;
    if (row.skipped) {
      ++skipped;
      body = "<skipped message=\"no baseline to compare with\"/>";
    } else if (!row.holds) {
      ++failures;
      body =
          fmt::format("<failure message=\"is {}{}\"/>", Number(row.actual),
                      row.baseline ? fmt::format(", the baseline {}", Number(*row.baseline)) : "");
    }
    add("assertion", row.text, body);
  }
  for (const EventRecord& event : report.events) {
    failures += !event.ok;
    add("event", fmt::format("{} at {:.1f} s", event.action, ToMs(event.at) / 1000),
        event.ok ? "" : fmt::format("<failure message=\"{}\"/>", Escape(event.detail)));
  }
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" skipped=\"{}\"",
                  report.assertions.size() + report.events.size(), failures, skipped);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n  <testsuite name=\"{}\" {} "
      "time=\"{:g}\">\n{}  </testsuite>\n</testsuites>\n",
      counts, Escape(report.name), counts, report.duration_s, cases);
}

}  // namespace terrella::sim
