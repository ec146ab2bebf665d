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

// "baseline", "baseline * 1.1", "baseline + 5"; false when it is none.
absl::StatusOr<bool> ParseBaseline(std::string_view text, Assertion* out);

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

absl::StatusOr<bool> ParseBaseline(std::string_view text, Assertion* out) {
  constexpr std::string_view kWord = "baseline";
  if (!text.starts_with(kWord)) return false;
  out->of_baseline = true;
  std::string_view rest = Trim(text.substr(kWord.size()));
  if (rest.empty()) return true;
  const char sign = rest.front();
  if (sign != '*' && sign != '+' && sign != '-') {
    return InvalidArgument("'{}' is not understood; expected e.g. baseline * 1.1 or baseline + 5",
                           text);
  }
  ASSIGN_OR_RETURN(const double number, ParseValue(Trim(rest.substr(1))));
  if (sign == '*') {
    out->factor = number;
  } else {
    out->value = sign == '+' ? number : -number;
  }
  return true;
}

// "Lagos & dns" as "Lagos&dns".
absl::StatusOr<std::string> ParseSelectors(std::string_view text, std::string_view all) {
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('&', at), text.size());
    const std::string_view part = Trim(text.substr(at, end - at));
    if (part.empty()) {
      return InvalidArgument("'{}' has nothing after the dot; expected a place", all);
    }
    out += (out.empty() ? "" : "&") + std::string(part);
    at = end + 1;
  }
  return out;
}

}  // namespace

const std::vector<std::string>& MetricNames() {
  static const std::vector<std::string> names = {
      "p50_ms",         "p90_ms",         "p95_ms",         "p99_ms",         "max_ms",
      "mean_ms",        "requests",       "error_count",    "errors",         "failover_ms",
      "mixed_versions", "pops",           "rollback_ms",    "hit_share",      "stale_share",
      "cache_misses",   "page_p50_ms",    "page_p95_ms",    "page_errors",    "kv_reads",
      "kv_writes",      "kv_stale_reads", "kv_stale_share", "kv_stale_max_ms"};
  return names;
}

std::string_view MetricName(Metric metric) {
  return MetricNames()[static_cast<size_t>(metric)];
}

std::string Assertion::Subject() const {
  std::string out(MetricName(metric));
  if (!selector.empty()) out += "." + selector;
  if (!phase.empty()) out += "@" + phase;
  return out;
}

std::vector<std::string_view> Assertion::Selectors() const {
  std::vector<std::string_view> out;
  for (std::string_view rest = selector; !rest.empty();) {
    const size_t end = std::min(rest.find('&'), rest.size());
    out.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

bool Assertion::Holds(double actual, double baseline) const {
  const double value = Limit(baseline);
  if (std::isnan(actual) || std::isnan(value)) return false;
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
  const std::string_view value = Trim(text.substr(at + found->text.size()));
  ASSIGN_OR_RETURN(const bool baseline, ParseBaseline(value, &out));
  if (!baseline) {
    ASSIGN_OR_RETURN(out.value, ParseValue(value));
  }
  std::string_view subject = Trim(text.substr(0, at));
  if (const size_t sign = subject.rfind('@'); sign != std::string_view::npos) {
    out.phase = std::string(Trim(subject.substr(sign + 1)));
    if (out.phase.empty()) {
      return InvalidArgument("'{}' has nothing after the '@'; expected a phase", text);
    }
    subject = Trim(subject.substr(0, sign));
  }
  const size_t dot = subject.find('.');
  std::string_view metric = Trim(subject.substr(0, dot));
  if (dot != std::string_view::npos) {
    ASSIGN_OR_RETURN(out.selector, ParseSelectors(subject.substr(dot + 1), text));
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
