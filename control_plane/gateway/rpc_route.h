// RpcRoute: which method an HTTP request means, and with what message.
//
//   POST /v1/Deployments/ListScripts          the message is the body, as JSON; no body: {}
//   GET  /v1/Deployments/ListVersions?script=hello      the message's fields, for methods that read
//   POST /v1/Deployments/UploadVersion        a method that reads a stream: a line of JSON a
//   message
//
// The service may be written with its package. A field that repeats may be given several times, one
// inside a message as a.b=1; bytes are given as they are. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control_plane/gateway/api_schema.h"

namespace terrella::control {

struct RpcRoute {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string query_json;  // the message that the query means; of GET only
};

constexpr std::string_view kRpcPrefix = "/v1/";

// `target` begins with kRpcPrefix. NotFound, or InvalidArgument when the query fits no field;
// Unimplemented for a verb the method is not called by, and for methods that read a stream and
// answer with one.
absl::StatusOr<RpcRoute> FindRoute(const ApiSchema& schema, std::string_view verb,
                                   std::string_view target);

// "{"script":"hello"}" of "script=hello". InvalidArgument names the parameter.
absl::StatusOr<std::string> QueryToJson(const google::protobuf::Descriptor& type,
                                        std::string_view query);

constexpr size_t kMessagesMax = 1000;  // of a stream that a method reads

// The messages of a body in protobuf's wire format: one, or of a method that reads a stream one a
// line that is not blank. InvalidArgument says what was expected and in which line.
absl::StatusOr<std::vector<std::string>> MessagesOf(
    const ApiSchema& schema, const google::protobuf::MethodDescriptor& method,
    std::string_view body);

}  // namespace terrella::control
