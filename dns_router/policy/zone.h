// Zone: the names this server is authoritative for, and what exists at each.
//
// Two kinds of data may share a name: record sets, out of a zone file or this server's own (SOA, NS
// and the name server's address, where the file has none), and steering, whose addresses depend on
// who asks. Between names with data are empty non-terminals, which exist without (RFC 8020);
// wildcards answer for names that do not exist (RFC 4592); and at and below a delegation nothing is
// this server's but the way onwards (RFC 1034 section 4.2.1).
//
// Thread: immutable after Build, any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/dnssec/signing_key.h"
#include "dns_router/policy/record_set.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {

struct ZoneOptions {
  IpAddress name_server;        // the address of ns1.<zone>: this server's
  uint32_t steered_ttl_s = 5;   // how long a client may stay with a node that died
  uint32_t negative_ttl_s = 5;  // how long a name just deployed may be missing
  uint32_t fixed_ttl_s = 3600;  // SOA, NS and the name server, unless a file has them
  uint32_t serial_raise = 0;    // added to the SOA's serial
  // The protocols of the HTTPS records of steered names, in their wire form (RFC 9460 section
  // 7.1.1); empty: there are none.
  std::string https_alpn;
  // Both are shared with every zone built from them; null: no file, not signed.
  std::shared_ptr<const ZoneRecords> file;
  std::shared_ptr<const SigningKeys> keys;
};

class Zone {
 public:
  struct Data {
    uint32_t sets = 0;  // a handle for Sets; 0: there are none
    bool steered = false;
    bool delegated = false;  // NS below the apex
    bool empty() const { return sets == 0 && !steered; }
  };
  enum class Place { kOutside, kNxDomain, kExists, kDelegated };
  struct Match {
    Place place = Place::kOutside;
    Data data;  // of the name, the wildcard, or the delegation
    bool by_wildcard = false;
    // A suffix of the name asked for: the name itself, the parent of the wildcard, the delegation,
    // or for what does not exist the closest encloser.
    std::string_view owner;
  };

  // `apex` is the zone's name; hostnames outside it or malformed are left out and described in
  // `ignored`, and so are records of the file that have no place beside the rest. InvalidArgument
  // when the apex is no name or leaves no room for ns1.
  //
  // The SOA's serial is the file's plus the view's `serial`: it grows when either does. A view's
  // serial that takes more than 32 bits is a time in microseconds, of which 65.5 ms count one, so
  // that serials grow over 4 years and not over 36 minutes (RFC 1982).
  static absl::StatusOr<Zone> Build(std::string_view apex, std::span<const std::string> hostnames,
                                    uint64_t serial, const ZoneOptions& options,
                                    std::vector<std::string>* ignored);

  // `name` in lower-case wire form. A name that only a wildcard covers exists with its data.
  Match Find(std::string_view name) const;
  // What is at exactly this name, whatever delegates it; nothing when it does not exist.
  Data At(std::string_view name) const;
  std::span<const RecordSet> Sets(const Data& data) const { return sets_[data.sets]; }
  // Every name there is, in no order.
  void ForEach(absl::FunctionRef<void(std::string_view name, const Data& data)> visit) const;
  // Null when there is none of the type.
  const RecordSet* FindSet(const Data& data, Type type) const;

  const Name& apex() const { return apex_; }
  const RecordSet& soa() const { return sets_[soa_place_.first][soa_place_.second]; }
  // How long a negative answer is cached: min(SOA TTL, SOA minimum) (RFC 2308 section 3).
  uint32_t negative_ttl_s() const { return negative_ttl_s_; }
  const ZoneOptions& options() const { return options_; }
  size_t name_count() const { return entries_.size(); }
  size_t steered_count() const { return steered_count_; }

 private:
  struct Entry {
    Data data;
    bool has_wildcard = false;  // "*.<this>" exists, with `wildcard`
    Data wildcard;
  };
  Zone(Name apex, const ZoneOptions& options) : apex_(std::move(apex)), options_(options) {}
  Entry& EntryAt(std::string_view name);
  void AddSteered(const Name& name);
  void AddRecord(ZoneRecord record);
  void AddFile(std::vector<std::string>* ignored);
  void AddOwnRecords(const Name& name_server);
  void SortSets();
  void FinishSoa(uint64_t serial);
  void LinkWildcards();

  Name apex_;
  ZoneOptions options_;
  std::pair<size_t, size_t> soa_place_;  // in sets_
  uint32_t negative_ttl_s_ = 0;
  bool has_delegations_ = false;
  size_t steered_count_ = 0;                         // names
  absl::flat_hash_map<std::string, Entry> entries_;  // by wire name
  std::vector<std::vector<RecordSet>> sets_{1};      // by handle; the first stays empty
};

// The label in front of the apex that names this server.
constexpr std::string_view kNameServerLabel = "ns1";

}  // namespace terrella::dns
