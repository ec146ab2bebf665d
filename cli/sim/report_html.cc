#include "cli/sim/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/markup.h"
#include "base/status.h"
#include "cli/map/world_map.h"
#include "cli/sim/line_chart.h"

namespace terrella::cli {
namespace {

constexpr char kStyle[] = R"(
:root{--page:#fff;--text:#16202a;--mute:#4d5b68;--rule:#d5dce2;--line-1:#0072b2;--line-2:#b35900;--line-3:#00795a;
--good:#00684d;--bad:#b3261e;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#11161c;--text:#eef3f7;--mute:#a9b6c2;--rule:#333d47;--line-1:#56b4e9;
--line-2:#f0a33c;--line-3:#35c99c;--good:#35c99c;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 64px;max-width:1200px;background:var(--page);color:var(--text);
font:15px/1.45 system-ui,sans-serif}
h1{margin:0;font-size:26px}h2{margin:36px 0 8px;font-size:18px}
p{margin:4px 0;max-width:75ch}.mute{color:var(--mute)}
.badge{display:inline-block;padding:2px 10px;border:2px solid;border-radius:12px;font-weight:700;font-size:14px}
.good{color:var(--good)}.bad{color:var(--bad)}
.facts{display:flex;flex-wrap:wrap;gap:8px 32px;margin:16px 0;padding:0}
.facts div{min-width:90px}.facts dt{color:var(--mute);font-size:13px}.facts dd{margin:0;font-size:22px;font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:16px}
figure{margin:0}figcaption{color:var(--mute);font-size:13px}
svg{display:block;width:100%;height:auto}
.map{border:1px solid var(--rule);border-radius:8px}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0;color:var(--text)}
.legend svg{display:inline-block;width:11px;height:11px;margin-right:5px}
.chart text{font-size:12px;fill:var(--text)}.chart .grid{stroke:var(--rule)}
.chart .mark{stroke:var(--text);stroke-dasharray:3 3}
.chart .halo{paint-order:stroke;stroke:var(--page);stroke-width:3px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--mute);font-size:13px;padding-bottom:4px}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child,td:last-child,th:last-child{text-align:left}
thead th{position:sticky;top:0;background:var(--page)}
thead button{all:unset;cursor:pointer;font-weight:700}thead button:focus-visible{outline:2px solid var(--line-1)}
@media(max-width:600px){.chart text{font-size:16px}.map .names{display:none}
.map .people,.map .site{transform:scale(2);transform-box:fill-box;transform-origin:center}
th,td{padding-inline:6px}tbody th{white-space:normal}}
ul{padding-left:0;list-style:none;margin:4px 0}li{padding:2px 0}
)";

// Sorts a table by the column whose heading was pressed, then the other way round.
constexpr char kScript[] = R"(
for (const table of document.querySelectorAll("table.sort")) {
  const body = table.tBodies[0];
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
      const rows = [...body.rows].sort((a, b) => {
        const x = key(a), y = key(b);
        const order = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y);
        return up ? order : -order;
      });
      body.append(...rows);
    });
  }
}
)";

std::string Ms(double ms) {
  return std::isnan(ms) ? "–" : fmt::format("{:.0f}", ms);
}
std::string Percent(double share) {
  return share == 0 ? "0" : fmt::format("{:.2f} %", 100 * share);
}

std::string Mix(const sim::GroupRow& row) {
  std::string out;
  for (size_t i = 0; i < row.pops.size() && i < 4; ++i) {
    out += fmt::format("{}{} {:.0f} %", i == 0 ? "" : ", ", EscapeMarkup(row.pops[i].first),
                       100 * row.pops[i].second);
  }
  if (row.pops.size() > 4) out += fmt::format(" and {} more", row.pops.size() - 4);
  return out;
}

std::string Head(const sim::Report& report, const ReportPage& page) {
  const bool passed = report.passed();
  std::string out = fmt::format(
      "<h1>{}</h1>\n<p>{}</p>\n<p class=\"mute\">{}; {:g} s, seed {}</p>\n<p><span class=\"badge "
      "{}\">{}</span></p>\n<dl class=\"facts\">\n",
      EscapeMarkup(report.name), EscapeMarkup(page.description), EscapeMarkup(page.how),
      report.duration_s, report.seed, passed ? "good" : "bad", passed ? "✓ passed" : "✗ failed");
  const auto fact = [&](const char* name, const std::string& value) {
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
  };
  fact("requests", fmt::format("{}", report.total.requests));
  fact("failed", Percent(report.total.error_share));
  fact("p50", Ms(report.total.p50_ms) + " ms");
  fact("p95", Ms(report.total.p95_ms) + " ms");
  fact("p99", Ms(report.total.p99_ms) + " ms");
  fact("cities", fmt::format("{}", report.cities.size()));
  return out + "</dl>\n";
}

// As people say it: shares in percent, times with their unit.
std::string Said(const sim::AssertionRow& row, double value) {
  if (std::isnan(value)) return "nothing";
  if (row.text.starts_with("errors")) return Percent(value);
  const std::string_view metric =
      std::string_view(row.text).substr(0, row.text.find_first_of(". <>=!@"));
  return fmt::format("{:.4g}{}", value, metric.ends_with("_ms") ? " ms" : "");
}

std::string Assertions(const sim::Report& report) {
  if (report.assertions.empty()) return "";
  std::string out = "<h2>What was to hold</h2>\n<ul>\n";
  for (const sim::AssertionRow& row : report.assertions) {
    out += fmt::format(
        "<li><b class=\"{}\">{}</b> <code>{}</code> <span class=\"mute\">is {}</span></li>\n",
        row.skipped ? "mute"
        : row.holds ? "good"
                    : "bad",
        row.skipped ? "– not judged"
        : row.holds ? "✓ holds"
                    : "✗ does not",
        EscapeMarkup(row.text),
        Said(row, row.actual) +
            (row.baseline ? ", the baseline " + Said(row, *row.baseline) : std::string()));
  }
  return out + "</ul>\n";
}

std::string Events(const sim::Report& report) {
  if (report.events.empty()) return "";
  std::string out = "<section><h2>What happened</h2>\n<ul>\n";
  for (const sim::EventRecord& event : report.events) {
    out += fmt::format(
        "<li>at {:.1f} s: {}{}</li>\n", ToMs(event.at) / 1000, EscapeMarkup(event.action),
        event.ok ? ""
                 : fmt::format(" <b class=\"bad\">failed: {}</b>", EscapeMarkup(event.detail)));
  }
  for (const sim::Failover& failover : report.failovers) {
    const std::string failed = failover.errors == 0
                                   ? "no request failed"
                                   : fmt::format("{} requests failed, the last {:.2f} s after it",
                                                 failover.errors, failover.failover_ms / 1000);
    out += fmt::format("<li>{}, by {}: {}; {} were answered elsewhere</li>\n",
                       EscapeMarkup(failover.action), sim::SteeringName(failover.steering), failed,
                       failover.moved);
  }
  return out + "</ul></section>\n";
}

absl::StatusOr<std::string> Map(const sim::Report& report, const net::Places& places,
                                const ReportPage& page) {
  ASSIGN_OR_RETURN(WorldMap map, WorldMap::Load(page.data_dir));
  map.SetTitle("What cities felt", "");
  std::map<std::string, double> answers;  // by PoP
  for (const sim::GroupRow& row : report.cities) {
    const double answered = static_cast<double>(row.requests - row.errors);
    for (const auto& [pop, share] : row.pops) answers[pop] += share * answered;
    map.AddPeople(
        {.at = places.cities()[row.city].at,
         // Areas of dots as of a city of so many users; all requests as all of the world's.
         .users = 3e9 * static_cast<double>(row.requests) /
                  std::max(1.0, static_cast<double>(report.total.requests)),
         .slices = {{.color =
                         std::isnan(row.p50_ms) ? "#000000" : std::string(RttColor(row.p50_ms)),
                     .share = 1}},
         .outlined = row.errors > 0,
         .title =
             fmt::format("{}, {}: p50 {} ms, p95 {} ms, {} of {} failed; {}", row.name, row.country,
                         Ms(row.p50_ms), Ms(row.p95_ms), row.errors, row.requests, Mix(row))});
  }
  for (const auto& [code, count] : answers) {
    const net::PopSite* site = places.pops().Find(code);
    if (site == nullptr) continue;
    map.AddSite({.at = site->at,
                 .name = code,
                 .color = "",
                 .users = count,
                 .title = fmt::format("{}, {}: {:.0f} answers", code, site->city, count)});
  }
  std::string legend;
  for (const auto& [color, text] : RttLegend()) {
    legend += fmt::format(
        "<span><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" r=\"5\" "
        "fill=\"{}\"/></svg>{}</span>",
        color, text);
  }
  return fmt::format(
      "<figure><div class=\"map\">{}</div><figcaption><span class=\"legend\">{}</span>Median from "
      "wanting to the last byte. A dot is a city, larger with more requests, outlined where some "
      "failed; a ring is a PoP that answered.</figcaption></figure>\n",
      map.ToBareSvg(), legend);
}

std::string OverTime(const sim::Report& report) {
  double most_ms = 0, most_requests = 0;
  for (const sim::TimeSlice& slice : report.slices) {
    if (!std::isnan(slice.p95_ms)) most_ms = std::max(most_ms, slice.p95_ms);
    most_requests = std::max(most_requests, static_cast<double>(slice.requests) / report.slice_s);
  }
  LineChart felt("felt time over the run", {.name = "seconds", .max = report.duration_s},
                 {.name = "felt, ms", .max = RoundUp(most_ms)});
  LineChart load("requests and failures over the run",
                 {.name = "seconds", .max = report.duration_s},
                 {.name = "requests/s", .max = RoundUp(most_requests)});
  LineChart::Line p50{.name = "p50", .points = {}}, p95{.name = "p95", .points = {}};
  LineChart::Line asked{.name = "asked", .points = {}};
  LineChart::Line failed{.name = "failed", .points = {}, .bad = true};
  for (const sim::TimeSlice& slice : report.slices) {
    const double middle_s = slice.begin_s + report.slice_s / 2;
    p50.points.emplace_back(middle_s, slice.p50_ms);
    p95.points.emplace_back(middle_s, slice.p95_ms);
    asked.points.emplace_back(middle_s, static_cast<double>(slice.requests) / report.slice_s);
    failed.points.emplace_back(middle_s, static_cast<double>(slice.errors) / report.slice_s);
  }
  felt.AddLine(std::move(p50));
  felt.AddLine(std::move(p95));
  load.AddLine(std::move(asked));
  load.AddLine(std::move(failed));
  for (const sim::EventRecord& event : report.events) {
    felt.AddMark(ToMs(event.at) / 1000, event.action);
    load.AddMark(ToMs(event.at) / 1000, event.action);
  }
  return fmt::format(
      "<h2>Over time</h2>\n<div class=\"charts\">\n<figure>{}<figcaption>By the moment a request "
      "was due, in slices of {:g} s.</figcaption></figure>\n<figure>{}</figure>\n</div>\n",
      felt.ToSvg(), report.slice_s, load.ToSvg());
}

std::string Curves(const sim::Report& report) {
  double curve_ms = 0;
  for (const sim::Curve& curve : report.curves) {
    if (!curve.ms.empty()) curve_ms = std::max(curve_ms, curve.ms[99]);
  }
  LineChart curves("share of answers felt within a time",
                   {.name = "felt within, ms; to p99", .max = RoundUp(curve_ms)},
                   {.name = "answers", .max = 1, .percent = true});
  for (const sim::Curve& curve : report.curves) {
    LineChart::Line line{.name = curve.name, .points = {}};
    for (size_t i = 0; i + 1 < curve.ms.size(); ++i) {
      line.points.emplace_back(curve.ms[i], static_cast<double>(i) / 100);
    }
    curves.AddLine(std::move(line));
  }
  return fmt::format("<section><h2>How many felt what</h2>\n<figure>{}</figure></section>\n",
                     curves.ToSvg());
}

void AddRow(std::string& out, const sim::GroupRow& row) {
  const std::string name =
      row.country.empty() ? row.name : fmt::format("{}, {}", row.name, row.country);
  const auto ms = [](double value) {
    return std::isnan(value) ? std::string("<td data-key=\"-1\">–</td>")
                             : fmt::format("<td data-key=\"{:.3f}\">{:.0f}</td>", value, value);
  };
  out += fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td "
      "data-key=\"{:.6f}\">{}</td>{}{}{}<td>{}</td></tr>\n",
      EscapeMarkup(name), row.requests, row.error_share, Percent(row.error_share), ms(row.p50_ms),
      ms(row.p95_ms), ms(row.p99_ms), Mix(row));
}

std::string Table(const char* caption, const char* first, bool sorts,
                  const std::vector<sim::GroupRow>& rows) {
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table{1}>"
      "<caption>{0}</caption><thead><tr><th scope=\"col\">{2}</th><th scope=\"col\">requests</th>"
      "<th scope=\"col\">failed</th><th scope=\"col\">p50 ms</th><th scope=\"col\">p95 ms</th>"
      "<th scope=\"col\">p99 ms</th><th scope=\"col\">answered by</th></tr></thead><tbody>\n",
      caption, sorts ? " class=\"sort\"" : "", first);
  for (const sim::GroupRow& row : rows) AddRow(out, row);
  return out + "</tbody></table></div>\n";
}

}  // namespace

absl::StatusOr<std::string> ReportHtml(const sim::Report& report, const net::Places& places,
                                       const ReportPage& page) {
  ASSIGN_OR_RETURN(const std::string map, Map(report, places, page));
  std::vector<sim::GroupRow> regions = report.continents;
  for (sim::GroupRow row : report.steering) {
    row.name = "by " + row.name;
    regions.push_back(std::move(row));
  }
  regions.push_back(report.total);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{}: {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}{}"
      "<h2>What cities felt</h2>\n{}{}<div class=\"charts\">{}{}</div>\n<h2>Regions</h2>\n{}"
      "<h2>Countries</h2>\n{}<h2>Cities</h2>\n{}</main>\n"
      "<script>{}</script>\n</body>\n</html>\n",
      EscapeMarkup(report.name), report.passed() ? "passed" : "failed", kStyle, Head(report, page),
      Assertions(report), map, OverTime(report), Curves(report), Events(report),
      Table("By continent and by how people were led", "region", false, regions),
      Table("Every country, most requests first; a heading sorts", "country", true,
            report.countries),
      Table("Every city, most requests first; a heading sorts", "city", true, report.cities),
      kScript);
}

}  // namespace terrella::cli
