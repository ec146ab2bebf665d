#include "dns_router/transfer/outgoing_transfer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace terrella::dns {

OutgoingTransfer::OutgoingTransfer(Request request, std::shared_ptr<const ZoneTransferState> state,
                                   TransferCounters& counters)
    : request_(std::move(request)), state_(std::move(state)), counters_(&counters) {
  counters.running.Enter(request_.client);
  const ZoneVersion& version = *state_->version;
  if (!request_.serial) {
    PlanWhole();
  } else if (!SerialLess(*request_.serial, version.serial())) {
    EndWith(&TransferCounters::current, "nothing new");
    pieces_.push_back({version.soa()});
  } else if (!PlanChanges(*request_.serial)) {
    PlanWhole();
  }
}

OutgoingTransfer::OutgoingTransfer(Request request, Rcode rcode)
    : request_(std::move(request)), rcode_(rcode) {}

OutgoingTransfer::~OutgoingTransfer() {
  if (counters_ != nullptr) counters_->running.Leave(request_.client);
}

void OutgoingTransfer::EndWith(TransferCounters::Count TransferCounters::*counter,
                               std::string_view what) {
  count_ = counter;
  kind_ = what;
}

void OutgoingTransfer::PlanWhole() {
  const ZoneVersion& version = *state_->version;
  EndWith(&TransferCounters::whole, "the whole zone");
  pieces_ = {{version.soa()}, {{}, &version.records()}, {version.soa()}};
}

bool OutgoingTransfer::PlanChanges(uint32_t from_serial) {
  const auto& steps = state_->steps;
  const auto first = std::find_if(steps.begin(), steps.end(), [&](const auto& step) {
    return step->from_serial == from_serial;
  });
  if (first == steps.end()) return false;
  const ZoneVersion& version = *state_->version;
  pieces_ = {{version.soa()}};
  size_t bytes = 0;
  // Steps that changed nothing but the serial go up in the next one that did, or in the last.
  std::string_view at = (*first)->from_soa[0];
  const ZoneStep* waiting = nullptr;
  const auto write = [&](const ZoneStep& step, std::string_view to) {
    pieces_.push_back({at});
    pieces_.push_back({{}, &step.removed});
    pieces_.push_back({to});
    pieces_.push_back({{}, &step.added});
    bytes += step.removed.bytes() + step.added.bytes();
    at = to;
  };
  for (auto step = first; step != steps.end(); ++step) {
    if ((*step)->empty()) continue;
    if (waiting != nullptr) write(*waiting, waiting->to_soa[0]);
    waiting = step->get();
  }
  write(waiting != nullptr ? *waiting : **first, version.soa());
  pieces_.push_back({version.soa()});
  EndWith(&TransferCounters::changes, "changes");
  return bytes <= version.records().bytes();
}

std::string_view OutgoingTransfer::Next(uint64_t now_s) {
  CHECK(!done_);
  packer_.Begin({.id = request_.id,
                 .recursion_desired = request_.recursion_desired,
                 .authoritative = rcode_ == Rcode::kNoError,
                 .rcode = rcode_,
                 .question = first_ ? std::string_view(request_.question) : std::string_view(),
                 .has_edns = first_ && request_.has_edns,
                 .dnssec_ok = request_.dnssec_ok});
  first_ = false;
  while (piece_ < pieces_.size()) {
    const Piece& piece = pieces_[piece_];
    while (record_ < piece.size() && packer_.Add(piece[record_])) ++record_;
    if (record_ < piece.size()) break;
    ++piece_;
    record_ = 0;
  }
  std::string& message = packer_.Finish();
  if (request_.tsig) request_.tsig->Sign(message, now_s);
  CHECK(message.size() <= kTcpMessageBytesMax);
  ++messages_;
  bytes_ += message.size();
  done_ = piece_ == pieces_.size();
  if (done_) LogDone();
  return message;
}

void OutgoingTransfer::LogDone() const {
  if (state_ == nullptr) return;
  (counters_->*count_).fetch_add(1, std::memory_order_relaxed);
  const ZoneVersion& version = *state_->version;
  LogInfo(
      "transfer of {} to {}{}{}: {} up to serial {}, {} bytes in {} messages",
      version.apex().ToString(), request_.client.ToString(), request_.tsig ? " with key " : "",
      request_.tsig && request_.tsig->key() != nullptr ? request_.tsig->key()->name.ToString() : "",
      kind_, version.serial(), bytes_, messages_);
}

}  // namespace terrella::dns
