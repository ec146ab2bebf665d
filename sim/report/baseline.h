// Baseline: the figures of an earlier run, out of its JSON, for assertions such as
// "p95_ms.Lagos < baseline * 1.1".
//
// Thread: immutable, any.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::sim {

class Baseline {
 public:
  // InvalidArgument when it is not a report of ours.
  static absl::StatusOr<Baseline> Parse(std::string_view json);

  // By Assertion::Subject(): what the run's own assertions were about, and the figures of the
  // whole, of kinds of steering and of cities. None: the report does not tell.
  std::optional<double> Find(const std::string& subject) const;

 private:
  std::map<std::string, double> values_;
};

}  // namespace terrella::sim
