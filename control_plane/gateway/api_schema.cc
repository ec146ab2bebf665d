#include "control_plane/gateway/api_schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <array>

#include "base/check.h"
#include "base/status.h"

// The descriptors as protoc wrote them, with the contracts' comments.
asm(".pushsection .rodata\n"
    ".globl terrella_api_begin\n"
    "terrella_api_begin:\n"
    ".incbin \"" TERRELLA_API_DESCRIPTORS
    "\"\n"
    ".globl terrella_api_end\n"
    "terrella_api_end:\n"
    ".popsection\n");
extern const char terrella_api_begin[], terrella_api_end[];

namespace terrella::control {
namespace {

namespace pb = google::protobuf;

constexpr const char* kTypeUrlPrefix = "type.terrella";

std::string TypeUrl(const pb::Descriptor& type) {
  return fmt::format("{}/{}", kTypeUrlPrefix, type.full_name());
}

// protobuf begins some of its sentences with the kind of error, which our status has already.
std::string_view WithoutKind(std::string_view message) {
  constexpr std::string_view kKind = "INVALID_ARGUMENT:";
  if (message.starts_with(kKind)) message.remove_prefix(kKind.size());
  return message;
}

}  // namespace

ApiSchema::ApiSchema(std::span<const std::string> services)
    : pool_(std::make_unique<pb::DescriptorPool>()) {
  pb::FileDescriptorSet files;
  CHECK(files.ParseFromArray(terrella_api_begin,
                             static_cast<int>(terrella_api_end - terrella_api_begin)));
  for (const pb::FileDescriptorProto& file : files.file()) CHECK(pool_->BuildFile(file) != nullptr);
  resolver_.reset(pb::util::NewTypeResolverForDescriptorPool(kTypeUrlPrefix, pool_.get()));
  for (const std::string& name : services) {
    services_.push_back(pool_->FindServiceByName(name));
    CHECK(services_.back() != nullptr);
  }
}

ApiSchema::~ApiSchema() = default;

const pb::MethodDescriptor* ApiSchema::FindMethod(std::string_view service,
                                                  std::string_view method) const {
  for (const pb::ServiceDescriptor* candidate : services_) {
    if (service != candidate->name() && service != candidate->full_name()) continue;
    return candidate->FindMethodByName(std::string(method));
  }
  return nullptr;
}

absl::StatusOr<std::string> ApiSchema::FromJson(const pb::Descriptor& type,
                                                std::string_view json) const {
  std::string wire;
  const auto status =
      pb::util::JsonToBinaryString(resolver_.get(), TypeUrl(type), std::string(json), &wire);
  if (status.ok()) return wire;
  return InvalidArgument(
      "expected a {} as JSON: {}", type.name(),
      WithoutKind(std::string_view(status.message().data(), status.message().size())));
}

absl::StatusOr<std::string> ApiSchema::ToJson(const pb::Descriptor& type,
                                              const std::string& wire) const {
  std::string json;
  pb::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  const auto status =
      pb::util::BinaryToJsonString(resolver_.get(), TypeUrl(type), wire, &json, options);
  if (status.ok()) return json;
  return Internal("cannot write a {} as JSON", type.name());
}

bool OnlyReads(const pb::MethodDescriptor& method) {
  static constexpr auto kPrefixes = std::to_array<std::string_view>({"Get", "List", "Watch"});
  for (const std::string_view prefix : kPrefixes) {
    if (std::string_view(method.name()).starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace terrella::control
