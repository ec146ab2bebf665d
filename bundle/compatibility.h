// Compatibility: what a version's compatibility date and flags ask for, and which of it nodes do.
//
// Workers name the day they were written for; behaviour that changed later is switched by flags,
// each with the date from which it is on by itself. Nodes have the newest behaviour of the Web APIs
// only, so most flags are either what is done anyway or a wish that cannot be granted; the table in
// compatibility.cc says which. Names and dates are those of the hosted product.
//
// Thread: any; pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace terrella::bundle {

struct Compatibility {
  bool nodejs_compat = false;         // node:* modules, global Buffer and process
  bool nodejs_als = false;            // node:async_hooks' AsyncLocalStorage
  bool populate_process_env = false;  // text bindings are in process.env
  bool importable_env = true;         // import { env } from "cloudflare:workers"
  // A page navigated to that is no asset is answered by not_found_handling rather than the worker.
  bool navigation_prefers_assets = false;
};

// `date` is empty or passes CheckCompatibilityDate. Flags nobody knows count for nothing.
Compatibility ResolveCompatibility(std::string_view date, std::span<const std::string> flags);

// InvalidArgument when two flags contradict each other.
absl::Status CheckCompatibilityFlags(std::span<const std::string> flags);

// A line for each flag that asks for something nodes do not do, or that nobody knows.
std::vector<std::string> CompatibilityWarnings(std::span<const std::string> flags);

}  // namespace terrella::bundle
