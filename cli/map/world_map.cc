#include "cli/map/world_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/file.h"
#include "base/markup.h"
#include "base/status.h"
#include "cli/map/label_layout.h"
#include "sim/net/csv.h"

namespace terrella::cli {
namespace {

constexpr size_t kLandBytesMax = 1 << 20;
constexpr uint64_t kRingsMax = 10'000;
constexpr double kHeadPx = 52, kFootPx = 52;
constexpr double kPageHeightPx = kHeadPx + kMapHeightPx + kFootPx;
constexpr double kDotMaxPx = 11, kDotMinPx = 0.9, kRingMaxPx = 15, kRingMinPx = 4;
constexpr double kLabelPx = 11, kLetterPx = 8;  // of bold 11 px capitals, generously
constexpr double kLegendPx = 12, kLegendLetterPx = 6.1, kLegendLinePx = 18;

constexpr std::string_view kStyle =
    "<style>"
    ".sea{fill:#f5f7f9}.land{fill:#dde2e6}text{fill:#16202a}.mute{fill:#4d5b68}"
    ".halo{paint-order:stroke;stroke:#f5f7f9;stroke-width:3px;stroke-linejoin:round}"
    ".edge{stroke:#16202a}.rim{stroke:#f5f7f9}"
    "@media(prefers-color-scheme:dark){"
    ".sea{fill:#11161c}.land{fill:#2a323b}text{fill:#eef3f7}.mute{fill:#a9b6c2}"
    ".halo{stroke:#11161c}.edge{stroke:#eef3f7}.rim{stroke:#11161c}}"
    "</style>";

std::string Title(std::string_view text) {
  return text.empty() ? "" : fmt::format("<title>{}</title>", EscapeMarkup(text));
}

// As a class behind others.
std::string ViewClass(const std::optional<size_t>& view) {
  return view ? fmt::format(" view-{}", *view) : "";
}

Point OnPage(const net::Coordinates& at) {
  const Point p = Project(at);
  return {p.x, p.y + kHeadPx};
}

// The most users of anything, at least 1.
template <class List>
double MostUsers(const List& list) {
  double most = 1;
  for (const auto& each : list) most = std::max(most, each.users);
  return most;
}

double Radius(double users, double most, double min_px, double max_px) {
  return std::max(min_px, max_px * std::sqrt(users / most));
}

// A wedge of a circle from one share of the turn to another, clockwise from the top.
std::string Wedge(const Point& c, double r, double from, double to, std::string_view color) {
  const auto at = [&](double share) {
    const double angle = 2 * std::numbers::pi * share;
    return fmt::format("{:.1f} {:.1f}", c.x + r * std::sin(angle), c.y - r * std::cos(angle));
  };
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{}A{:.1f} {:.1f} 0 {} 1 {}Z\" fill=\"{}\"/>", c.x,
                     c.y, at(from), r, r, to - from > 0.5 ? 1 : 0, at(to), color);
}

}  // namespace

absl::StatusOr<WorldMap> WorldMap::Load(const std::filesystem::path& data_dir) {
  ASSIGN_OR_RETURN(const std::string csv, ReadFile(data_dir / "land.csv", kLandBytesMax));
  return Parse(csv);
}

absl::StatusOr<WorldMap> WorldMap::Parse(std::string_view land_csv) {
  ASSIGN_OR_RETURN(net::CsvReader reader,
                   net::CsvReader::Open(land_csv, "land.csv", "ring,latitude,longitude"));
  WorldMap map;
  std::optional<uint64_t> ring;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) break;
    ASSIGN_OR_RETURN(const uint64_t number, reader.Count(0, kRingsMax));
    net::Coordinates at;
    ASSIGN_OR_RETURN(at.latitude_deg, reader.Number(1, -90, 90));
    ASSIGN_OR_RETURN(at.longitude_deg, reader.Number(2, -180, 180));
    const Point p = OnPage(at);
    if (number != ring) {
      if (ring) map.land_path_ += "Z";
      if (number != (ring ? *ring + 1 : 0)) return reader.Error("expected rings one by one");
    }
    map.land_path_ += fmt::format("{}{:.1f} {:.1f}", number != ring ? 'M' : 'L', p.x, p.y);
    ring = number;
  }
  if (ring) map.land_path_ += "Z";
  return map;
}

void WorldMap::SetTitle(std::string title, std::string subtitle) {
  title_ = std::move(title);
  subtitle_ = std::move(subtitle);
}

void WorldMap::DrawPeople(std::string& out) const {
  const double most = MostUsers(people_);
  std::vector<const InView<People>*> order;
  for (const InView<People>& people : people_) order.push_back(&people);
  // Faint ones below, small ones above large ones.
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(!a->faint, -a->users) < std::pair(!b->faint, -b->users);
  });
  for (const InView<People>* people : order) {
    const Point c = OnPage(people->at);
    const double r = Radius(people->users, most, kDotMinPx, kDotMaxPx);
    out += fmt::format("<g class=\"people{}\" opacity=\"{}\">{}", ViewClass(people->view),
                       people->faint ? 0.28 : 0.85, Title(people->title));
    double from = 0;
    for (const Slice& slice : people->slices) {
      if (slice.share > 0.995) {
        out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\"/>", c.x,
                           c.y, r, slice.color);
      } else {
        out += Wedge(c, r, from, from + slice.share, slice.color);
      }
      from += slice.share;
    }
    if (people->outlined) {
      out += fmt::format(
          "<circle class=\"edge\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"none\"/>", c.x,
          c.y, r + 0.8);
    }
    out += "</g>\n";
  }
}

// A bow over the straight line; one that is shorter across the map's edge leaves there and comes in
// at the other.
void WorldMap::DrawArcs(std::string& out) const {
  constexpr double kBow = 0.18;  // of its length
  for (const InView<Arc>& arc : arcs_) {
    const Point from = OnPage(arc.from), to = OnPage(arc.to);
    const double east_deg = arc.to.longitude_deg - arc.from.longitude_deg;
    const double turn_px = std::abs(east_deg) <= 180 ? 0 : std::copysign(kMapWidthPx, -east_deg);
    out += fmt::format(
        "<g class=\"arc{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\" opacity=\".75\" "
        "clip-path=\"url(#map)\">{}",
        ViewClass(arc.view), arc.color, Title(arc.title));
    const auto bow = [&](double x1, double x2) {
      const double length = std::hypot(x2 - x1, to.y - from.y);
      out += fmt::format("<path d=\"M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}\"/>", x1, from.y,
                         (x1 + x2) / 2, (from.y + to.y) / 2 - kBow * length, x2, to.y);
    };
    bow(from.x, to.x + turn_px);
    if (turn_px != 0) bow(from.x - turn_px, to.x);
    out += "</g>\n";
  }
}

void WorldMap::DrawSites(std::string& out, const std::vector<size_t>& order) const {
  const double most = MostUsers(sites_);
  for (const size_t index : order) {
    const InView<Site>& site = sites_[index];
    const Point c = OnPage(site.at);
    const double r = Radius(site.users, most, kRingMinPx, kRingMaxPx);
    out += fmt::format("<g class=\"site{}\" fill=\"none\">{}", ViewClass(site.view),
                       Title(site.title));
    if (site.mark == Mark::kDropped) {
      out += fmt::format(
          "<path class=\"rim\" d=\"M{0:.1f} {1:.1f}l10 10m0 -10l-10 10\" stroke-width=\"5\"/>"
          "<path class=\"edge\" d=\"M{0:.1f} {1:.1f}l10 10m0 -10l-10 10\" stroke-width=\"2.4\"/>",
          c.x - 5, c.y - 5);
    } else {
      out += fmt::format(
          "<circle class=\"rim\" cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"{2:.1f}\" stroke-width=\"4.5\"/>"
          "<circle {3} cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"{2:.1f}\" stroke-width=\"2.4\"/>",
          c.x, c.y, r,
          site.color.empty() ? "class=\"edge\"" : fmt::format("stroke=\"{}\"", site.color));
    }
    out += "</g>\n";
  }
}

void WorldMap::DrawLabels(std::string& out, const std::vector<size_t>& order) const {
  const double most = MostUsers(sites_);
  LabelLayout layout({2, kHeadPx, kMapWidthPx - 2, kHeadPx + kMapHeightPx});
  const auto radius = [&](const Site& site) {
    return Radius(site.users, most, kRingMinPx, kRingMaxPx) + 1.5;
  };
  for (const Site& site : sites_) {
    const Point c = OnPage(site.at);
    const double r = radius(site);
    layout.Reserve({c.x - r, c.y - r, c.x + r, c.y + r});
  }
  std::string names;
  size_t without = 0;
  for (const size_t index : order) {
    const Site& site = sites_[index];
    if (site.name.empty()) continue;
    const Point c = OnPage(site.at);
    const double width = kLetterPx * static_cast<double>(site.name.size()) + 2;
    const auto placed = layout.Place(c, radius(site), width, kLabelPx + 1);
    if (!placed) {
      ++without;
      continue;
    }
    const Box& box = placed->box;
    const double middle = (box.left + box.right) / 2;
    if (placed->needs_line) {
      out += fmt::format(
          "<path class=\"edge\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke-width=\".8\" "
          "opacity=\".7\"/>",
          c.x, c.y, middle, (box.top + box.bottom) / 2);
    }
    names += fmt::format("<text class=\"halo\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", middle,
                         box.bottom - 2.5, EscapeMarkup(site.name));
  }
  out += fmt::format(
      "<g class=\"names\" font-size=\"{}\" font-weight=\"700\" text-anchor=\"middle\">\n{}</g>\n",
      kLabelPx, names);
  if (without > 0) {
    out += fmt::format(
        "<text class=\"mute\" x=\"{}\" y=\"{}\" font-size=\"12\" text-anchor=\"end\">{} sites "
        "without room for a name</text>\n",
        kMapWidthPx - 14, kHeadPx + kMapHeightPx - 6, without);
  }
}

void WorldMap::DrawLegend(std::string& out) const {
  constexpr double kLeftPx = 16;
  double x = kLeftPx, y = kHeadPx + kMapHeightPx + 22;
  for (const auto& [color, text] : legend_) {
    const double width = kLegendLetterPx * static_cast<double>(text.size());
    if (x > kLeftPx && x + width > kMapWidthPx - kLeftPx) {
      x = kLeftPx;
      y += kLegendLinePx;
    }
    if (!color.empty()) {
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5.5\" fill=\"{}\"/>", x + 6,
                         y - 4, color);
      x += 17;
    }
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\">{}</text>\n", x, y,
                       kLegendPx, EscapeMarkup(text));
    x += width + 20;
  }
}

// Sites with more users are named first and drawn last.
std::vector<size_t> WorldMap::SiteOrder() const {
  std::vector<size_t> order(sites_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto rank = [&](size_t i) {
      return std::pair(sites_[i].mark != Mark::kRing, sites_[i].users);
    };
    return rank(a) > rank(b);
  });
  return order;
}

// The part of the page between `top` and `top` + `height`.
std::string WorldMap::Open(double top, double height) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {} {} {}\" font-family=\"system-ui, "
      "sans-serif\">\n<title>{}</title>\n{}\n<rect class=\"sea\" width=\"{}\" height=\"{}\"/>\n",
      top, kMapWidthPx, height, EscapeMarkup(title_), kStyle, kMapWidthPx, kPageHeightPx);
}

void WorldMap::DrawMap(std::string& out) const {
  const std::vector<size_t> order = SiteOrder();
  out += fmt::format(
      "<clipPath id=\"map\"><rect y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n"
      "<path class=\"land\" clip-path=\"url(#map)\" d=\"{}\"/>\n",
      kHeadPx, kMapWidthPx, kMapHeightPx, land_path_);
  DrawPeople(out);
  DrawArcs(out);
  DrawSites(out, {order.rbegin(), order.rend()});
  DrawLabels(out, order);
}

std::string WorldMap::ToSvg() const {
  std::string out = Open(0, kPageHeightPx);
  DrawMap(out);
  out += fmt::format(
      "<text x=\"16\" y=\"25\" font-size=\"17\" font-weight=\"700\">{}</text>\n"
      "<text class=\"mute\" x=\"16\" y=\"44\" font-size=\"12.5\">{}</text>\n",
      EscapeMarkup(title_), EscapeMarkup(subtitle_));
  DrawLegend(out);
  return out + "</svg>\n";
}

std::string WorldMap::ToBareSvg() const {
  std::string out = Open(kHeadPx, kMapHeightPx);
  DrawMap(out);
  return out + "</svg>\n";
}

}  // namespace terrella::cli
