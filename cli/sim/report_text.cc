#include "cli/sim/report_text.h"

#include <algorithm>
#include <cmath>

#include "cli/app/text_table.h"

namespace terrella::cli {
namespace {

using enum TextTable::Align;
constexpr size_t kPopsShown = 3;

std::string Ms(double ms) {
  return std::isnan(ms) ? "-" : fmt::format("{:.0f}", ms);
}

std::string Share(double share) {
  return share == 0 ? "0" : fmt::format("{:.2f}%", share * 100);
}

std::string Mix(const sim::GroupRow& row) {
  std::string out = sim::PopShares(row, kPopsShown, "%");
  if (row.pops.size() > kPopsShown) out += fmt::format(", +{}", row.pops.size() - kPopsShown);
  return out;
}

TextTable GroupTable(const std::string& title) {
  return TextTable({{title},
                    {"requests", kRight},
                    {"errors", kRight},
                    {"p50 ms", kRight},
                    {"p95 ms", kRight},
                    {"p99 ms", kRight},
                    {"answered by"}});
}

void AddGroup(TextTable& table, const sim::GroupRow& row) {
  std::string name = row.country.empty() ? row.name : fmt::format("{}, {}", row.name, row.country);
  table.AddRow({std::move(name), fmt::format("{}", row.requests), Share(row.error_share),
                Ms(row.p50_ms), Ms(row.p95_ms), Ms(row.p99_ms), Mix(row)});
}

std::string CitiesText(const sim::Report& report, size_t cities_max) {
  TextTable table = GroupTable("city");
  for (size_t i = 0; i < report.cities.size() && i < cities_max; ++i)
    AddGroup(table, report.cities[i]);
  std::string out = table.ToString();
  if (report.cities.size() > cities_max) {
    out += fmt::format("and {} more cities (--cities N shows more, --json all)\n",
                       report.cities.size() - cities_max);
  }
  return out;
}

std::string RegionsText(const sim::Report& report) {
  TextTable table = GroupTable("region");
  for (const sim::GroupRow& row : report.continents) AddGroup(table, row);
  for (const sim::GroupRow& row : report.steering) {
    sim::GroupRow named = row;
    named.name = "by " + row.name;
    AddGroup(table, named);
  }
  AddGroup(table, report.total);
  return table.ToString();
}

std::string KvText(const sim::Report& report) {
  std::string out;
  for (const sim::KvRow& row : report.kv) {
    if (row.reads + row.writes == 0) continue;
    out += fmt::format("kv, {}: {} writes, {} reads", row.name, row.writes, row.reads);
    if (row.stale_reads > 0) {
      out += fmt::format(", {} of them ({:.2f} %) stale, by {:.1f} s at most", row.stale_reads,
                         100 * row.stale_share, row.stale_max_ms / 1000);
    }
    out += "\n";
  }
  return out;
}

std::string EventsText(const sim::Report& report) {
  std::string out;
  for (const sim::EventRecord& event : report.events) {
    out += fmt::format("at {:.1f} s  {}{}\n", ToMs(event.at) / 1000, event.action,
                       event.ok ? "" : fmt::format("  FAILED: {}", event.detail));
  }
  for (const sim::Failover& failover : report.failovers) {
    out += fmt::format(
        "{}, by {}: failover in {:.0f} ms, {} errors in between, {} requests answered elsewhere\n",
        failover.action, sim::SteeringName(failover.steering), failover.failover_ms,
        failover.errors, failover.moved);
  }
  return out;
}

std::string CachesText(const sim::CacheFigures& caches) {
  TextTable table({{"from nodes' caches"},
                   {"requests", kRight},
                   {"hits", kRight},
                   {"stale", kRight},
                   {"misses", kRight},
                   {"in particular"}});
  const auto add = [&](const std::string& name, const sim::CacheCounts& counts) {
    std::string uses;
    for (size_t i = 1; i < sim::kCacheUses; ++i) {
      const auto use = static_cast<sim::CacheUse>(i);
      if (counts.Of(use) == 0) continue;
      uses +=
          fmt::format("{}{} {}", uses.empty() ? "" : ", ", counts.Of(use), sim::CacheUseName(use));
    }
    table.AddRow({name, fmt::format("{}", counts.asked()), Share(counts.hit_share()),
                  Share(counts.stale_share()), fmt::format("{}", counts.misses()), uses});
  };
  for (const sim::CacheRow& row : caches.continents) add(row.name, row.counts);
  for (size_t i = 0; i < std::min(caches.pops.size(), kPopsShown); ++i) {
    add("at " + caches.pops[i].name, caches.pops[i].counts);
  }
  add("all", caches.all);
  return table.ToString() + "\n";
}

std::string AssertionsText(const sim::Report& report, const Output& out) {
  std::string text;
  for (const sim::AssertionRow& row : report.assertions) {
    std::string mark = row.skipped ? "skip"
                       : row.holds ? out.DataStyled(Style::kGreen, "ok  ")
                                   : out.DataStyled(Style::kRed, "FAIL");
    std::string actual = std::isnan(row.actual) ? "no value" : fmt::format("{:.6g}", row.actual);
    if (row.baseline) {
      actual += std::isnan(*row.baseline) ? "; the baseline does not tell it"
                                          : fmt::format(", the baseline {:.6g}", *row.baseline);
    }
    text += fmt::format("{}  {}  (is {}{})\n", mark, row.text, actual,
                        row.skipped ? "; no --baseline to compare with" : "");
  }
  return text;
}

std::string PagesText(const sim::Report& report) {
  const auto line = [](std::string_view name, const sim::GroupRow& row) {
    return fmt::format(
        "{}: {} with all their parts, {:.2f} % with something missing, p50 {:.0f} ms, p95 {:.0f} "
        "ms\n",
        name, row.requests - row.errors, 100 * row.error_share, row.p50_ms, row.p95_ms);
  };
  std::string text = line("pages", *report.pages);
  for (const sim::GroupRow& row : report.page_protocols) {
    text += line(fmt::format("pages by {}", row.name), row);
  }
  return text;
}

}  // namespace

std::string ReportText(const sim::Report& report, const Output& out,
                       const ReportTextOptions& options) {
  std::string text =
      fmt::format("{}\n{}\n", CitiesText(report, options.cities_max), RegionsText(report));
  if (std::string events = EventsText(report); !events.empty()) text += events + "\n";
  if (report.caches.all.asked() > 0) text += CachesText(report.caches);
  if (report.pages) text += PagesText(report);
  text += KvText(report);
  if (!report.failures.empty()) {
    text += "failed:";
    for (const auto& [kind, count] : report.failures) text += fmt::format(" {} {}", count, kind);
    text += "\n";
  }
  if (report.versions.size() > 1) {
    text += "versions:";
    for (const auto& [version, count] : report.versions)
      text += fmt::format(" {} {}", version.substr(0, 12), count);
    text += "\n";
  }
  text += AssertionsText(report, out);
  return text;
}

}  // namespace terrella::cli
