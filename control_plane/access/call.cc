#include "control_plane/access/call.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "base/utf8.h"

namespace terrella::control {
namespace {

constexpr size_t kResourceBytesMax = 300;
constexpr size_t kDetailBytesMax = 500;
constexpr size_t kRequestIdBytesMax = 128;
constexpr size_t kCallerBytesMax = 128;
constexpr size_t kSummaryBytesMax = 300;

std::string ResourceText(Grant grant, std::string_view name) {
  const std::string_view kind = KindOf(grant);
  if (name.empty()) return std::string(kind);
  // What only an administrator may touch is tokens.
  return fmt::format("{}:{}", kind.empty() ? "token" : kind, name);
}

thread_local std::shared_ptr<Call> current;

}  // namespace

std::shared_ptr<Call> Call::Own(std::string_view method, std::string_view resource,
                                std::string_view why) {
  const MethodRule* rule = FindRule(method);
  CHECK(rule != nullptr);
  auto call = std::make_shared<Call>(*rule, ControlPlaneItself());
  call->permitted_ = true;
  call->resource_ = ResourceText(rule->grant, resource);
  call->why_ = why;
  return call;
}

void Call::Decide(const google::protobuf::Message* request) {
  absl::Status status;
  std::string named;
  if (rule_.where == MethodRule::Where::kRequest && request != nullptr) {
    for (const std::string& resource : ResourcesOf(rule_, *request)) {
      named = resource;
      status = Authorise(caller_, rule_, resource);
      if (!status.ok()) break;
    }
  } else {
    status = AuthoriseSome(caller_, rule_);
  }
  const std::lock_guard lock(mutex_);
  if (request != nullptr) {
    request_id_ = TextAt(*request, "request_id");
    summary_ = SummaryOf(rule_, *request);
  }
  resource_ = ResourceText(rule_.grant, named);
  refusal_ = status;
  permitted_ = status.ok() && rule_.where != MethodRule::Where::kStream;
}

absl::Status Call::Permit(std::string_view resource) {
  const absl::Status status = Authorise(caller_, rule_, resource);
  const std::lock_guard lock(mutex_);
  resource_ = ResourceText(rule_.grant, resource);
  if (refusal_.ok()) refusal_ = status;
  permitted_ = refusal_.ok();
  return refusal_;
}

absl::Status Call::Require(std::span<const Need> needs) {
  const absl::Status status = AuthoriseNeeds(caller_, rule_, needs);
  const std::lock_guard lock(mutex_);
  if (refusal_.ok()) refusal_ = status;
  if (!refusal_.ok()) permitted_ = false;
  return refusal_;
}

void Call::Describe(std::string_view what) {
  const std::lock_guard lock(mutex_);
  summary_ = what;
}

absl::Status Call::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void Call::Refuse(const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  permitted_ = false;
  refusal_ = why;
}

v1::AuditRow Call::Row() const {
  v1::AuditRow row;
  row.set_caller(Utf8Text(CallerText(caller_), kCallerBytesMax));
  row.set_peer(Utf8Text(caller_.peer, kCallerBytesMax));
  row.set_method(std::string(rule_.method));
  const std::lock_guard lock(mutex_);
  row.set_resource(Utf8Text(resource_, kResourceBytesMax));
  row.set_summary(Utf8Text(summary_, kSummaryBytesMax));
  row.set_request_id(Utf8Text(request_id_, kRequestIdBytesMax));
  row.set_detail(Utf8Text(refusal_.ok() ? why_ : Message(refusal_), kDetailBytesMax));
  return row;
}

CallScope::CallScope(std::shared_ptr<Call> call)
    : before_(std::exchange(current, std::move(call))) {}

CallScope::~CallScope() {
  current = std::move(before_);
}

std::shared_ptr<Call> CallScope::Current() {
  return current;
}

}  // namespace terrella::control
