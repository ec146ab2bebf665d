#include "dns_router/server/responder.h"

#include <time.h>

#include <utility>

namespace terrella::dns {
namespace {

// A fifth of a core: what a flood of questions for names that do not exist may cost.
// A second's worth takes a fifth and two fifths of it (25 us a signature).
constexpr uint32_t kPassingSignaturesPerSMax = 8000, kLastingSignaturesPerSMax = 16'000;

// To the kernel's tick, a few ms: enough for ages and rates, and three times cheaper.
timespec Coarse(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now;
}

}  // namespace

Responder::Responder(Backend& backend, Transport transport, uint16_t keepalive_100ms)
    : snapshots_(backend.snapshot),
      cookies_(backend.cookies),
      tsig_keys_(backend.tsig_keys),
      transfers_(backend.transfers.get()),
      signer_(transport == Transport::kUdp
                  ? Signer::Options{.lasting_per_s_max = kLastingSignaturesPerSMax,
                                    .passing_per_s_max = kPassingSignaturesPerSMax}
                  : Signer::Options{}),
      context_{.identity = &backend.identity,
               .transport = transport,
               .client = {},
               .keepalive_100ms = keepalive_100ms,
               .rate_limiter = backend.rate_limiter.get(),
               .signer = &signer_,
               .facts = &facts_,
               .explain_to = backend.explain_to,
               .transfers = transfers_ == nullptr ? nullptr : &transfers_->access()},
      counters_(backend.counters.Add(transport)),
      holders_(backend.holders.AddThread()),
      log_(backend.query_log.get()) {}

void Responder::BeginBatch() {
  const Snapshot* const before = std::exchange(snapshot_, snapshots_.Current());
  if (snapshot_ != before) counters_.FollowNodes(snapshot_->view().nodes);
  context_.cookies = cookies_.Current();
  context_.tsig_keys = tsig_keys_.Current();
  context_.now_s = static_cast<uint32_t>(Coarse(CLOCK_REALTIME_COARSE).tv_sec);
  const timespec now = Coarse(CLOCK_MONOTONIC_COARSE);
  context_.now_us =
      static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  counters_.traffic.Tick(context_.now_us, counters_.queries.value());
  if (snapshot_ != nullptr) {
    const Zone& zone = snapshot_->zone();
    signer_.BeginBatch(zone.options().keys.get(), zone.apex().wire(), context_.now_s,
                       snapshot_->lasting_sets());
    counters_.signatures_found.Set(signer_.done().found);
    counters_.signatures_made.Set(signer_.done().made);
    counters_.signatures_refused.Set(signer_.done().refused);
  }
}

std::unique_ptr<OutgoingTransfer> Responder::BeginTransfer(std::string_view message,
                                                           const IpAddress& client) {
  if (transfers_ == nullptr || !TransferServer::IsTransferQuestion(message)) return nullptr;
  return transfers_->Begin(message, client, context_.tsig_keys, context_.now_s);
}

size_t Responder::Answer(std::string_view message, const IpAddress& client, std::span<uint8_t> out,
                         bool only_proven) {
  context_.client = client;
  context_.only_proven = only_proven;
  const size_t size = dns::Answer(message, snapshot_, context_, out);
  counters_.Count(facts_, size);
  if (counters_.traffic.Draw()) counters_.traffic.Look(message, client, facts_);
  for (const NodeIndex node : facts_.named()) {
    holders_.Count(snapshot_->node(node).holder_slot, facts_.nodes_ttl_s, context_.now_s);
  }
  if (log_.Draw()) {
    log_.Write({message, client, context_.transport, size, facts_, snapshot_}, context_.now_s);
  }
  return size;
}

}  // namespace terrella::dns
