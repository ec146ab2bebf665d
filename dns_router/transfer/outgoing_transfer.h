// OutgoingTransfer: one zone transfer on its way to a secondary, made a message at a time as the
// secondary takes them, so that it costs one message of memory and never the time of others.
//
//   AXFR  SOA, every record, SOA                                        (RFC 5936 section 2.2)
//   IXFR  new SOA, then per change the old SOA, what goes, the new SOA, what comes; new SOA
//         (RFC 1995 section 4); the SOA alone for who has it already; as AXFR for whose version is
//         not known any more, or when the changes are more than the zone
//
// Thread: one. Owns: a share of the state it sends from, so that it sends one version whatever
// happens meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "dns_router/transfer/transfer_counters.h"
#include "dns_router/transfer/transfer_packer.h"
#include "dns_router/transfer/zone_history.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {

class OutgoingTransfer {
 public:
  struct Request {
    IpAddress client;
    uint16_t id = 0;
    bool recursion_desired = false;
    std::string question;
    bool has_edns = false, dnssec_ok = false;
    std::optional<uint32_t> serial;  // of the version the client has: IXFR
    std::optional<TsigSession> tsig;
  };
  // A message aims at this size: compression pointers reach no further.
  static constexpr size_t kMessageBytes = 16 << 10;

  // `counters` outlive the transfer.
  OutgoingTransfer(Request request, std::shared_ptr<const ZoneTransferState> state,
                   TransferCounters& counters);
  // An answer that is no more than a code.
  OutgoingTransfer(Request request, Rcode rcode);
  ~OutgoingTransfer();
  OutgoingTransfer(const OutgoingTransfer&) = delete;

  bool done() const { return done_; }
  // The next message; until done. Valid until the next call.
  std::string_view Next(uint64_t now_s);

 private:
  // One record, or all of many; within the state.
  struct Piece {
    std::string_view one;
    const PackedRecords* many = nullptr;
    size_t size() const { return many == nullptr ? 1 : many->size(); }
    std::string_view operator[](size_t i) const { return many == nullptr ? one : (*many)[i]; }
  };
  void PlanWhole();
  // False when the version is not known.
  bool PlanChanges(uint32_t from_serial);
  void EndWith(TransferCounters::Count TransferCounters::*counter, std::string_view what);
  void LogDone() const;

  Request request_;
  const std::shared_ptr<const ZoneTransferState> state_;
  TransferCounters* const counters_ = nullptr;
  Rcode rcode_ = Rcode::kNoError;
  std::vector<Piece> pieces_;
  TransferCounters::Count TransferCounters::*count_ = nullptr;  // when it is done
  std::string_view kind_;                                       // for the log
  TransferPacker packer_{kMessageBytes};
  size_t piece_ = 0, record_ = 0;  // to send next
  bool first_ = true, done_ = false;
  size_t messages_ = 0, bytes_ = 0;
};

}  // namespace terrella::dns
