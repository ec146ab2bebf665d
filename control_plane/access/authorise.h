// Authorise: whether a caller may call a method on a resource. Pure; the one place that says yes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "control_plane/access/caller.h"
#include "control_plane/access/method_rules.h"

namespace google::protobuf {
class Message;
}

namespace terrella::control {

// OK; Unauthenticated when nobody in particular calls; PermissionDenied with the scope that is
// missing. A node may only name itself.
absl::Status Authorise(const Caller& caller, const MethodRule& rule, std::string_view resource);
// For methods whose resource is not in the request: whether there is one for which it could be.
absl::Status AuthoriseSome(const Caller& caller, const MethodRule& rule);

// The first few of a caller's scopes, for the sentence that refuses it.
std::string ScopesText(const Caller& caller);

// What the request names, by the rule's fields; one empty name when it names nothing.
std::vector<std::string> ResourcesOf(const MethodRule& rule,
                                     const google::protobuf::Message& request);
// The string at a path of fields; "" when it is not set or is not there.
std::string TextAt(const google::protobuf::Message& message, std::string_view path);
// What a request asks for, by the rule's `shown`: "drain=true", "scopes=script:shop:deploy,
// dns:read". Fields that are not set are left out; of a map there are the keys, of messages and
// bytes the count.
std::string SummaryOf(const MethodRule& rule, const google::protobuf::Message& request);

}  // namespace terrella::control
