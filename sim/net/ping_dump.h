// PingDump: WonderProxy's public dumps of pings between its servers, made into Measured.
//
// A dump is a list of servers (columns id, location, country, latitude, longitude and others) and a
// list of pings (source, destination, timestamp, min, avg, max, mdev), each the outcome of a few
// dozen packets. Columns are found by the names in the first line. Of all pings of a direction the
// least min, the mean avg, the largest max and the mean mdev are kept.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/measured.h"
#include "sim/net/places.h"

namespace terrella::net {

// Countries are looked up by name, else taken from the nearest city. Errors name file and line.
absl::StatusOr<std::vector<MeasuredSite>> ReadPingServers(std::string_view text,
                                                          std::string_view file_name,
                                                          const Places& places);

class PingDump {
 public:
  PingDump(std::vector<MeasuredSite> servers, std::string file_name);

  // The next bytes of the list of pings, cut anywhere. After an error the dump is of no use.
  absl::Status Feed(std::string_view bytes);
  // The last line may lack its end.
  absl::Status Finish();

  // Directions that were measured.
  Measured ToMeasured() const;
  uint64_t pings() const { return pings_; }
  // Pings from or to a server that the list of servers lacks; not counted above.
  uint64_t unknown() const { return unknown_; }

 private:
  struct Sum {
    double min_ms = 0, avg_ms = 0, max_ms = 0, mdev_ms = 0;
    uint64_t count = 0;
  };
  absl::Status TakeLine(std::string_view line);
  absl::Status TakeHeader();
  absl::Status Error(std::string_view what) const;

  std::vector<MeasuredSite> servers_;
  std::unordered_map<uint64_t, uint32_t> index_;
  std::string file_name_, rest_;  // rest_: of a line that is not yet whole
  std::vector<std::string> fields_;
  size_t columns_[6] = {};  // source, destination, min, avg, max, mdev
  size_t column_count_ = 0;
  uint64_t line_number_ = 0, pings_ = 0, unknown_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, Sum> sums_;
};

}  // namespace terrella::net
