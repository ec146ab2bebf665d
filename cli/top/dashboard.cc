#include "cli/top/dashboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "cli/app/text_table.h"

namespace terrella::cli {
namespace {

constexpr std::string_view kBold = "\033[1m", kDim = "\033[2m", kRed = "\033[31m",
                           kYellow = "\033[33m", kGreen = "\033[32m", kPlain = "\033[0m";
constexpr size_t kTwoPanelsColumns = 76;  // from here on lists stand beside each other
constexpr size_t kBarColumns = 50;        // and from here on one has bars
constexpr size_t kGap = 2;

// The text cut or filled to `width` code points.
std::string Fit(std::string_view text, size_t width, bool right = false) {
  const size_t have = DisplayWidth(text);
  if (have <= width) {
    const std::string pad(width - have, ' ');
    return right ? pad + std::string(text) : std::string(text) + pad;
  }
  if (width == 0) return "";
  size_t end = 0;
  for (size_t points = 0; end < text.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (starts && points++ == width - 1) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string Percent(double part, double whole) {
  if (whole <= 0 || part <= 0) return "";
  const double percent = std::min(100 * part / whole, 100.0);
  return percent < 0.05 ? "<0.1 %" : fmt::format("{:.1f} %", percent);
}

// Eighths of a cell.
std::string Bar(double share, size_t width) {
  static constexpr std::array<std::string_view, 8> kParts = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<size_t>(
      std::lround(std::clamp(share, 0.0, 1.0) * 8 * static_cast<double>(width)));
  std::string out;
  for (size_t i = 0; i < eighths / 8; ++i) out += "█";
  out += kParts[eighths % 8];
  return out;
}

std::string Sparkline(const std::deque<double>& history, size_t width) {
  static constexpr std::array<std::string_view, 8> kLevels = {"▁", "▂", "▃", "▄",
                                                              "▅", "▆", "▇", "█"};
  const size_t count = std::min(width, history.size());
  const auto begin = history.end() - static_cast<ptrdiff_t>(count);
  const double top = count == 0 ? 0 : *std::max_element(begin, history.end());
  std::string out;
  for (auto it = begin; it != history.end(); ++it) {
    out += kLevels[top <= 0 ? 0 : static_cast<size_t>(std::lround(7 * std::max(*it, 0.0) / top))];
  }
  return out;
}

// A list under a title, `width` wide: what, a rate and its share.
struct Panel {
  std::string title, unit;
  struct Row {
    std::string what, note;
    std::string_view note_color;
    double per_s = 0;
    bool rough = false;
  };
  std::vector<Row> rows;
  double whole = 0;
};

class Page {
 public:
  explicit Page(const DashboardOptions& options) : options_(options) {}

  void Line(const std::string& plain) { lines_.push_back(Fit(plain, options_.columns)); }
  // A label and shares of a whole, as many as there is room for.
  void Shares(std::string_view label, const std::vector<std::pair<std::string, double>>& parts,
              double whole);
  void Counts(std::string_view label, const std::vector<std::pair<std::string, double>>& parts);
  void Head(const TrafficRates& rates, const std::deque<double>& history);
  void Nodes(const TrafficRates& rates);
  void Panels(const std::vector<Panel>& panels);
  std::vector<std::string> Take() {
    if (lines_.size() > options_.lines) lines_.resize(options_.lines);
    for (std::string& line : lines_) line.erase(line.find_last_not_of(' ') + 1);
    return std::move(lines_);
  }

 private:
  std::string Styled(std::string_view style, std::string_view text) const {
    if (!options_.color || style.empty()) return std::string(text);
    return fmt::format("{}{}{}", style, text, kPlain);
  }
  std::string Label(std::string_view label) const { return Styled(kDim, Fit(label, 11)); }
  // The label and those of `parts` that fit.
  void Words(std::string_view label, const std::vector<std::string>& words);
  std::string PanelLine(const Panel& panel, size_t index, size_t width) const;

  const DashboardOptions& options_;
  std::vector<std::string> lines_;
};

void Page::Words(std::string_view label, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const size_t gap = text.empty() ? 0 : 3;
    if (11 + DisplayWidth(text) + gap + DisplayWidth(word) > options_.columns) break;
    text += std::string(gap, ' ') + word;
  }
  lines_.push_back(options_.columns < 16 ? "" : Label(label) + text);
}

void Page::Shares(std::string_view label, const std::vector<std::pair<std::string, double>>& parts,
                  double whole) {
  std::vector<std::string> words;
  for (const auto& [what, per_s] : parts) {
    const std::string percent = Percent(per_s, whole);
    if (!percent.empty()) words.push_back(what + " " + percent);
  }
  Words(label, words);
}

void Page::Counts(std::string_view label,
                  const std::vector<std::pair<std::string, double>>& parts) {
  std::vector<std::string> words;
  for (const auto& [what, per_s] : parts) words.push_back(FormatRate(per_s) + " " + what);
  Words(label, words);
}

void Page::Head(const TrafficRates& rates, const std::deque<double>& history) {
  std::string who = options_.trouble;
  if (who.empty()) {
    who = rates.routers.size() == 1 ? rates.routers.front()
                                    : fmt::format("{} routers", rates.routers.size());
    who += fmt::format(" · view {} · {}", rates.view_serial, options_.time);
  }
  const std::string zone = rates.zone.empty() ? "no view yet" : rates.zone;
  const size_t right = std::min(DisplayWidth(who), options_.columns);
  const size_t left = options_.columns - right;
  lines_.push_back(Styled(kBold, Fit(zone, left)) +
                   Styled(options_.trouble.empty() ? kDim : kRed, Fit(who, right)));
  const std::string rate = fmt::format("{} q/s", FormatRate(rates.queries_per_s));
  const size_t rate_columns = std::max<size_t>(DisplayWidth(rate), 11) + 1;
  if (rate_columns >= options_.columns) return Line(rate);
  lines_.push_back(Styled(kBold, Fit(rate, rate_columns)) +
                   Styled(kGreen, Sparkline(history, options_.columns - rate_columns)));
}

void Page::Nodes(const TrafficRates& rates) {
  std::map<std::string, double> states;
  for (const auto& [id, node] : rates.nodes) {
    const char* name = node.state == v1::NODE_STATE_READY      ? "ready"
                       : node.state == v1::NODE_STATE_SYNCING  ? "syncing"
                       : node.state == v1::NODE_STATE_DRAINING ? "draining"
                                                               : "down";
    states[name] += 1;
  }
  std::vector<std::string> words;
  for (const auto& [name, count] : Ranked(states))
    words.push_back(fmt::format("{:.0f} {}", count, name));
  Words("nodes", words);
}

std::string Page::PanelLine(const Panel& panel, size_t index, size_t width) const {
  constexpr size_t kRate = 9, kShare = 8, kNote = 9, kBar = 12;
  const bool has_notes = panel.unit == "A/S" && width > 36;
  const bool has_bar = width >= kBarColumns;
  const size_t rest = kRate + kShare + (has_notes ? kNote : 0) + (has_bar ? kBar : 0);
  if (width < rest + 4) return Fit(index == 0 ? panel.title : "", width);
  const size_t what = width - rest;
  if (index == 0) {
    const std::string title = Fit(panel.title, what) + (has_notes ? Fit("STATE", kNote) : "") +
                              Fit(panel.unit, kRate, true) + Fit("%", kShare, true) +
                              (has_bar ? Fit("", kBar) : "");
    return Styled(kBold, title);
  }
  if (index > panel.rows.size()) return std::string(width, ' ');
  const Panel::Row& row = panel.rows[index - 1];
  std::string out = Fit(row.what, what);
  if (has_notes) out += Styled(row.note_color, Fit(row.note, kNote));
  out += Fit((row.rough ? "~" : "") + FormatRate(row.per_s), kRate, true);
  std::string percent = Percent(row.per_s, panel.whole);
  if (percent.ends_with(" %")) percent.resize(percent.size() - 2);
  out += Fit(percent, kShare, true);
  if (has_bar) {
    const double share = panel.whole > 0 ? row.per_s / panel.whole : 0;
    out += "  " + Styled(kGreen, Fit(Bar(share, kBar - 2), kBar - 2));
  }
  return out;
}

void Page::Panels(const std::vector<Panel>& panels) {
  const size_t beside = options_.columns >= kTwoPanelsColumns ? 2 : 1;
  const size_t stacks = (panels.size() + beside - 1) / beside;
  const size_t room = options_.lines > lines_.size() ? options_.lines - lines_.size() : 0;
  const size_t height = room / stacks;  // with the empty line above
  if (height < 3) return;
  const size_t width = (options_.columns - (beside - 1) * kGap) / beside;
  for (size_t first = 0; first < panels.size(); first += beside) {
    lines_.emplace_back();
    for (size_t i = 0; i + 1 < height; ++i) {
      std::string line;
      for (size_t p = first; p < std::min(first + beside, panels.size()); ++p) {
        if (p > first) line += std::string(kGap, ' ');
        line += PanelLine(panels[p], i, width);
      }
      lines_.push_back(std::move(line));
    }
  }
}

Panel ItemPanel(std::string title, const std::map<std::string, TrafficRates::Item>& items,
                double whole) {
  Panel panel{.title = std::move(title), .unit = "Q/S", .rows = {}, .whole = whole};
  for (const auto& [what, item] : Ranked(items)) {
    panel.rows.push_back({.what = what,
                          .note = "",
                          .note_color = {},
                          // What is certain: in a flood of names seen once nobody looks frequent.
                          .per_s = std::max(0.0, item.per_s - item.per_s_error),
                          .rough = item.per_s_error > item.per_s / 10});
  }
  return panel;
}

Panel NodePanel(const TrafficRates& rates) {
  Panel panel{.title = "NODE", .unit = "A/S", .rows = {}, .whole = 0};
  for (const auto& [id, node] : Ranked(rates.nodes)) {
    Panel::Row row{.what = id, .note = "down", .note_color = kRed, .per_s = node.answers_per_s};
    if (node.state == v1::NODE_STATE_READY) {
      row.note = fmt::format("{:.0f} % busy", 100 * node.load);
      row.note_color = {};
    } else if (node.state == v1::NODE_STATE_DRAINING || node.state == v1::NODE_STATE_SYNCING) {
      row.note = node.state == v1::NODE_STATE_DRAINING ? "draining" : "syncing";
      row.note_color = kYellow;
    }
    panel.whole += node.answers_per_s;
    panel.rows.push_back(std::move(row));
  }
  return panel;
}

}  // namespace

std::string FormatRate(double per_s) {
  if (per_s < 0.05) return "0";
  if (per_s < 9.95) return fmt::format("{:.1f}", per_s);
  if (per_s >= 999'999.5) return fmt::format("{:.2f}M", per_s / 1e6);
  const auto whole = std::lround(per_s);
  return whole < 1000 ? fmt::format("{}", whole)
                      : fmt::format("{},{:03}", whole / 1000, whole % 1000);
}

std::vector<std::string> DrawDashboard(const TrafficRates& rates, const std::deque<double>& history,
                                       const DashboardOptions& options) {
  Page page(options);
  page.Head(rates, history);
  page.Shares("codes", Ranked(rates.rcodes), rates.answers_per_s);
  page.Shares("types", Ranked(rates.types), rates.answers_per_s);
  std::vector<std::pair<std::string, double>> ways = Ranked(rates.transports);
  ways.emplace_back("with subnet", rates.with_subnet_per_s);
  page.Shares("by", ways, rates.queries_per_s);
  double dropped = 0;
  for (const auto& [reason, per_s] : rates.drops) dropped += per_s;
  std::vector<std::pair<std::string, double>> lost = {{"dropped/s", dropped},
                                                      {"limited/s", rates.slipped_per_s},
                                                      {"truncated/s", rates.truncated_per_s}};
  for (const auto& [reason, per_s] : Ranked(rates.drops)) {
    if (per_s > 0) lost.emplace_back(reason + "/s", per_s);
  }
  page.Counts("lost", lost);
  page.Nodes(rates);
  page.Panels({ItemPanel("NAME", rates.names, rates.sampled_per_s), NodePanel(rates),
               ItemPanel("CLIENT NETWORK", rates.networks, rates.sampled_per_s),
               ItemPanel("ECS CELL", rates.cells, rates.sampled_in_cells_per_s)});
  return page.Take();
}

}  // namespace terrella::cli
