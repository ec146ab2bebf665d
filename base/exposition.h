// Exposition: numbers as text that Prometheus reads: its own format 0.0.4, or OpenMetrics 1.0.
//
// A family is begun and then given its samples; escaping, suffixes and what the two formats differ
// in happen here. What families there are is in families.h.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace terrella {

struct MetricFamily {
  enum class Type : uint8_t { kCounter, kGauge, kHistogram };
  std::string_view name;  // "terrella_dns_answers_total"; a unit stands before "_total"
  Type type;
  std::string_view labels;  // "transport, rcode", for the documentation
  std::string_view help;    // one line
};

class Exposition {
 public:
  enum class Format : uint8_t { kText, kOpenMetrics };
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit Exposition(Format format) : format_(format) {}

  // What follows is of this family, which outlives the exposition's use of it.
  void Begin(const MetricFamily& family);
  void Sample(Labels labels, uint64_t value);
  void Sample(Labels labels, double value);
  // `counts`: one more than `bounds`, not cumulative.
  void Histogram(Labels labels, std::span<const double> bounds, std::span<const uint64_t> counts,
                 double sum);
  // The whole text. Nothing may follow.
  std::string Finish();
  // The value of the content-type field.
  std::string_view content_type() const;

 private:
  void Line(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);

  const Format format_;
  const MetricFamily* family_ = nullptr;
  std::string text_;
};

}  // namespace terrella
