// RunPublisher: tells a cluster's control plane how a run goes, beside the run.
//
// What is told replaces what was not sent yet: a control plane that is slow, or that the run itself
// killed, holds nobody up and misses words, never the last one that it can be told.
//
// Thread: one at a time; sends on a thread of its own. Owns: the connection.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "base/clock.h"
#include "rpc/tls_files.h"
#include "terrella/v1/runs.pb.h"

namespace terrella::cli {

struct RunPublisherOptions {
  std::string address;                         // host:port of the control plane
  rpc::TlsFiles tls;                           // empty: plain text
  std::string token;                           // empty: none
  Duration timeout = std::chrono::seconds(3);  // of a word
};

class RunPublisher {
 public:
  explicit RunPublisher(RunPublisherOptions options);
  // Gives up what was not sent.
  ~RunPublisher();

  void Tell(v1::PublishRunRequest word);
  // Waits until the last word was sent, or could not be; says what became of it.
  absl::Status Finish();

 private:
  void Work();

  struct Connection;
  const RunPublisherOptions options_;
  const std::unique_ptr<Connection> connection_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<v1::PublishRunRequest> next_;
  bool sending_ = false, stopped_ = false;
  absl::Status last_;
  std::thread thread_;  // last: begins when all else is there
};

}  // namespace terrella::cli
