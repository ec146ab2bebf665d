// RecordSet: all records of one name and type (RFC 2181 section 5), and the lists they come in.
//
// Content is in wire form with nothing compressed and the names of RFC 4034 section 6.2 in lower
// case, so it can be compared and signed as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dns_router/wire/name.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

struct RecordSet {
  Type type = Type::kA;
  uint32_t ttl_s = 0;
  std::vector<std::string> rdata;  // no two alike, in canonical order (RFC 4034 section 6.3)
};

// A record as somebody wrote it, with its place for messages.
struct ZoneRecord {
  Name owner;
  Type type = Type::kA;
  uint32_t ttl_s = 0;
  std::string rdata;
  int line = 0;  // 0: it came from the control plane
};

// Records of a zone file, or of the control plane.
struct ZoneRecords {
  std::string source;  // the file's path
  std::vector<ZoneRecord> records;
};

}  // namespace terrella::dns
