#include "sim/visit/waterfall.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace terrella::sim {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

double MetricMs(const std::vector<std::pair<std::string, double>>& metrics, std::string_view name) {
  double ms = 0;
  for (const auto& [metric, value] : metrics) {
    if (metric == name) ms += value;
  }
  return ms;
}

}  // namespace

std::vector<std::pair<std::string, double>> ParseServerTiming(std::string_view field) {
  std::vector<std::pair<std::string, double>> metrics;
  while (!field.empty()) {
    const size_t comma = std::min(field.find(','), field.size());
    std::string_view entry = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    const size_t name_end = std::min(entry.find(';'), entry.size());
    const std::string name(Trim(entry.substr(0, name_end)));
    const size_t at = entry.find("dur=");
    if (name.empty() || at == std::string_view::npos) continue;
    const std::string_view digits = entry.substr(at + 4);
    double ms = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ms);
    if (error == std::errc{} && std::isfinite(ms) && ms >= 0) metrics.emplace_back(name, ms);
  }
  return metrics;
}

std::string_view PopOfRay(std::string_view ray) {
  const size_t dash = ray.rfind('-');
  return dash == std::string_view::npos ? std::string_view() : ray.substr(dash + 1);
}

double FeltRttMs(const FetchResult& result) {
  const auto field = result.head.headers.Combined("server-timing");
  return MetricMs(ParseServerTiming(field.value_or("")), "rtt");
}

Waterfall MakeWaterfall(const FetchResult& result, double rtt_ms) {
  Waterfall waterfall;
  double at = 0;
  const auto add = [&](const char* name, double duration_ms, std::string note) {
    waterfall.phases.push_back({name, at, duration_ms, std::move(note)});
    at += duration_ms;
  };
  if (result.dns) {
    add("dns", std::max(result.dns->modelled_ms, result.dns->router_ms),
        fmt::format("modelled way to the resolver and on; the router took {:.2f} ms",
                    result.dns->router_ms));
  }
  const auto metrics =
      ParseServerTiming(result.head.headers.Combined("server-timing").value_or(""));
  const double cold_ms = MetricMs(metrics, "cold");
  // What is measured bounds what the model and the node claim, so that the phases add up.
  double left = result.first_byte_ms;
  const auto take = [&](double ms) {
    const double taken = std::clamp(ms, 0.0, left);
    left -= taken;
    return taken;
  };
  const double connect = take(rtt_ms), tls = take(result.secured_ms - connect);
  const double request = take(rtt_ms / 2);
  const double edge = take(MetricMs(metrics, "worker") + cold_ms);
  add("connect", connect, "one round trip");
  if (result.secured_ms > 0) add("tls", tls, "handshake, measured");
  add("request", request, "half a round trip");
  add("edge", edge, cold_ms > 0 ? fmt::format("cold start {:.1f} ms of it", cold_ms) : "warm");
  add("response", left, "to the first byte");
  add("body", std::max(0.0, result.last_byte_ms - result.first_byte_ms), "to the last byte");
  waterfall.total_ms = at;
  return waterfall;
}

std::string DrawWaterfall(const Waterfall& waterfall, int columns) {
  const int width = std::clamp(columns - 70, 12, 40);
  const double scale = waterfall.total_ms > 0 ? width / waterfall.total_ms : 0;
  std::string text;
  for (const Waterfall::Phase& phase : waterfall.phases) {
    const int start = std::min(static_cast<int>(phase.start_ms * scale), width - 1);
    const int cells = static_cast<int>(std::lround(phase.duration_ms * scale));
    std::string bar(static_cast<size_t>(start), ' ');
    int drawn = std::min(cells, width - start);
    if (drawn < 1) {
      bar += "▏";  // too short for a cell of its own
      drawn = 1;
    } else {
      for (int i = 0; i < drawn; ++i) bar += "█";
    }
    bar.append(static_cast<size_t>(std::max(0, width - start - drawn)), ' ');
    text +=
        fmt::format("{:<8} {:>9.2f} ms  {}  {}\n", phase.name, phase.duration_ms, bar, phase.note);
  }
  text += fmt::format("{:<8} {:>9.2f} ms\n", "total", waterfall.total_ms);
  return text;
}

}  // namespace terrella::sim
