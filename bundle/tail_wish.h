// What a TailFilter wishes to see, part by part, for who decides it: a node while a request runs,
// in two steps, and the control plane for what was kept, in one.
//
// Thread: any; pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "terrella/v1/tail.pb.h"

namespace terrella::bundle {

// No value lets everything pass.
template <class Values, class Fits>
bool AnyFits(const Values& values, Fits fits) {
  return values.empty() || std::any_of(values.begin(), values.end(), fits);
}

// "ok", "error" or "canceled": what people filter by.
std::string_view OutcomeClass(std::string_view outcome);

// What is known when a request begins, but for its headers.
bool WantsPop(const v1::TailFilter& filter, std::string_view pop);
bool WantsMethod(const v1::TailFilter& filter, std::string_view method);
bool WantsVersion(const v1::TailFilter& filter, std::string_view version_id);
bool WantsCity(const v1::TailFilter& filter, std::string_view city);

// One of the filter's headers, "name" or "name:part of the value".
struct HeaderWish {
  explicit HeaderWish(std::string_view wanted);
  std::string_view name;  // any case
  std::string_view part;  // empty: any value
};

// What came of it: outcome, status, logs and text.
bool WantsEnd(const v1::TailFilter& filter, const v1::TailEvent& event);

}  // namespace terrella::bundle
