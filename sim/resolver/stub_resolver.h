// StubResolver: asks one DNS server over UDP, again when no answer comes.
//
// No cache: who caches, where and for whom is what a simulation varies, so it belongs to the
// caller. A truncated answer is an error (a steered answer has one address and never is).
//
// Thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/random.h"
#include "base/tcp.h"
#include "sim/resolver/dns_message.h"

namespace terrella::sim {

struct StubResolverOptions {
  SocketAddress server;
  Duration try_timeout = std::chrono::milliseconds(1000);
  int tries = 2;
  size_t outstanding_max = 10'000;
};

class StubResolver {
 public:
  using Callback = std::function<void(absl::StatusOr<DnsAnswer>)>;

  static absl::StatusOr<std::unique_ptr<StubResolver>> Create(EventLoop& loop,
                                                              const StubResolverOptions& options);
  // Outstanding questions are forgotten; no callback follows.
  ~StubResolver();

  // Calls back once, later: the answer, or DeadlineExceeded, Unavailable, InvalidArgument (the
  // name), ResourceExhausted (too many outstanding).
  void Resolve(std::string_view name, const IpPrefix& subnet, Callback callback);
  // The same for the name's TXT records.
  void ResolveTexts(std::string_view name, const IpPrefix& subnet, Callback callback);

 private:
  struct Pending;
  struct Socket;
  StubResolver(EventLoop& loop, const StubResolverOptions& options);
  void Ask(DnsQuestion question, Callback callback);
  void Try(uint16_t id);
  void OnDatagram(std::string_view message);
  void Finish(uint16_t id, absl::StatusOr<DnsAnswer> answer);

  EventLoop& loop_;
  StubResolverOptions options_;
  Socket* socket_ = nullptr;  // frees itself after libuv has closed it
  uint16_t next_id_;
  std::map<uint16_t, std::unique_ptr<Pending>> pending_;
};

}  // namespace terrella::sim
