#include "cli/study/variation.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella::cli {
namespace {

constexpr size_t kSteps = 10;  // of a range that says none

std::optional<double> NumberOf(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

absl::Status WrongValues(std::string_view field, std::string_view text) {
  return InvalidArgument("'{}={}': expected e.g. {}=10..100, {}=10..100:10 or {}=10,20,50", field,
                         text.substr(0, 64), field, field, field);
}

// "A..B" or "A..B:STEP".
absl::StatusOr<std::vector<double>> ReadRange(const VariedField& field, std::string_view text) {
  const size_t dots = text.find("..");
  const size_t colon = text.find(':', dots);
  const auto from = NumberOf(text.substr(0, dots));
  const auto to =
      NumberOf(text.substr(dots + 2, colon == text.npos ? text.npos : colon - dots - 2));
  if (!from || !to || *from > *to) return WrongValues(field.name, text);
  double step = (*to - *from) / (kSteps - 1);
  if (colon != text.npos) {
    const auto given = NumberOf(text.substr(colon + 1));
    if (!given || *given <= 0) return WrongValues(field.name, text);
    step = *given;
  }
  if (step == 0) return std::vector<double>{*from};
  const double count = std::floor((*to - *from) / step + 1e-9) + 1;
  if (count > static_cast<double>(kVariationValuesMax)) {
    return InvalidArgument("{} has {:.0f} values, {} are the most", field.name, count,
                           kVariationValuesMax);
  }
  std::vector<double> out;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    double value = *from + step * static_cast<double>(i);
    if (field.whole) value = std::round(value);
    if (out.empty() || value != out.back()) out.push_back(value);
  }
  return out;
}

absl::StatusOr<std::vector<double>> ReadList(const VariedField& field, std::string_view text) {
  std::vector<double> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const auto value = NumberOf(text.substr(at, end - at));
    if (!value || out.size() == kVariationValuesMax) return WrongValues(field.name, text);
    out.push_back(*value);
    at = end + 1;
  }
  return out;
}

}  // namespace

const std::vector<VariedField>& VariedFields() {
  static const std::vector<VariedField> fields = {
      {"pops", "", "how many PoPs, the largest places first", 1, 308, true},
      {"rate", "requests/s", "how many requests all people make", 0.1, 1e6, false, true},
      {"cpu", "ms", "a processor's time for a request", 0, 1000, false, true},
      {"service", "ms", "the worker's time for a request", 0, 60'000},
      {"bytes", "bytes", "an answer's size", 1, 1e8, true},
      {"loss", "%", "of packets", 0, 50},
      {"hour", "h UTC", "the hour of the day", 0, 23.99},
      {"ttl", "s", "how long resolvers keep an answer", 0.01, 3600},
      {"convergence", "ms", "how long routes to a dead site are believed", 0, 600'000},
      {"timeout", "s", "when people give up", 0.01, 60},
      {"seed", "", "of everything random", 0, 1e15, true},
  };
  return fields;
}

const VariedField* FindVariedField(std::string_view name) {
  for (const VariedField& field : VariedFields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

absl::StatusOr<Variation> ParseVariation(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const VariedField* field = FindVariedField(name);
  if (field == nullptr) {
    std::vector<std::string> names;
    for (const VariedField& known : VariedFields()) names.emplace_back(known.name);
    const std::string near = name.size() <= 64 ? Suggest(name, names) : "";
    return InvalidArgument("no field called '{}' to vary; expected one of {}{}", name.substr(0, 64),
                           fmt::join(names, ", "),
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  const std::string_view values = equals == text.npos ? "" : text.substr(equals + 1);
  const bool range = values.find("..") != values.npos;
  ASSIGN_OR_RETURN(std::vector<double> read,
                   range ? ReadRange(*field, values) : ReadList(*field, values));
  for (const double value : read) {
    if (value < field->min || value > field->max || (field->whole && value != std::floor(value))) {
      return InvalidArgument("{} = {}: expected {} of {} to {}", field->name, value,
                             field->whole ? "whole numbers" : "numbers", field->min, field->max);
    }
  }
  return Variation{std::string(field->name), std::move(read)};
}

absl::Status Vary(std::string_view field, double value, const net::Places& places,
                  sim::Scenario& scenario, sim::EngineOptions& options) {
  const auto each_service = [&](auto set) {
    for (auto& stage : options.services) {
      for (sim::ServiceProfile& service : stage) set(service);
    }
  };
  const auto each_wish = [&](auto set) {
    set(scenario.network.wish);
    for (sim::People& people : scenario.populations) set(people.wish);
  };
  if (field == "pops") {
    ASSIGN_OR_RETURN(const auto sites, places.pops().Preset(fmt::format("{:.0f}", value)));
    options.pops.assign(sites.begin(), sites.end());
  } else if (field == "rate") {
    if (scenario.trace) {
      return InvalidArgument("rate: {} replays a trace, which has its own; expected another field",
                             scenario.name);
    }
    scenario.clients.rate_per_s = value;
  } else if (field == "cpu") {
    each_service([&](sim::ServiceProfile& s) { s.cpu_ms = static_cast<float>(value); });
  } else if (field == "service") {
    each_service([&](sim::ServiceProfile& s) {
      s.service_ms = {static_cast<float>(value)};
      s.rested_ms.clear();
    });
  } else if (field == "bytes") {
    each_service([&](sim::ServiceProfile& s) { s.response_bytes = static_cast<uint32_t>(value); });
  } else if (field == "loss") {
    each_wish([&](net::PathWish& wish) {
      const double burst = wish.loss ? wish.loss->burst : 1;
      wish.loss = net::LossRates{.share = value / 100, .burst = burst};
    });
  } else if (field == "hour") {
    each_wish([&](net::PathWish& wish) { wish.hour_utc = value; });
  } else if (field == "ttl") {
    options.times.dns_ttl = FromMs(value * 1000);
  } else if (field == "convergence") {
    options.times.convergence = FromMs(value);
  } else if (field == "timeout") {
    scenario.clients.timeout = FromMs(value * 1000);
  } else {
    CHECK(field == "seed");
    scenario.seed = static_cast<uint64_t>(value);
  }
  return absl::OkStatus();
}

}  // namespace terrella::cli
