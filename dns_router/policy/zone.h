// Zone: the names this server is authoritative for, and what exists at each.
//
// There are three kinds of data: the apex (SOA, NS), the name server's own address, and steered
// names, whose A records depend on who asks. Between them are empty non-terminals, which exist
// without data (RFC 8020), and wildcards, which answer for names that do not exist (RFC 4592).
//
// Thread: immutable after Build, any.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {

struct ZoneOptions {
  IpAddress name_server;        // the address of ns1.<zone>: this server's
  uint32_t steered_ttl_s = 5;   // how long a client may stay with a node that died
  uint32_t negative_ttl_s = 5;  // how long a name just deployed may be missing
  uint32_t fixed_ttl_s = 3600;  // SOA, NS and the name server
};

class Zone {
 public:
  struct Data {
    bool apex = false;
    bool name_server = false;
    bool steered = false;
    bool empty() const { return !apex && !name_server && !steered; }
  };
  enum class Place { kOutside, kNxDomain, kExists };
  struct Match {
    Place place = Place::kOutside;
    Data data;
  };

  // `apex` is the zone's name; hostnames outside it or malformed are left out and described in
  // `ignored`. InvalidArgument when the apex is no name or leaves no room for ns1.
  static absl::StatusOr<Zone> Build(std::string_view apex, std::span<const std::string> hostnames,
                                    uint64_t serial, const ZoneOptions& options,
                                    std::vector<std::string>* ignored);

  // `name` in lower-case wire form. A name that only a wildcard covers exists with its data.
  Match Find(std::string_view name) const;

  const Name& apex() const { return apex_; }
  uint32_t serial() const { return serial_; }
  const ZoneOptions& options() const { return options_; }
  size_t name_count() const { return entries_.size(); }

 private:
  struct Entry {
    Data data;
    bool has_wildcard = false;  // "*.<this>" exists, with `wildcard`
    Data wildcard;
  };
  Zone(Name apex, uint32_t serial, const ZoneOptions& options)
      : apex_(std::move(apex)), serial_(serial), options_(options) {}
  void AddSteered(const Name& name);
  Entry& EntryAt(std::string_view name);

  Name apex_;
  uint32_t serial_;
  ZoneOptions options_;
  absl::flat_hash_map<std::string, Entry> entries_;  // by wire name
};

// The label in front of the apex that names this server.
constexpr std::string_view kNameServerLabel = "ns1";

}  // namespace terrella::dns
