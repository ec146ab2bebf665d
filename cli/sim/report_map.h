// ReportMap: the maps of a report: what cities felt, who answered them, and whom each event moved.
//
// One map of the world in several views; a page shows one of them at a time, a file has one each.
//
// Thread: one. Borrows the report and the places.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/map/world_map.h"
#include "sim/net/places.h"
#include "sim/report/report.h"

namespace terrella::cli {

class ReportMap {
 public:
  ReportMap(const sim::Report& report, const net::Places& places);

  struct View {
    std::string name;     // "felt time", "kill FRA"
    std::string file;     // as part of a file's name: "felt", "moved-1"
    std::string caption;  // a sentence or two
    std::vector<std::pair<std::string, std::string>> legend;  // colour and meaning
  };
  const std::vector<View>& views() const { return views_; }
  // Adds what one of the views shows. Its sites have their names when `named`.
  void Draw(size_t view, bool named, WorldMap& map) const;

 private:
  struct Answerer {
    const net::PopSite* site = nullptr;
    double answers = 0;
    std::string color;
  };
  void DrawFelt(WorldMap& map) const;
  void DrawCatchments(WorldMap& map) const;
  void DrawShift(const sim::Shift& shift, WorldMap& map) const;
  void DrawSites(bool colored, bool named, std::string_view gone, WorldMap& map) const;
  double UsersOf(uint64_t requests) const;
  std::string ColorOf(std::string_view pop) const;

  const sim::Report& report_;
  const net::Places& places_;
  std::vector<Answerer> answerers_;  // most answers first
  std::vector<View> views_;
};

}  // namespace terrella::cli
