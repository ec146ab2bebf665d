// Helpers for tests of a real edge_node process: the process, a control plane that is only its side
// of the protocol, and a plain HTTP client.
//
// Thread: the test's, except what FakeControlPlane does on gRPC's threads behind its mutex.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tcp.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

inline constexpr std::chrono::seconds kPatience{
    20};  // for what must happen; only failures wait this long

// A running edge_node. Killed at the end.
class NodeProcess {
 public:
  // Starts with `--listen 127.0.0.1:0` and a ready file; waits until it serves (or ends).
  explicit NodeProcess(std::vector<std::string> arguments, bool wait_ready = true);
  ~NodeProcess();
  const SocketAddress& address() const { return address_; }
  bool serving() const { return address_.port != 0; }
  void Signal(int number);
  // The exit code (128 + signal when killed); nothing when it does not end in time.
  std::optional<int> Wait(std::chrono::milliseconds patience = kPatience);
  std::string Log() const;
  pid_t pid() const { return pid_; }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  SocketAddress address_;
};

struct HttpReply {
  int status = 0;  // 0: no answer
  std::string head;
  std::string body;
  std::string Header(std::string_view name) const;  // "" when absent
};

// A connection that can be used several times.
class HttpConnection {
 public:
  // `prefix` is sent before the first request, e.g. a PROXY header.
  explicit HttpConnection(const SocketAddress& to, std::string_view prefix = {});
  ~HttpConnection();
  bool open() const { return fd_ >= 0; }
  void Send(std::string_view host, std::string_view target, std::string_view extra_headers = {});
  void Send(std::string_view method, std::string_view host, std::string_view target,
            std::string_view extra_headers);
  HttpReply Receive();

 private:
  int fd_ = -1;
  std::string buffer_;
};
HttpReply Get(const SocketAddress& to, std::string_view host, std::string_view target);

// terrella.v1.NodeSync for one node.
class FakeControlPlane {
 public:
  explicit FakeControlPlane(uint16_t port = 0);
  ~FakeControlPlane();
  std::string target() const;
  uint16_t port() const { return port_; }

  // Content FetchBlob gives under a hash (raw); may be the wrong one.
  void AddBlob(std::string sha256, std::string content);
  bool WaitForHello(v1::Hello* hello = nullptr);
  // Sends a push and waits for its report; nothing when it does not come.
  std::optional<v1::Report> Push(v1::Push push);
  // The two apart: the push's nonce (0: there is no stream), and its report.
  uint64_t Send(v1::Push push);
  bool HasReported(uint64_t nonce) const;
  std::optional<v1::Report> WaitForReport(uint64_t nonce);
  // Waits until the heartbeats so far satisfy the condition.
  bool WaitForBeat(const std::function<bool(const v1::Heartbeat&)>& condition);
  // Waits for so many heartbeats from now on.
  bool WaitForBeats(size_t count);
  // Requests of all scripts, as the heartbeats so far report them; and waits for so many.
  uint64_t requests() const;
  bool WaitForRequests(uint64_t count);
  // How many connections said Hello.
  int hellos() const;

 private:
  class Service;
  uint16_t port_ = 0;
  std::unique_ptr<Service> service_;
};

// One script with one module, its deployment and route, at `revision`.
v1::Push DeployPush(uint64_t revision, const std::string& script, const std::string& version_id,
                    const std::string& code, bool inline_bytes = true);

}  // namespace terrella::edge
