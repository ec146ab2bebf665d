#include "sim/scenario/assertion.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/status.h"
#include "base/suggest.h"

namespace terrella::sim {
namespace {

constexpr size_t kTextBytesMax = 256;

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

struct Operator {
  std::string_view text;
  Comparison comparison;
};
// Two-letter operators first, so that "<=" is not read as "<".
constexpr Operator kOperators[] = {
    {"<=", Comparison::kLessEqual}, {">=", Comparison::kGreaterEqual}, {"==", Comparison::kEqual},
    {"!=", Comparison::kNotEqual},  {"<", Comparison::kLess},          {">", Comparison::kGreater},
};

absl::StatusOr<double> ParseValue(std::string_view text) {
  double scale = 1;
  std::string_view digits = text;
  if (!digits.empty() && digits.back() == '%') {
    scale = 0.01;
    digits = Trim(digits.substr(0, digits.size() - 1));
  }
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value)) {
    return InvalidArgument("'{}' is not a number; expected e.g. 120 or 0.1%", text);
  }
  return value * scale;
}

}  // namespace

const std::vector<std::string>& MetricNames() {
  static const std::vector<std::string> names = {
      "p50_ms",   "p90_ms",      "p95_ms", "p99_ms",      "max_ms",         "mean_ms",
      "requests", "error_count", "errors", "failover_ms", "mixed_versions", "pops"};
  return names;
}

std::string_view MetricName(Metric metric) {
  return MetricNames()[static_cast<size_t>(metric)];
}

bool Assertion::Holds(double actual) const {
  if (std::isnan(actual)) return false;
  switch (comparison) {
    case Comparison::kLess:
      return actual < value;
    case Comparison::kLessEqual:
      return actual <= value;
    case Comparison::kGreater:
      return actual > value;
    case Comparison::kGreaterEqual:
      return actual >= value;
    case Comparison::kEqual:
      return actual == value;
    case Comparison::kNotEqual:
      return actual != value;
  }
  return false;
}

absl::StatusOr<Assertion> ParseAssertion(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return InvalidArgument("an assertion is longer than {} bytes", kTextBytesMax);
  }
  size_t at = text.find_first_of("<>=!");
  const Operator* found = nullptr;
  if (at != std::string_view::npos) {
    for (const Operator& candidate : kOperators) {
      if (found == nullptr && text.substr(at).starts_with(candidate.text)) found = &candidate;
    }
  }
  if (found == nullptr) {
    return InvalidArgument("'{}' has no comparison; expected e.g. \"p95_ms.Lagos < 120\"", text);
  }
  Assertion out;
  out.text = std::string(Trim(text));
  out.comparison = found->comparison;
  ASSIGN_OR_RETURN(out.value, ParseValue(Trim(text.substr(at + found->text.size()))));

  std::string_view subject = Trim(text.substr(0, at));
  size_t dot = subject.find('.');
  std::string_view metric = Trim(subject.substr(0, dot));
  if (dot != std::string_view::npos) {
    out.selector = std::string(Trim(subject.substr(dot + 1)));
    if (out.selector.empty())
      return InvalidArgument("'{}' has nothing after the dot; expected a place", text);
  }
  const std::vector<std::string>& names = MetricNames();
  auto name = std::find(names.begin(), names.end(), metric);
  if (name == names.end()) {
    std::string near = Suggest(metric, names);
    return near.empty() ? InvalidArgument("'{}' is not a metric; expected one of {}", metric,
                                          fmt::join(names, ", "))
                        : InvalidArgument("'{}' is not a metric; did you mean '{}'?", metric, near);
  }
  out.metric = static_cast<Metric>(name - names.begin());
  return out;
}

}  // namespace terrella::sim
