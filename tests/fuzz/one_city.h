// A world of one city for fuzz targets whose code must know some.
#pragma once

#include <memory>

#include "sim/net/places.h"

namespace terrella::net {

inline std::shared_ptr<const Places> OneCity() {
  return *Places::Parse(
      {.cities_csv =
           "name,ascii_name,country,latitude,longitude,population\nBonn,,DE,50,7,300000\n",
       .countries_csv = "code,name,continent,internet_users_percent,internet_users_year,"
                        "internet_users_source\nDE,Germany,EU,91.6,2022,ITU\n",
       .aliases_csv = "alias,country,city\n",
       .pops_csv = "iata,city,country,latitude,longitude\n"});
}

}  // namespace terrella::net
