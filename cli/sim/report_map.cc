#include "cli/sim/report_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace terrella::cli {
namespace {

constexpr size_t kArcsMax = 300;   // of a view
constexpr size_t kNamedMax = 24;   // PoPs in a legend
constexpr size_t kFirstShift = 2;  // of the views

struct AddedStep {
  double below_ms;
  const char* color;
  const char* name;
};
// From blue to red, as round-trip times, but no tone so pale that a line of it is lost.
constexpr std::array<AddedStep, 5> kAddedSteps = {
    {{-0.5, "#2166ac", "faster"},
     {10, "#4393c3", "up to 10 ms more"},
     {40, "#d9825f", "10 to 40 ms more"},
     {100, "#c8374a", "40 to 100 ms more"},
     {std::numeric_limits<double>::infinity(), "#8e1038", "100 ms and more"}}};

const char* AddedColor(double added_ms) {
  for (const AddedStep& step : kAddedSteps) {
    if (added_ms < step.below_ms) return step.color;
  }
  return kAddedSteps.back().color;
}

std::string Ms(double ms) {
  return std::isnan(ms) ? "no" : fmt::format("{:.0f}", ms);
}

std::string Mix(const sim::GroupRow& row) {
  return sim::PopShares(row, row.pops.size(), " %");
}

// "FRA" of "kill FRA, drain AMS"; the last word about it counts.
bool IsGone(std::string_view what, std::string_view pop) {
  constexpr std::string_view kBetween = ", ";  // as sim::Shift::what
  bool gone = false;
  while (!what.empty()) {
    const size_t end = std::min(what.find(kBetween), what.size());
    const std::string_view action = what.substr(0, end);
    what.remove_prefix(std::min(end + kBetween.size(), what.size()));
    const size_t space = std::min(action.find(' '), action.size());
    if (space == action.size() || action.substr(space + 1) != pop) continue;
    const std::string_view verb = action.substr(0, space);
    if (verb == "kill" || verb == "drain") gone = true;
    if (verb == "start" || verb == "undrain") gone = false;
  }
  return gone;
}

ReportMap::View FeltView() {
  return {.name = "felt time",
          .file = "felt",
          .caption =
              "Median from wanting to the last byte. A dot is a city, larger with more "
              "requests, outlined where some failed; a ring is a PoP that answered.",
          .legend = RttLegend()};
}

ReportMap::View ShiftView(const sim::Shift& shift, size_t number) {
  ReportMap::View out{
      .name = shift.what,
      .file = fmt::format("moved-{}", number),
      .caption = fmt::format("Who was answered elsewhere after {} at {:.1f} s, until {:.1f} s: {} "
                             "cities, by DNS and by "
                             "anycast counted apart{}; an arc leads to who answered then.",
                             shift.what, shift.at_s, shift.until_s, shift.moved,
                             shift.moved > kArcsMax
                                 ? fmt::format(", the {} with the most requests drawn", kArcsMax)
                                 : ""),
      .legend = {}};
  for (const AddedStep& step : kAddedSteps) out.legend.emplace_back(step.color, step.name);
  return out;
}

}  // namespace

ReportMap::ReportMap(const sim::Report& report, const net::Places& places)
    : report_(report), places_(places) {
  std::map<std::string, double> answers;
  for (const sim::GroupRow& row : report.cities) {
    const double answered = static_cast<double>(row.requests - row.errors);
    for (const auto& [pop, share] : row.pops) answers[pop] += share * answered;
  }
  for (const auto& [code, count] : answers) {
    if (const net::PopSite* site = places.pops().Find(code))
      answerers_.push_back({site, count, ""});
  }
  std::stable_sort(answerers_.begin(), answerers_.end(),
                   [](const Answerer& a, const Answerer& b) { return a.answers > b.answers; });
  std::vector<net::Coordinates> at;
  for (const Answerer& answerer : answerers_) at.push_back(answerer.site->at);
  const std::vector<std::string> colors = SiteColors(at);
  View catchments{.name = "who answered",
                  .file = "catchments",
                  .caption =
                      "A city has the colours of the PoPs that answered it, by their share; "
                      "PoPs far from each other may have the same.",
                  .legend = {}};
  for (size_t i = 0; i < answerers_.size(); ++i) {
    answerers_[i].color = colors[i];
    if (i < kNamedMax) catchments.legend.emplace_back(colors[i], answerers_[i].site->iata);
  }
  views_ = {FeltView(), std::move(catchments)};
  for (const sim::Shift& shift : report.shifts) {
    views_.push_back(ShiftView(shift, views_.size() + 1 - kFirstShift));
  }
}

double ReportMap::UsersOf(uint64_t requests) const {
  // Areas of dots as of a city of so many users; all requests as all of the world's.
  return 3e9 * static_cast<double>(requests) /
         std::max(1.0, static_cast<double>(report_.total.requests));
}

std::string ReportMap::ColorOf(std::string_view pop) const {
  for (const Answerer& answerer : answerers_) {
    if (answerer.site->iata == pop) return answerer.color;
  }
  return "#808080";
}

void ReportMap::Draw(size_t view, bool named, WorldMap& map) const {
  if (view == 0) DrawFelt(map);
  if (view == 1) DrawCatchments(map);
  const bool shifted = view >= kFirstShift;
  if (shifted) DrawShift(report_.shifts[view - kFirstShift], map);
  DrawSites(view == 1, named, shifted ? report_.shifts[view - kFirstShift].what : "", map);
}

void ReportMap::DrawFelt(WorldMap& map) const {
  for (const sim::GroupRow& row : report_.cities) {
    map.AddPeople({.at = places_.cities()[row.city].at,
                   .users = UsersOf(row.requests),
                   .slices = {{.color = std::isnan(row.p50_ms) ? "#000000"
                                                               : std::string(RttColor(row.p50_ms)),
                               .share = 1}},
                   .outlined = row.errors > 0,
                   .title = fmt::format("{}, {}: p50 {} ms, p95 {} ms, {} of {} failed; {}",
                                        row.name, row.country, Ms(row.p50_ms), Ms(row.p95_ms),
                                        row.errors, row.requests, Mix(row))});
  }
}

void ReportMap::DrawCatchments(WorldMap& map) const {
  for (const sim::GroupRow& row : report_.cities) {
    if (row.pops.empty()) continue;
    WorldMap::People people{.at = places_.cities()[row.city].at,
                            .users = UsersOf(row.requests),
                            .slices = {},
                            .title = fmt::format("{}, {}: {}", row.name, row.country, Mix(row))};
    for (const auto& [pop, share] : row.pops) people.slices.push_back({ColorOf(pop), share});
    map.AddPeople(std::move(people));
  }
}

void ReportMap::DrawShift(const sim::Shift& shift, WorldMap& map) const {
  for (size_t i = 0; i < std::min(shift.moves.size(), kArcsMax); ++i) {
    const sim::Move& move = shift.moves[i];
    const net::PopSite* to = places_.pops().Find(move.to);
    if (to == nullptr) continue;
    const std::string title =
        fmt::format("{}, {}, by {}: from {} to {}, {:+.0f} ms", move.name, move.country,
                    sim::SteeringName(move.steering), move.from, move.to, move.added_ms());
    const net::Coordinates& from = places_.cities()[move.city].at;
    const std::string color = AddedColor(move.added_ms());
    map.AddArc({.from = from, .to = to->at, .color = color, .title = title});
    map.AddPeople({.at = from,
                   .users = UsersOf(move.requests),
                   .slices = {{.color = color, .share = 1}},
                   .title = title});
  }
}

void ReportMap::DrawSites(bool colored, bool named, std::string_view gone, WorldMap& map) const {
  for (const Answerer& answerer : answerers_) {
    const net::PopSite& site = *answerer.site;
    map.AddSite(
        {.at = site.at,
         .name = named ? site.iata : "",
         .color = colored ? answerer.color : "",
         .users = answerer.answers,
         .mark = IsGone(gone, site.iata) ? WorldMap::Mark::kDropped : WorldMap::Mark::kRing,
         .title = fmt::format("{}, {}: {:.0f} answers", site.iata, site.city, answerer.answers)});
  }
}

}  // namespace terrella::cli
