#include "cli/map/label_layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace terrella::cli {
namespace {

constexpr double kGapPx = 2;
constexpr double kLinesPx[] = {12, 22, 34, 48};
constexpr int kDirections = 16;

// The box whose nearest edge or corner to `center` is `distance` away at `angle`.
Box Beside(const Point& center, double angle, double distance, double width, double height) {
  const double x = std::cos(angle), y = std::sin(angle);
  const double left = center.x + x * distance + (x - 1) / 2 * width;
  const double top = center.y + y * distance + (y - 1) / 2 * height;
  return {left, top, left + width, top + height};
}

}  // namespace

bool LabelLayout::IsFree(const Box& box) const {
  return box.left >= page_.left && box.right <= page_.right && box.top >= page_.top &&
         box.bottom <= page_.bottom &&
         std::none_of(taken_.begin(), taken_.end(),
                      [&](const Box& other) { return other.Meets(box); });
}

std::optional<LabelLayout::Placed> LabelLayout::Place(const Point& center, double radius_px,
                                                      double width_px, double height_px) {
  const auto try_at = [&](double distance) -> std::optional<Box> {
    for (int i = 0; i < kDirections; ++i) {
      // East first, then by turns up and down from there.
      const int step = i % 2 == 0 ? i / 2 : -(i + 1) / 2;
      const double angle = step * 2 * std::numbers::pi / kDirections;
      const Box box = Beside(center, angle, distance, width_px, height_px);
      if (IsFree(box)) return box;
    }
    return std::nullopt;
  };
  std::optional<Box> box = try_at(radius_px + kGapPx);
  bool needs_line = false;
  for (const double line_px : kLinesPx) {
    if (box) break;
    needs_line = true;
    box = try_at(radius_px + line_px);
  }
  if (!box) return std::nullopt;
  taken_.push_back(*box);
  return Placed{*box, needs_line};
}

}  // namespace terrella::cli
