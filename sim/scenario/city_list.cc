#include "sim/scenario/city_list.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/status.h"

namespace terrella::sim {

// Those with the most Internet users first, ties by their order in the file.
template <class Belongs>
void CityList::AddAll(Belongs&& belongs, size_t count_max, std::vector<ClientCity>& out) {
  const auto cities = places_.cities();
  std::vector<net::CityId> ids(cities.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](net::CityId a, net::CityId b) { return cities[a].users > cities[b].users; });
  size_t seen = 0;
  for (const net::CityId id : ids) {
    if (!belongs(cities[id])) continue;
    if (++seen > count_max) break;
    if (taken_[id]) continue;
    taken_[id] = true;
    out.push_back({id, static_cast<double>(cities[id].users)});
  }
}

absl::Status CityList::AddWorld(std::string_view digits, std::vector<ClientCity>& out) {
  size_t count = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count == 0 ||
      count > cities_max_) {
    return InvalidArgument("expected \"world:N\" with N from 1 to {}", cities_max_);
  }
  AddAll([](const net::City&) { return true; }, count, out);
  return absl::OkStatus();
}

absl::Status CityList::Add(std::string_view text, double weight, std::vector<ClientCity>& out) {
  const size_t before = out.size();
  if (text.starts_with("world:")) {
    RETURN_IF_ERROR(AddWorld(text.substr(6), out));
  } else if (text.starts_with("country:")) {
    const std::string_view code = text.substr(8);
    if (places_.FindCountry(code) == nullptr) {
      return InvalidArgument("'{}' is no country; expected a code such as country:NG",
                             code.substr(0, 64));
    }
    AddAll([&](const net::City& city) { return city.country == code; }, cities_max_, out);
  } else if (text.starts_with("continent:")) {
    const auto continent = net::ParseContinent(text.substr(10));
    if (!continent) {
      return InvalidArgument("expected continent:AF, AN, AS, EU, NA, OC or SA, got '{}'",
                             text.substr(0, 64));
    }
    AddAll([&](const net::City& city) { return city.continent == *continent; }, cities_max_, out);
  } else {
    ASSIGN_OR_RETURN(const net::Place place, places_.Find(text));
    if (taken_[place.city]) return InvalidArgument("'{}' stands here twice", text);
    taken_[place.city] = true;
    const double users = static_cast<double>(places_.cities()[place.city].users);
    out.push_back({place.city, weight > 0 ? weight : users});
    return absl::OkStatus();
  }
  if (out.size() == before)
    return InvalidArgument("'{}' adds no city that is not here already", text);
  if (weight == 0) return absl::OkStatus();
  double sum = 0;
  for (size_t i = before; i < out.size(); ++i) sum += out[i].weight;
  for (size_t i = before; i < out.size(); ++i) out[i].weight *= weight / sum;
  return absl::OkStatus();
}

}  // namespace terrella::sim
