// ApiSchema: the control plane's services as data: what methods there are, what they take and give,
// in what words the contracts describe them, and their messages as JSON and back.
//
// Everything comes out of the descriptors of proto/, which are compiled into the program with their
// comments. A method that is added to a service is therefore served, described and documented
// without a line here. JSON is proto3's own mapping: lowerCamelCase names (snake_case is taken,
// too), 64-bit numbers as strings, bytes as base64.
//
// Thread: any. Invariants: immutable.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class MethodDescriptor;
class ServiceDescriptor;
namespace util {
class TypeResolver;
}
}  // namespace google::protobuf

namespace terrella::control {

class ApiSchema {
 public:
  // Of the services with these full names ("terrella.v1.Kv"), in that order; all must exist.
  explicit ApiSchema(std::span<const std::string> services);
  ~ApiSchema();

  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const {
    return services_;
  }
  // `service` with or without its package; null when there is no such method.
  const google::protobuf::MethodDescriptor* FindMethod(std::string_view service,
                                                       std::string_view method) const;

  // The message in protobuf's wire format. InvalidArgument says what was expected and where.
  absl::StatusOr<std::string> FromJson(const google::protobuf::Descriptor& type,
                                       std::string_view json) const;
  // One line of JSON with every field, also those that have their default.
  absl::StatusOr<std::string> ToJson(const google::protobuf::Descriptor& type,
                                     const std::string& wire) const;

 private:
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

// Whether a method only looks: GET may call it then, too.
bool OnlyReads(const google::protobuf::MethodDescriptor& method);

}  // namespace terrella::control
