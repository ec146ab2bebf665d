// WorldMap: a map of the world as SVG: people as dots or pies, sites as rings with names, arcs
// between them, a legend.
//
// A page may show one map in several views, one at a time: what belongs to a view has the class
// `view-N`, and the page's style hides the others. Land and names belong to all.
//
// Colours tell apart for the colour-blind and are legible on a light and on a dark page, which the
// reader's setting chooses. Coordinates in pixels of a page 1,200 wide.
//
// Thread: one.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/map/projection.h"

namespace terrella::cli {

class WorldMap {
 public:
  // Reads land.csv.
  static absl::StatusOr<WorldMap> Load(const std::filesystem::path& data_dir);
  // Errors name file and line.
  static absl::StatusOr<WorldMap> Parse(std::string_view land_csv);

  struct Slice {
    std::string color;
    double share = 0;  // of the whole
  };
  struct People {
    net::Coordinates at;
    double users = 0;  // the area of the dot
    std::vector<Slice> slices;
    bool faint = false, outlined = false;
    std::string title;  // shown by browsers under the pointer
  };
  void AddPeople(People people) { people_.push_back({std::move(people), view_}); }

  enum class Mark { kRing, kAdded, kDropped };
  struct Site {
    net::Coordinates at;
    std::string name;   // its label; empty: none
    std::string color;  // empty: that of text
    double users = 0;   // the size of its ring
    Mark mark = Mark::kRing;
    std::string title;
  };
  void AddSite(Site site) { sites_.push_back({std::move(site), view_}); }

  struct Arc {
    net::Coordinates from, to;
    std::string color;
    std::string title;
  };
  void AddArc(Arc arc) { arcs_.push_back({std::move(arc), view_}); }

  // What is added from now on belongs to the next view: 0, 1, ... Without, to all.
  void BeginView() { view_ = view_ ? *view_ + 1 : 0; }

  // What the map shows, and figures under it.
  void SetTitle(std::string title, std::string subtitle);
  void AddLegend(std::string color, std::string text) {
    legend_.emplace_back(std::move(color), std::move(text));
  }

  std::string ToSvg() const;
  // The map alone, for a page that says title and legend itself. Its groups have classes to style
  // them by: people, site, arc, names, view-N.
  std::string ToBareSvg() const;

 private:
  template <class Thing>
  struct InView : Thing {
    std::optional<size_t> view;  // none: in all
  };

  WorldMap() = default;
  std::vector<size_t> SiteOrder() const;
  std::string Open(double top, double height) const;
  void DrawMap(std::string& out) const;
  void DrawPeople(std::string& out) const;
  void DrawArcs(std::string& out) const;
  void DrawSites(std::string& out, const std::vector<size_t>& order) const;
  void DrawLabels(std::string& out, const std::vector<size_t>& order) const;
  void DrawLegend(std::string& out) const;

  std::string land_path_;
  std::optional<size_t> view_;
  std::vector<InView<People>> people_;
  std::vector<InView<Site>> sites_;
  std::vector<InView<Arc>> arcs_;
  std::string title_, subtitle_;
  std::vector<std::pair<std::string, std::string>> legend_;
};

// A colour for each site, such that the nearest other site of the same colour is far.
std::vector<std::string> SiteColors(std::span<const net::Coordinates> sites);

// A colour for a round-trip time, and the steps of the scale with their names.
std::string_view RttColor(double rtt_ms);
std::vector<std::pair<std::string, std::string>> RttLegend();

}  // namespace terrella::cli
