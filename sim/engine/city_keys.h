// CityKeys: the names in random streams of one city's people (ClientKey), as the ingress has them.
//
// The addresses of a city differ in their last byte only, so all but the last step is done once.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "base/random.h"
#include "sim/net/city_block.h"

namespace terrella::sim {

class CityKeys {
 public:
  explicit CityKeys(net::CityId city) {
    const IpAddress first = net::CityAddressV4(city, 0);
    for (size_t i = 0; i < 3; ++i) head_ = Mix64(head_ ^ first.bytes()[i]);
    last_ = first.bytes()[3];
    DCHECK(net::CityAddressV4(city, 253).bytes()[3] == last_ + 253);
  }
  // `client` is below kClientsPerCity.
  uint64_t Of(uint32_t client) const { return Mix64(head_ ^ (last_ + client)); }

 private:
  uint64_t head_ = 0, last_ = 0;
};

}  // namespace terrella::sim
