// Helpers of the tests of server and client: a loop to run until something holds, and a TCP peer
// that says exactly the bytes a test wants and keeps what it hears.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/h1/response_parser.h"

namespace terrella::http {

// Runs the loop until `holds`; false after `timeout`.
bool RunUntil(EventLoop& loop, const std::function<bool()>& holds,
              Duration timeout = std::chrono::seconds(10));
// Runs the loop for a while, to see that something does not happen.
void RunFor(EventLoop& loop, Duration time);

struct RawResponse {
  ResponseHead head;
  std::string body;
};

class RawPeer final : public TcpConnection::Observer {
 public:
  // Dials.
  RawPeer(EventLoop& loop, const SocketAddress& to);
  // Takes an accepted connection.
  RawPeer(EventLoop& loop, std::unique_ptr<TcpConnection> tcp);

  void Send(std::string_view bytes) { tcp_->Write(bytes); }
  void ShutdownWrite() { tcp_->ShutdownWrite(); }
  void Close() { tcp_.reset(); }
  void PauseReading() { tcp_->PauseReading(); }
  void StartReading() { tcp_->StartReading(); }
  // Waits for so many bytes, or the end.
  bool Hear(std::string_view text);
  // Waits for the other side's FIN or reset.
  bool WaitForEnd() {
    return RunUntil(loop_, [this] { return ended(); });
  }
  // The responses among what was heard; `to_head` says which of them answer HEAD.
  std::vector<RawResponse> Responses(const std::vector<bool>& to_head = {}) const;
  // Waits for so many whole responses.
  std::vector<RawResponse> Responses(size_t count);

  const std::string& heard() const { return heard_; }
  bool ended() const { return eof_ || broken_; }
  bool broken() const { return broken_; }

  void OnRead(std::string_view bytes) override { heard_.append(bytes); }
  void OnReadEof() override { eof_ = true; }
  void OnError(const absl::Status&) override { broken_ = true; }

 private:
  EventLoop& loop_;
  std::unique_ptr<TcpConnection> tcp_;
  bool connected_ = false;
  bool eof_ = false;
  bool broken_ = false;
  std::string heard_;
};

}  // namespace terrella::http
