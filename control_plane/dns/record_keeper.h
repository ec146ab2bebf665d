// RecordKeeper: the DNS records people put beside the routes: stored a row a name, checked as a
// router would, handed out with every view.
//
// A row is a name, because what may stand together is a matter of one name (RFC 1034 section
// 3.6.2), and a transaction compares rows.
//
// Thread: one.
// Invariants: what it has is what the store has; every row passes RecordsFromProto.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

struct RecordLimits {
  size_t records_max = 4096;
  int records_of_name_max = 256;
  size_t bytes_max = 1 << 20;  // of all rows: they travel with every view
};

class RecordKeeper {
 public:
  // Hostnames that have a route, of which the name itself and those below it are asked for.
  using Routes = std::function<std::vector<std::string>(const std::string& name)>;

  // `zone`: the zone's name. `changed` is called after every commit.
  RecordKeeper(const Clock& clock, StateStore& store, std::string zone, Routes routes,
               std::function<void()> changed, const RecordLimits& limits = {})
      : clock_(clock),
        store_(store),
        zone_(std::move(zone)),
        routes_(std::move(routes)),
        changed_(std::move(changed)),
        limits_(limits) {}

  // Reads the store; errors are the store's. Rows that cannot be read are an error too: with them
  // gone, the next change would be made to something else than what routers answer.
  absl::Status Load();
  // See dns_zone.proto. "@" is the zone's own name.
  absl::StatusOr<v1::DnsChangeResponse> Add(const v1::AddDnsRecordRequest& request);
  absl::StatusOr<v1::DnsChangeResponse> Remove(const v1::RemoveDnsRecordsRequest& request);
  absl::StatusOr<v1::ListDnsRecordsResponse> List(const v1::ListDnsRecordsRequest& request) const;
  void AddTo(v1::View& view) const;

 private:
  struct Row {
    v1::DnsNameRow row;
    Revision modified = 0;
  };
  absl::Status CheckPlace(const std::string& name, const v1::DnsNameRow& row) const;
  absl::Status CheckLimits(const std::string& name, const v1::DnsNameRow& row) const;

  const Clock& clock_;
  StateStore& store_;
  const std::string zone_;
  const Routes routes_;
  const std::function<void()> changed_;
  const RecordLimits limits_;
  std::map<std::string, Row> rows_;  // by name, as text in lower case
};

// `text` as a name in the zone, in lower case and without the final dot; "@" is the zone.
// InvalidArgument when it is no name or outside.
absl::StatusOr<std::string> NameInZone(std::string_view text, std::string_view zone);

}  // namespace terrella::control
