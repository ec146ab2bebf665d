// RowChange: one change of one row of the DNS zone, committed once however often it is asked for.
//
// Thread: any; the store decides.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/dns_zone.pb.h"

namespace terrella::control {

class RowChange {
 public:
  // `kind` and the request are what a request id stands for.
  RowChange(const Clock& clock, StateStore& store, std::string_view kind,
            const google::protobuf::Message& request, std::string request_id);

  // The answer given to the request id before, if there is one. InvalidArgument when it was given
  // to another request, or is no id.
  absl::StatusOr<std::optional<v1::DnsChangeResponse>> Known() const;
  // For the row: when, and by which request.
  v1::DnsChange Stamp() const;
  // Writes the row, or deletes it when `value` is empty, unless it is newer than `modified`.
  absl::StatusOr<v1::DnsChangeResponse> Commit(const std::string& key, Revision modified,
                                               std::string value,
                                               v1::DnsChangeResponse response) const;

 private:
  absl::StatusOr<v1::DnsChangeResponse> Decode(const TxnResult& result) const;

  const Clock& clock_;
  StateStore& store_;
  const std::string fingerprint_;
  const std::string request_id_;
};

}  // namespace terrella::control
