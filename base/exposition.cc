#include "base/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace terrella {
namespace {

constexpr std::string_view kTotal = "_total";

std::string_view WithoutTotal(std::string_view name) {
  return name.ends_with(kTotal) ? name.substr(0, name.size() - kTotal.size()) : name;
}

// OpenMetrics names the unit, which is the last word of the name.
std::string_view UnitOf(std::string_view base) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
    if (base.ends_with(unit) && base.size() > unit.size()) return unit;
  }
  return {};
}

void PutEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes)) out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void Exposition::Begin(const MetricFamily& family) {
  family_ = &family;
  const bool open = format_ == Format::kOpenMetrics;
  const std::string_view name = open ? WithoutTotal(family.name) : family.name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} ", name);
  PutEscaped(text_, family.help, /*quotes=*/open);
  static constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  fmt::format_to(std::back_inserter(text_), "\n# TYPE {} {}\n", name,
                 kTypes[static_cast<size_t>(family.type)]);
  if (const std::string_view unit = UnitOf(name); open && !unit.empty()) {
    fmt::format_to(std::back_inserter(text_), "# UNIT {} {}\n", name, unit);
  }
}

void Exposition::Line(std::string_view suffix, Labels labels, std::string_view le,
                      std::string_view value) {
  text_ += family_->name;
  text_ += suffix;
  bool first = true;
  const auto put = [&](std::string_view name, std::string_view text) {
    text_.push_back(first ? '{' : ',');
    first = false;
    text_ += name;
    text_ += "=\"";
    PutEscaped(text_, text, /*quotes=*/true);
    text_.push_back('"');
  };
  for (const auto& [name, text] : labels) put(name, text);
  if (!le.empty()) put("le", le);
  if (!first) text_.push_back('}');
  text_.push_back(' ');
  text_ += value;
  text_.push_back('\n');
}

void Exposition::Sample(Labels labels, uint64_t value) {
  Line({}, labels, {}, fmt::format_int(value).c_str());
}

void Exposition::Sample(Labels labels, double value) {
  Line({}, labels, {}, Number(value));
}

void Exposition::Histogram(Labels labels, std::span<const double> bounds,
                           std::span<const uint64_t> counts, double sum) {
  uint64_t below = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    // OpenMetrics wants a canonical float: 1.0, not 1.
    const std::string le = i < bounds.size() ? Number(bounds[i]) : "+Inf";
    Line("_bucket", labels, le, fmt::format_int(below).c_str());
  }
  Line("_sum", labels, {}, Number(sum));
  Line("_count", labels, {}, fmt::format_int(below).c_str());
}

std::string Exposition::Finish() {
  if (format_ == Format::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

std::string_view Exposition::content_type() const {
  return format_ == Format::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace terrella
