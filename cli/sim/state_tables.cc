#include "cli/sim/state_tables.h"

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <string_view>

#include "base/markup.h"

namespace terrella::cli {
namespace {

// A table that scrolls by itself; `rows` are its <tr>s.
std::string TableOf(std::string_view caption, std::initializer_list<std::string_view> columns,
                    std::string_view rows) {
  std::string heads;
  for (const std::string_view column : columns) {
    heads += fmt::format("<th scope=\"col\">{}</th>", column);
  }
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table "
      "class=\"sort\"><caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>\n{2}</tbody>"
      "</table></div>\n",
      caption, heads, rows);
}

std::string Share(double share) {
  if (std::isnan(share)) return "<td data-key=\"-1\">–</td>";
  return fmt::format("<td data-key=\"{:.6f}\">{:.2f} %</td>", share, 100 * share);
}

std::string CacheRowHtml(std::string_view name, const sim::CacheCounts& counts) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td>{}{}<td>{}</td></tr>\n",
                     EscapeMarkup(name), counts.asked(), Share(counts.hit_share()),
                     Share(counts.stale_share()), counts.misses());
}

}  // namespace

std::string CachesHtml(const sim::Report& report) {
  const sim::CacheFigures& caches = report.caches;
  if (caches.all.asked() == 0) return "";
  std::string rows;
  for (const sim::CacheRow& row : caches.continents) rows += CacheRowHtml(row.name, row.counts);
  for (const sim::CacheRow& row : caches.pops) rows += CacheRowHtml("at " + row.name, row.counts);
  rows += CacheRowHtml("all", caches.all);
  return "<h2>Nodes' caches</h2>\n" + TableOf("Requests for which a node's cache was asked",
                                              {"whose", "requests", "answered out of it",
                                               "with something stale", "asked an origin"},
                                              rows);
}

std::string KvHtml(const sim::Report& report) {
  std::string rows;
  for (const sim::KvRow& row : report.kv) {
    if (row.reads + row.writes == 0) continue;
    const std::string worst = row.stale_reads == 0
                                  ? "<td data-key=\"-1\">–</td>"
                                  : fmt::format("<td data-key=\"{:.3f}\">{:.1f} s</td>",
                                                row.stale_max_ms, row.stale_max_ms / 1000);
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td>{}{}</tr>\n",
                        EscapeMarkup(row.name), row.writes, row.reads, row.stale_reads,
                        Share(row.stale_share), worst);
  }
  if (rows.empty()) return "";
  return "<h2>Workers KV</h2>\n" +
         TableOf("Reads that did not see what was known to be written",
                 {"whose", "writes", "reads", "stale", "share", "out of date for, at most"}, rows);
}

}  // namespace terrella::cli
