#include "sim/net/place_factors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/status.h"
#include "sim/net/csv.h"

namespace terrella::net {
namespace {

constexpr size_t kAnchorsMax = 1024;
constexpr size_t kCorrectionsMax = 4;
constexpr double kWeightMax = 1e4;

float ChordKm(const std::array<float, 3>& a, float x, float y, float z) {
  float dx = a[0] - x, dy = a[1] - y, dz = a[2] - z;
  return static_cast<float>(kEarthRadiusKm) * std::sqrt(dx * dx + dy * dy + dz * dz);
}

float Lane(const Factors& factors, size_t i) {
  return factors.of[i / 4][i % 4];
}
void SetLane(Factors& factors, size_t i, float value) {
  factors.of[i / 4][i % 4] = value;
}

absl::Status ReadWeights(const CsvReader& reader, size_t field, size_t count,
                         std::vector<float>* out) {
  std::string_view text = reader.Text(field);
  out->clear();
  while (out->size() < count) {
    float value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !(std::abs(value) <= kWeightMax)) break;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    out->push_back(value);
    if (!text.starts_with(' ')) break;
    text.remove_prefix(1);
  }
  if (out->size() == count && text.empty()) return absl::OkStatus();
  return reader.Error(fmt::format("expected {} weights up to {} with one space between", count,
                                  static_cast<int>(kWeightMax)));
}

}  // namespace

uint32_t CountryCode(std::string_view iso2) {
  if (iso2.size() != 2) return 0;
  return static_cast<uint32_t>(static_cast<uint8_t>(iso2[0])) << 8 | static_cast<uint8_t>(iso2[1]);
}

absl::Status LatencyFit::Parse(std::string_view latency_fit_csv, LatencyFit* out) {
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(latency_fit_csv, "latency_fit.csv", "name,value"));
  struct Value {
    std::string_view name;
    double min, max;
    double* number = nullptr;
    size_t* count = nullptr;
    bool seen = false;
  };
  // A slope of 0 or less would make far sites near; a length of 0 would divide by 0.
  Value values[] = {{"intercept_ms", -100, 100, &out->intercept_ms},
                    {"slope_ms_per_km", 0.001, 1, &out->slope_ms_per_km},
                    {"line_fade_km", 1, 1e5, &out->line_fade_km},
                    {"offset_ms", 0, 100, &out->offset_ms},
                    {"fade_km", 1, 1e5, &out->fade_km},
                    {"share_ms", 1, 1e5, &out->share_ms},
                    {"wide_km", 1, 1e5, &out->wide_km},
                    {"near_km", 1, 1e5, &out->near_km},
                    {"near", 0, 100, &out->near},
                    {"country_km", 1, 1e5, &out->country_km},
                    {"country", 0, 100, &out->country},
                    {"domestic", -2, 2, &out->domestic},
                    {"domestic_kept", 0, 2, &out->domestic_kept},
                    {"whole_flat", 0, 100, &out->whole_flat},
                    {"ends_flat", 0, 100, &out->ends_flat},
                    {"whole_positive", 0, kWholeFactors, nullptr, &out->whole_positive},
                    {"whole_negative", 0, kWholeFactors, nullptr, &out->whole_negative},
                    {"ends_positive", 0, kEndsFactors, nullptr, &out->ends_positive},
                    {"ends_negative", 0, kEndsFactors, nullptr, &out->ends_negative}};
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) break;
    auto value = std::find_if(std::begin(values), std::end(values),
                              [&](const Value& v) { return v.name == reader.Text(0); });
    if (value == std::end(values)) return reader.Error("expected the name of a setting");
    if (std::exchange(value->seen, true)) return reader.Error("expected each setting once");
    if (value->number != nullptr) {
      ASSIGN_OR_RETURN(*value->number, reader.Number(1, value->min, value->max));
    } else {
      ASSIGN_OR_RETURN(*value->count, reader.Count(1, static_cast<uint64_t>(value->max)));
    }
  }
  for (const Value& value : values) {
    if (!value.seen) return reader.Error(fmt::format("expected a row for {}", value.name));
  }
  if (out->whole_positive + out->whole_negative > kWholeFactors - 2 * kCorrectionsMax ||
      out->ends_positive + out->ends_negative > kEndsFactors) {
    return reader.Error(fmt::format("expected at most {} and {} factors",
                                    kWholeFactors - 2 * kCorrectionsMax, kEndsFactors));
  }
  return absl::OkStatus();
}

absl::Status PlaceFactors::Parse(const LatencyFit& fit, std::string_view latency_places_csv,
                                 std::string_view latency_corrections_csv, bool apply_corrections) {
  fit_ = fit;
  first_correction_ = fit.whole_positive + fit.whole_negative;
  for (size_t i = 0; i < first_correction_; ++i) SetLane(sign_, i, i < fit.whole_positive ? 1 : -1);
  for (size_t i = 0; i < fit.ends_positive + fit.ends_negative; ++i) {
    SetLane(sign_, kWholeFactors + i, i < fit.ends_positive ? 1 : -1);
  }
  RETURN_IF_ERROR(ReadPlaces(latency_places_csv));
  return ReadCorrections(latency_corrections_csv, apply_corrections);
}

absl::Status PlaceFactors::ReadPlaces(std::string_view csv) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(csv, "latency_places.csv",
                                                     "latitude,longitude,country,weights"));
  const size_t ends = fit_.ends_positive + fit_.ends_negative;
  std::vector<float> read;
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) break;
    if (weight_.size() == kAnchorsMax) {
      return reader.Error(fmt::format("expected at most {} places", kAnchorsMax));
    }
    Coordinates at;
    ASSIGN_OR_RETURN(at.latitude_deg, reader.Number(0, -90, 90));
    ASSIGN_OR_RETURN(at.longitude_deg, reader.Number(1, -180, 180));
    if (reader.Text(2).size() != 2) return reader.Error("expected a country such as NG");
    RETURN_IF_ERROR(ReadWeights(reader, 3, first_correction_ + ends, &read));
    std::array<float, kFactors> weights{};
    std::copy_n(read.begin(), first_correction_, weights.begin());
    std::copy_n(read.begin() + static_cast<ptrdiff_t>(first_correction_), ends,
                weights.begin() + kWholeFactors);
    AddAnchor(at, reader.Text(2), weights);
  }
  while (weight_.size() % 4 != 0) AddAnchor({}, "", {});
  return absl::OkStatus();
}

void PlaceFactors::AddAnchor(const Coordinates& at, std::string_view country,
                             const std::array<float, kFactors>& weights) {
  std::array<float, 3> point = UnitVectorF(at);
  for (size_t axis = 0; axis < 3; ++axis) on_sphere_[axis].push_back(point[axis]);
  country_.push_back(CountryCode(country));
  Factors& row = weight_.emplace_back();
  for (size_t i = 0; i < kFactors; ++i) {
    SetLane(row, i, weights[i]);
    auto flat = static_cast<float>(i < kWholeFactors ? fit_.whole_flat : fit_.ends_flat);
    SetLane(flat_, i, Lane(flat_, i) + flat * weights[i]);
  }
}

absl::Status PlaceFactors::ReadCorrections(std::string_view csv, bool apply) {
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(csv, "latency_corrections.csv",
                                   "since,latitude_a,longitude_a,reach_a_km,latitude_b,"
                                   "longitude_b,reach_b_km,factor,source"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    if (corrections_.size() == kCorrectionsMax) {
      return reader.Error(fmt::format("expected at most {} corrections", kCorrectionsMax));
    }
    Coordinates a, b;
    ASSIGN_OR_RETURN(a.latitude_deg, reader.Number(1, -90, 90));
    ASSIGN_OR_RETURN(a.longitude_deg, reader.Number(2, -180, 180));
    ASSIGN_OR_RETURN(double reach_a_km, reader.Number(3, 1, 20000));
    ASSIGN_OR_RETURN(b.latitude_deg, reader.Number(4, -90, 90));
    ASSIGN_OR_RETURN(b.longitude_deg, reader.Number(5, -180, 180));
    ASSIGN_OR_RETURN(double reach_b_km, reader.Number(6, 1, 20000));
    ASSIGN_OR_RETURN(double factor, reader.Number(7, 0.1, 10));
    if (!apply) continue;
    double log = std::log(factor);
    size_t i = first_correction_ + 2 * corrections_.size();
    // log (u v' + v u') as half of (u + v)(u' + v') - (u - v)(u' - v').
    SetLane(sign_, i, log < 0 ? -1 : 1);
    SetLane(sign_, i + 1, log < 0 ? 1 : -1);
    corrections_.push_back({.a = UnitVectorF(a),
                            .b = UnitVectorF(b),
                            .reach_a_km = static_cast<float>(reach_a_km),
                            .reach_b_km = static_cast<float>(reach_b_km),
                            .scale = static_cast<float>(std::sqrt(std::abs(log) / 2))});
  }
}

Factors PlaceFactors::At(std::string_view country_iso2, const Coordinates& at) const {
  const std::array<float, 3> point = UnitVectorF(at);
  const uint32_t country = CountryCode(country_iso2);
  const auto wide = static_cast<float>(fit_.wide_km), near = static_cast<float>(fit_.near_km);
  const auto national = static_cast<float>(fit_.country_km);
  const auto near_scale = static_cast<float>(fit_.near * fit_.near_km);
  const auto national_scale = static_cast<float>(fit_.country * fit_.country_km);
  Factors out = flat_;
  for (size_t i = 0; i < weight_.size(); ++i) {
    float km = ChordKm(point, on_sphere_[0][i], on_sphere_[1][i], on_sphere_[2][i]);
    float like = wide / (wide + km) + near_scale / (near + km);
    if (country != 0 && country == country_[i]) like += national_scale / (national + km);
    for (size_t j = 0; j < out.of.size(); ++j) out.of[j] += weight_[i].of[j] * like;
  }
  for (size_t i = 0; i < corrections_.size(); ++i) {
    const Correction& c = corrections_[i];
    float u = ChordKm(point, c.a[0], c.a[1], c.a[2]) / c.reach_a_km;
    float v = ChordKm(point, c.b[0], c.b[1], c.b[2]) / c.reach_b_km;
    u = std::exp(-u * u), v = std::exp(-v * v);
    SetLane(out, first_correction_ + 2 * i, c.scale * (u + v));
    SetLane(out, first_correction_ + 2 * i + 1, c.scale * (u - v));
  }
  return out;
}

PlaceFactors::Logarithms PlaceFactors::Of(const Factors& a, const Factors& b) const {
  auto sum = [&](size_t first, size_t end) {
    Float4 total{};
    for (size_t i = first; i < end; ++i) total += sign_.of[i] * (a.of[i] * b.of[i]);
    return (total[0] + total[1]) + (total[2] + total[3]);
  };
  return {.whole = sum(0, kWholeFactors / 4), .ends = sum(kWholeFactors / 4, kFactors / 4)};
}

}  // namespace terrella::net
