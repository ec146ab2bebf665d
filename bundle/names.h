// Names people choose: scripts, hosts, routes, bindings; what is allowed and why something is not.
//
// One set of rules for whoever reads a manifest and for the control plane, which believes nobody.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::bundle {

// A script's name is a DNS label (RFC 1035 section 2.3.1, digits first allowed by RFC 1123), lower
// case, because it becomes one in SCRIPT.ZONE.
absl::Status CheckScriptName(std::string_view name);

// A lower-case host name of letters, digits, '-' and '.', labels of 1 to 63 bytes, 253 in all; no
// port.
absl::Status CheckHostName(std::string_view host);

// "HOST/PATH" in the one form it is stored in: HOST is a name (lower-cased), "*.NAME" or "*"; PATH
// may end in one '*'. A missing path means "/*". Anything else is InvalidArgument with the reason.
absl::StatusOr<std::string> NormalizeRoute(std::string_view pattern);

// A binding becomes a property of `env`: an ASCII identifier of at most 128 bytes.
absl::Status CheckBindingName(std::string_view name);

// A namespace of Workers KV: 1 to 64 letters, digits, '-' and '_'.
absl::Status CheckKvNamespace(std::string_view name);

// "YYYY-MM-DD". It is recorded, so its digits are not compared with a calendar.
absl::Status CheckCompatibilityDate(std::string_view date);

// The host part of a normalized route.
std::string_view RouteHost(std::string_view route);

}  // namespace terrella::bundle
