// Responder: a thread's way to an answer: what is in use right now, brought to Answer.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dns_router/server/backend.h"

namespace terrella::dns {

class Responder {
 public:
  // `backend` outlives the responder. `keepalive_100ms`: see AnswerContext.
  Responder(Backend& backend, Transport transport, uint16_t keepalive_100ms = 0);

  // Looks at the clocks and at what has been replaced. Once a batch of messages is enough.
  void BeginBatch();
  // The zone transfer that a message over TCP asks for; null when it asks for none, or is to be
  // answered like any other.
  std::unique_ptr<OutgoingTransfer> BeginTransfer(std::string_view message,
                                                  const IpAddress& client);
  uint32_t now_s() const { return context_.now_s; }  // since the epoch, of the batch
  // As dns::Answer; `only_proven`: see AnswerContext.
  size_t Answer(std::string_view message, const IpAddress& client, std::span<uint8_t> out,
                bool only_proven = false);
  // Of this thread.
  AnswerCounters& counters() { return counters_; }

 private:
  SharedReader<Snapshot> snapshots_;
  SharedReader<CookieSecrets> cookies_;
  SharedReader<TsigKeys> tsig_keys_;
  TransferServer* const transfers_;
  const Snapshot* snapshot_ = nullptr;
  Signer signer_;
  AnswerFacts facts_;
  AnswerContext context_;
  AnswerCounters& counters_;
  HolderCounts& holders_;
  QueryLogSampler log_;
};

}  // namespace terrella::dns
