// LabelLayout: where the names of sites go on a map, none over another and none over a site.
//
// Names are placed in the order given, the most important first: beside their site, else a little
// away with a line to it. One that finds no room stays away.
//
// Thread: one.
#pragma once

#include <optional>
#include <vector>

#include "cli/map/projection.h"

namespace terrella::cli {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
  bool Meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

class LabelLayout {
 public:
  explicit LabelLayout(const Box& page) : page_(page) {}

  // Room that no name may take: a site, a legend.
  void Reserve(const Box& box) { taken_.push_back(box); }

  struct Placed {
    Box box;
    bool needs_line = false;
  };
  // Room for a name of this size beside a circle.
  std::optional<Placed> Place(const Point& center, double radius_px, double width_px,
                              double height_px);

 private:
  bool IsFree(const Box& box) const;

  Box page_;
  std::vector<Box> taken_;
};

}  // namespace terrella::cli
