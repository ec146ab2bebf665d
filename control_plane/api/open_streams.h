// OpenStreams: the streams that run on somebody's token, and end with it.
//
// A call that is answered at once is judged once. A stream may run for days: when its token is
// revoked or expires, gRPC is told to end it with UNAUTHENTICATED and the words a new call would
// get, whatever the service is doing; to the service it looks as if the caller had gone.
//
// Thread: any. Owns: a reference to each call of gRPC's, from Add to Remove.
#pragma once

#include <grpc/grpc.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "control_plane/access/call.h"

namespace terrella::control {

class TokenBook;

class OpenStreams {
 public:
  // The book outlives it.
  explicit OpenStreams(const TokenBook& tokens) : tokens_(tokens) {}
  ~OpenStreams();
  OpenStreams(const OpenStreams&) = delete;
  OpenStreams& operator=(const OpenStreams&) = delete;

  // A stream of a token's, until Remove with the id that it returns, never 0.
  uint64_t Add(grpc_call* stream, std::shared_ptr<Call> call);
  void Remove(uint64_t id);

  // Ends those whose token holds no more. Answers when the next one expires.
  std::optional<WallTime> EndLapsed();

 private:
  struct Stream {
    grpc_call* stream = nullptr;
    std::shared_ptr<Call> call;
  };
  const TokenBook& tokens_;
  std::mutex mutex_;  // guards what follows
  std::map<uint64_t, Stream> open_;
  uint64_t last_id_ = 0;
};

}  // namespace terrella::control
