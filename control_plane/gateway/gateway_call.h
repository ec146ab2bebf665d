// GatewayCall: one HTTP request that became a call, until its answer is complete.
//
//   body --FromJson--> message --RpcCall--> messages --ToJson--> answer
//
// A method that reads a stream is given a line of JSON a message. A unary method gives one JSON
// object, or an error as {"error": {"code", "message"}} with the status that google.rpc.Code names
// for it. A stream's messages are written as they come, each asked for when the one before it has
// gone; its end is an event "end" (of server-sent events) or a line {"end": {...}}, as the status
// line was sent long before.
//
// Thread: the gateway's loop. Owns: the exchange, its body, the call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control_plane/gateway/api_schema.h"
#include "control_plane/gateway/rpc_call.h"
#include "http/message/body.h"
#include "http/server/server.h"

namespace terrella::control {

struct GatewayCallOptions {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string query_json;  // the message of a GET; else it is the body
  RpcMetadata metadata;    // goes with the call
  Duration unary_timeout = std::chrono::seconds(60);
  size_t body_bytes_max = 0;
};

class GatewayCall {
 public:
  // `finished` is called when nothing is left to do, perhaps twice; the call is destroyed later.
  GatewayCall(const ApiSchema& schema, RpcCaller& caller, GatewayCallOptions options,
              std::unique_ptr<http::Exchange> exchange, std::function<void()> finished);
  void Start();
  // It is held, or on its way.
  bool has_body() const { return body_ != nullptr; }
  // Keeps proxies and the client from taking a silent stream for a dead one.
  void Heartbeat();

 private:
  void OnBody(const absl::Status& status, const std::string& body);
  void Call(const std::string& json);
  void OnMessage(std::string wire);
  void OnDone(const absl::Status& status);
  void WriteEvent(std::string_view event, std::string_view json);
  void StartStream();

  const ApiSchema& schema_;
  RpcCaller& caller_;
  const GatewayCallOptions options_;
  const std::unique_ptr<http::Exchange> exchange_;
  const std::function<void()> finished_;
  std::unique_ptr<http::Collector> body_;
  std::unique_ptr<RpcCall> call_;
  http::BodySink* sink_ = nullptr;  // of a stream, once it has begun
  bool events_ = false;             // a stream is sent as server-sent events
  bool full_ = false;               // the sink takes no more for now
  std::string response_;            // of a unary call
};

// Answers with an error as JSON.
void RespondError(http::Exchange& exchange, const absl::Status& status);
// The status that stands for a code (google.rpc.Code's comments).
int HttpStatusOf(absl::StatusCode code);

}  // namespace terrella::control
