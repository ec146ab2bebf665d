// The two text formats, byte for byte.
#include "base/exposition.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace terrella {
namespace {

constexpr MetricFamily kSent{"x_sent_bytes_total", MetricFamily::Type::kCounter, "to",
                             "Said \"so\",\na \\ too"};
constexpr MetricFamily kTook{"x_took_seconds", MetricFamily::Type::kHistogram, "", "How long"};

std::string Write(Exposition::Format format) {
  Exposition out(format);
  out.Begin(kSent);
  out.Sample({{"to", "a\"b\\c\nd"}, {"by", "udp"}}, uint64_t{1} << 63);
  out.Sample({}, std::numeric_limits<double>::infinity());
  out.Begin(kTook);
  const std::array<double, 2> bounds = {0.00001, 0.1};
  const std::array<uint64_t, 3> counts = {2, 0, 1};
  out.Histogram({{"by", "tcp"}}, bounds, counts, 0.25);
  return out.Finish();
}

constexpr std::string_view kSamples[] = {
    "x_sent_bytes_total{to=\"a\\\"b\\\\c\\nd\",by=\"udp\"} 9223372036854775808\n"
    "x_sent_bytes_total +Inf\n",
    "x_took_seconds_bucket{by=\"tcp\",le=\"1e-05\"} 2\n"
    "x_took_seconds_bucket{by=\"tcp\",le=\"0.1\"} 2\n"
    "x_took_seconds_bucket{by=\"tcp\",le=\"+Inf\"} 3\n"
    "x_took_seconds_sum{by=\"tcp\"} 0.25\n"
    "x_took_seconds_count{by=\"tcp\"} 3\n"};

TEST(Exposition, WritesPrometheusText) {
  EXPECT_EQ(Write(Exposition::Format::kText),
            "# HELP x_sent_bytes_total Said \"so\",\\na \\\\ too\n"
            "# TYPE x_sent_bytes_total counter\n" +
                std::string(kSamples[0]) +
                "# HELP x_took_seconds How long\n"
                "# TYPE x_took_seconds histogram\n" +
                std::string(kSamples[1]));
}

// The counter's family is without its suffix, units are named, quotes in help are escaped, and the
// end is marked (OpenMetrics 1.0.0, "Overall Structure", "Escaping").
TEST(Exposition, WritesOpenMetrics) {
  EXPECT_EQ(Write(Exposition::Format::kOpenMetrics),
            "# HELP x_sent_bytes Said \\\"so\\\",\\na \\\\ too\n"
            "# TYPE x_sent_bytes counter\n"
            "# UNIT x_sent_bytes bytes\n" +
                std::string(kSamples[0]) +
                "# HELP x_took_seconds How long\n"
                "# TYPE x_took_seconds histogram\n"
                "# UNIT x_took_seconds seconds\n" +
                std::string(kSamples[1]) + "# EOF\n");
}

}  // namespace
}  // namespace terrella
