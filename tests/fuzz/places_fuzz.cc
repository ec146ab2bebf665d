// Data files and place names: no text may crash a loader, every refusal names its file, and
// whatever is found lies on the globe.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"

namespace {
using terrella::net::LatencyModel;
using terrella::net::Places;

constexpr std::string_view kCities =
    "name,ascii_name,country,latitude,longitude,population\n"
    "São Paulo,Sao Paulo,BR,-23.5,-46.6,10000000\nFrankfurt am Main,,DE,50.1,8.7,650000\n"
    "\"Washington, D.C.\",,US,38.9,-77,600000\n";
constexpr std::string_view kCountries =
    "code,name,continent,internet_users_percent,internet_users_year,internet_users_source\n"
    "BR,Brazil,SA,84.2,2023,ITU\nDE,Germany,EU,91.6,2022,ITU\nUS,United States,NA,97.1,2022,ITU\n";
constexpr std::string_view kAliases = "alias,country,city\nDC,US,\"Washington, D.C.\"\n";
constexpr std::string_view kPops =
    "iata,city,country,latitude,longitude\nFRA,Frankfurt,DE,50.0,8.6\n";
constexpr std::string_view kNetworks =
    "network,iata,city,country,latitude,longitude\nn,CBF,Council Bluffs,DE,41.3,-95.8\n";

void CheckNamesItsFile(const absl::Status& status) {
  CHECK(status.ok() || terrella::Message(status).find(".csv:") != std::string_view::npos);
}
constexpr std::string_view kFit =
    "name,value\nintercept_ms,8\nslope_ms_per_km,0.017\nline_fade_km,500\noffset_ms,4\nfade_km,80\n"
    "share_ms,35\nwide_km,2000\nnear_km,60\nnear,0.03\ncountry_km,900\ncountry,0.25\ndomestic,-0."
    "25\ndomestic_kept,0.4\nwhole_flat,0."
    "25\n"
    "whole_positive,1\nwhole_negative,1\nends_flat,1\nends_positive,0\nends_negative,1\n";
constexpr std::string_view kAnchors = "latitude,longitude,country,weights\n50,8,DE,0.1 0.2 -0.3\n";
constexpr std::string_view kCorrections =
    "since,latitude_a,longitude_a,reach_a_km,latitude_b,longitude_b,reach_b_km,factor,source\n";

// The model with `text` after the header of one of its three files: refused, or finite everywhere.
absl::Status CheckLatency(int which, std::string_view text) {
  LatencyModel::Files files{kFit, kAnchors, kCorrections};
  std::string_view* parts[] = {&files.fit_csv, &files.places_csv, &files.corrections_csv};
  std::string whole(parts[which]->substr(0, parts[which]->find('\n') + 1));
  whole += text;
  *parts[which] = whole;
  auto model = LatencyModel::Parse(files);
  if (!model.ok()) return model.status();
  double rtt = (*model)->RttMs((*model)->SiteAt("DE", {50, 8}), (*model)->SiteAt("", {-90, 180}));
  CHECK(std::isfinite(rtt) && rtt > 0);
  return absl::OkStatus();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  // The first byte says which file the rest is.
  Places::Files files{kCities, kCountries, kAliases, kPops, kNetworks};
  std::string_view* parts[] = {&files.cities_csv, &files.countries_csv, &files.aliases_csv,
                               &files.pops_csv, &files.networks_csv};
  if (data[0] % 7 < 5) {
    std::string_view& part = *parts[data[0] % 7];
    // Keep the header, which the fuzzer would seldom guess.
    std::string whole(part.substr(0, part.find('\n') + 1));
    if (data[0] < 128) whole.clear();
    whole += text;
    part = whole;
    CheckNamesItsFile(Places::Parse(files).status());
  } else if (data[0] % 7 == 5) {
    CheckNamesItsFile(CheckLatency(data[0] / 7 % 3, text));
  } else {
    static const auto places = *Places::Parse(files);
    auto place = places->Find(text);
    if (place.ok()) CHECK(terrella::net::CheckCoordinates(place->at).ok());
  }
  return 0;
}
