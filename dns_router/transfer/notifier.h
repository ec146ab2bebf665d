// Notifier: tells secondaries that the zone has changed, so that they need not ask every hour
// (NOTIFY, RFC 1996).
//
// A change is told to each target over UDP until it answers: again after 1 s, then twice that each
// time, six times in all. However often the zone changes, a target gets at most one notice in
// `interval` while it answers: what changes meanwhile is one change more. A target that never
// answers finds out by its own refresh.
//
// Thread: the loop's. Owns: its sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "dns_router/transfer/transfer_counters.h"
#include "dns_router/wire/name.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {

struct NotifyTarget {
  SocketAddress address;
  std::optional<Name> key;  // signs the notice
};

// "127.0.0.1:53,key@192.0.2.1:53"; InvalidArgument names the part that is none.
absl::StatusOr<std::vector<NotifyTarget>> ParseNotifyTargets(std::string_view text);

class Notifier {
 public:
  struct Options {
    std::vector<NotifyTarget> targets;
    std::optional<IpAddress> source;  // to send from; nothing: as the system routes
    Duration interval = std::chrono::seconds(1);
    Duration retry = std::chrono::seconds(1);  // the first
    int tries_max = 6;
  };
  // `keys` gives those in use, by whose name a target signs; may give null. `counters` outlive the
  // notifier.
  Notifier(EventLoop& loop, Options options, std::function<std::shared_ptr<const TsigKeys>()> keys,
           TransferCounters& counters);
  ~Notifier();

  // The zone has changed; `soa` is its record as PackedRecords has it.
  void Notify(const Name& apex, std::string_view soa);

 private:
  class Target;
  class Socket;
  Socket* SocketFor(const IpAddress& to);
  void OnDatagram(const SocketAddress& from, std::string_view message);

  EventLoop& loop_;
  const Options options_;
  const std::function<std::shared_ptr<const TsigKeys>()> keys_;
  Name apex_;
  std::string soa_;
  std::unique_ptr<Socket> v4_, v6_;  // made when first needed
  std::vector<std::unique_ptr<Target>> targets_;
  TransferCounters& counters_;
};

}  // namespace terrella::dns
