#include "cli/sim/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/markup.h"
#include "base/status.h"
#include "cli/map/world_map.h"
#include "cli/sim/chart_style.h"
#include "cli/sim/report_charts.h"
#include "cli/sim/report_map.h"
#include "cli/sim/state_tables.h"
#include "cli/sim/waterfall_chart.h"

namespace terrella::cli {
namespace {

constexpr size_t kMovesShownMax = 100;  // of a shift

constexpr char kStyle[] = R"(
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
fieldset{display:flex;flex-wrap:wrap;gap:4px 16px;border:0;margin:0 0 6px;padding:0}
legend{float:left;padding:0;color:var(--mute)}label{cursor:pointer}
input{accent-color:var(--line-1);margin:0 4px 0 0}
pre{overflow-x:auto;margin:8px 0;padding:10px;border:1px solid var(--rule);border-radius:8px}.hash{overflow-wrap:anywhere}
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:20px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--mute);font-size:13px;padding-bottom:4px}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child,td:last-child,th:last-child{text-align:left}
thead th{position:sticky;top:0;background:var(--page)}
thead button{all:unset;cursor:pointer;font-weight:700}thead button:focus-visible{outline:2px solid var(--line-1)}
@media(max-width:600px){.chart text{font-size:16px}.map .names{display:none}
.map .people,.map .site{transform:scale(2);transform-box:fill-box;transform-origin:center}
th,td{padding-inline:6px}tbody th{white-space:normal;min-width:9em}}
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
  std::string out = EscapeMarkup(sim::PopShares(row, 4, " %"));
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
  if (report.caches.all.asked() > 0) {
    fact("out of nodes' caches", Percent(report.caches.all.hit_share()));
  }
  return out + "</dl>\n";
}

// As people say it: shares in percent, times with their unit.
std::string Said(const sim::AssertionRow& row, double value) {
  if (std::isnan(value)) return "nothing";
  if (row.text.starts_with("errors")) return Percent(value);
  const std::string_view metric =
      std::string_view(row.text).substr(0, row.text.find_first_of(". <>=!@"));
  if (metric.ends_with("_share")) return Percent(value);
  const std::string number =
      std::abs(value) < 1e4 ? fmt::format("{:.4g}", value) : fmt::format("{:.0f}", value);
  return number + (metric.ends_with("_ms") ? " ms" : "");
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

std::string Legend(const ReportMap::View& view) {
  std::string out;
  for (const auto& [color, text] : view.legend) {
    out += fmt::format(
        "<span><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle cx=\"5\" cy=\"5\" r=\"5\" "
        "fill=\"{}\"/></svg>{}</span>",
        color, EscapeMarkup(text));
  }
  return out;
}

// One map; which of its views is seen is for the style to say, by what is chosen.
absl::StatusOr<std::string> Map(const sim::Report& report, const net::Places& places,
                                const ReportPage& page) {
  ASSIGN_OR_RETURN(WorldMap map, WorldMap::Load(page.data_dir));
  map.SetTitle("What cities felt, and who answered them", "");
  const ReportMap views(report, places);
  std::string style, choices, captions;
  for (size_t i = 0; i < views.views().size(); ++i) {
    const ReportMap::View& view = views.views()[i];
    map.BeginView();
    views.Draw(i, i == 0, map);
    style += fmt::format("figure.maps:not(:has(#view-{0}:checked)) .view-{0}{{display:none}}\n", i);
    choices +=
        fmt::format("<label><input type=\"radio\" name=\"view\" id=\"view-{}\"{}> {}</label>\n", i,
                    i == 0 ? " checked" : "", EscapeMarkup(view.name));
    captions += fmt::format("<div class=\"view-{}\"><span class=\"legend\">{}</span>{}</div>\n", i,
                            Legend(view), EscapeMarkup(view.caption));
  }
  return fmt::format(
      "<figure class=\"maps\"><style>{}</style><fieldset><legend>The map "
      "shows</legend>{}</fieldset>"
      "<div class=\"map\">{}</div><figcaption>{}</figcaption></figure>\n",
      style, choices, map.ToBareSvg(), captions);
}

std::string OverTime(const sim::Report& report) {
  return fmt::format(
      "<h2>Over time</h2>\n<div class=\"charts\">\n<figure>{}<figcaption>By the moment a request "
      "was due, in slices of {:g} s.</figcaption></figure>\n<figure>{}</figure>\n</div>\n",
      FeltChart(report).ToSvg(), report.slice_s, LoadChart(report).ToSvg());
}

std::string Curves(const sim::Report& report) {
  return fmt::format("<section><h2>How many felt what</h2>\n<figure>{}</figure></section>\n",
                     CurvesChart(report).ToSvg());
}

std::string WhereTimeWent(const sim::Report& report, const ReportPage& page) {
  if (report.typical.empty()) return "";
  return fmt::format(
      "<h2>Where the time of a typical request went</h2>\n<div class=\"charts\">\n"
      "<figure>{}<figcaption>The request nearest to the median of its region, milliseconds since "
      "it was due{}.</figcaption></figure>\n{}</div>\n",
      WaterfallSvg(report.typical),
      page.keeps_requests ? "; a log of the run (--log) has it by that moment" : "",
      WaterfallTable(report.typical));
}

std::string MovesTable(const sim::Shift& shift) {
  const std::string title = fmt::format("{} at {:.1f} s", EscapeMarkup(shift.what), shift.at_s);
  const size_t shown = std::min(shift.moves.size(), kMovesShownMax);
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Moved: {0}\"><table "
      "class=\"sort\"><caption>{0}: {1} moved{2}</caption><thead><tr><th scope=\"col\">city</th>"
      "<th scope=\"col\">requests</th><th scope=\"col\">before, ms</th><th scope=\"col\">after, "
      "ms</th><th scope=\"col\">added, ms</th><th scope=\"col\">way</th></tr></thead><tbody>\n",
      title, shift.moved,
      shown < shift.moved ? fmt::format(", the {} with the most requests listed", shown) : "");
  for (size_t i = 0; i < shown; ++i) {
    const sim::Move& move = shift.moves[i];
    out += fmt::format(
        "<tr><th scope=\"row\">{}, {}</th><td>{}</td><td>{:.0f}</td><td>{:.0f}</td><td "
        "data-key=\"{:.3f}\">{:+.0f}</td><td>by {}: {} to {}</td></tr>\n",
        EscapeMarkup(move.name), EscapeMarkup(move.country), move.requests, move.before_ms,
        move.after_ms, move.added_ms(), move.added_ms(), sim::SteeringName(move.steering),
        EscapeMarkup(move.from), EscapeMarkup(move.to));
  }
  return out + "</tbody></table></div>\n";
}

std::string Moved(const sim::Report& report) {
  if (report.shifts.empty()) return "";
  std::string out = "<h2>Who moved</h2>\n";
  for (const sim::Shift& shift : report.shifts) out += MovesTable(shift);
  return out;
}

std::string HowToReplay(const sim::Report& report) {
  if (report.replay.command.empty()) return "";
  return fmt::format(
      "<h2>The same again</h2>\n<p>In the folder it was run in, with the scenario of SHA-256 "
      "<code class=\"hash\">{}</code> (seed {}):</p>\n<pre tabindex=\"0\" role=\"region\" "
      "aria-label=\"Command\"><code>{}</code></pre>\n",
      EscapeMarkup(report.replay.scenario_sha256), report.seed,
      EscapeMarkup(report.replay.command));
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
      "<title>{}: {}</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n{}{}"
      "<h2>What cities felt</h2>\n{}{}<div "
      "class=\"charts\">{}{}</div>\n{}{}{}{}<h2>Regions</h2>\n{}"
      "<h2>Countries</h2>\n{}<h2>Cities</h2>\n{}{}</main>\n"
      "<script>{}</script>\n</body>\n</html>\n",
      EscapeMarkup(report.name), report.passed() ? "passed" : "failed", kChartStyle, kStyle,
      Head(report, page), Assertions(report), map, OverTime(report), Curves(report), Events(report),
      WhereTimeWent(report, page), Moved(report), CachesHtml(report), KvHtml(report),
      Table("By continent and by how people were led", "region", false, regions),
      Table("Every country, most requests first; a heading sorts", "country", true,
            report.countries),
      Table("Every city, most requests first; a heading sorts", "city", true, report.cities),
      HowToReplay(report), kScript);
}

}  // namespace terrella::cli
