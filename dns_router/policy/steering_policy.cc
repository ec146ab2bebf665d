#include "dns_router/policy/steering_policy.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <set>

#include "base/config.h"
#include "base/status.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {
namespace {

using Kind = SteeringStep::Kind;
using Words = std::vector<std::string>;

absl::Status ReadNodes(const Words& words, SteeringStep& step) {
  if (words.size() != 2) {
    return InvalidArgument("expected nodes behind '{}': FRA,LHR", words[0]);
  }
  for (const absl::string_view id : absl::StrSplit(words[1], ',')) {
    if (id.empty()) return InvalidArgument("expected nodes behind '{}': FRA,LHR", words[0]);
    step.nodes.emplace_back(id);
  }
  return absl::OkStatus();
}

bool ReadNumber(const std::string& word, double min, double max, double& out) {
  return absl::SimpleAtod(word, &out) && out >= min && out <= max;
}

absl::Status ReadArguments(const Words& words, SteeringStep& step) {
  double count = 0;
  switch (step.kind) {
    case Kind::kOnly:
    case Kind::kFailover:
      return ReadNodes(words, step);
    case Kind::kLatency:
      if (words.size() == 1) return absl::OkStatus();
      if (words.size() == 2 && ReadNumber(words[1], 0.1, 10'000, step.high)) {
        return absl::OkStatus();
      }
      return InvalidArgument("expected milliseconds behind 'latency', or nothing");
    case Kind::kShed:
      if (words.size() == 3 && ReadNumber(words[1], 0, 1, step.low) &&
          ReadNumber(words[2], 0, 1, step.high) && step.low < step.high) {
        return absl::OkStatus();
      }
      return InvalidArgument("expected two loads from 0 to 1 behind 'shed': shed 0.7 0.9");
    case Kind::kFirst:
      if (words.size() == 2 && ReadNumber(words[1], 1, double{kAddressesMax}, count)) {
        step.count = static_cast<size_t>(count);
        return absl::OkStatus();
      }
      return InvalidArgument("expected 1 to {} behind 'first'", kAddressesMax);
    default:
      if (words.size() == 1) return absl::OkStatus();
      return InvalidArgument("'{}' takes nothing behind it", words[0]);
  }
}

void ReadWeights(ConfigTable& table, SteeringPolicy& policy) {
  auto weights = table.Table("weights");
  if (!weights) return;
  for (const std::string& id : weights->Keys()) {
    if (const auto weight = weights->Number(id, 0, 1000)) policy.weights[id] = *weight;
  }
}

SteeringPolicy ReadPolicy(ConfigTable& table) {
  SteeringPolicy policy;
  for (const ConfigValue& value : table.List("names", 10'000)) {
    const auto name = value.AsString();
    if (!name) continue;
    if (const auto parsed = Name::Parse(*name); !parsed.ok()) {
      value.Fail(Message(parsed.status()));
    } else {
      policy.names.push_back(parsed->ToString());
    }
  }
  if (policy.names.empty()) table.Fail("names", "expected the names that are steered so");
  for (const ConfigValue& value : table.List("steps", kStepsMax)) {
    const auto text = value.AsString();
    if (!text) continue;
    auto step = ParseStep(*text);
    if (step.ok()) {
      policy.steps.push_back(*std::move(step));
    } else {
      value.Fail(Message(step.status()));
    }
  }
  if (const absl::Status status = CheckSteps(policy.steps); !status.ok()) {
    table.Fail("steps", Message(status));
  }
  ReadWeights(table, policy);
  if (const auto ttl_s = table.Integer("ttl_s", 0, 86'400)) {
    policy.ttl_s = static_cast<uint32_t>(*ttl_s);
  }
  const std::string otherwise = table.String("otherwise").value_or("nodata");
  policy.otherwise_nearest = otherwise == "nearest";
  if (otherwise != "nodata" && otherwise != "nearest") {
    table.Fail("otherwise", "expected \"nodata\" or \"nearest\"");
  }
  table.RefuseUnknownKeys();
  return policy;
}

}  // namespace

absl::StatusOr<SteeringStep> ParseStep(std::string_view text) {
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {{"up", Kind::kUp},
                                                                 {"only", Kind::kOnly},
                                                                 {"geo", Kind::kGeo},
                                                                 {"latency", Kind::kLatency},
                                                                 {"shed", Kind::kShed},
                                                                 {"failover", Kind::kFailover},
                                                                 {"weighted", Kind::kWeighted},
                                                                 {"first", Kind::kFirst}};
  const Words words =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipEmpty());
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& entry) {
    return !words.empty() && entry.first == words[0];
  });
  if (kind == std::end(kKinds)) {
    return InvalidArgument(
        "expected up, only, geo, latency, shed, failover, weighted or first, got '{}'", text);
  }
  SteeringStep step{.kind = kind->second, .text = std::string(text)};
  RETURN_IF_ERROR(ReadArguments(words, step));
  return step;
}

absl::Status CheckSteps(const std::vector<SteeringStep>& steps) {
  const auto is = [](Kind kind) {
    return [kind](const SteeringStep& s) { return s.kind == kind; };
  };
  const auto up = std::find_if(steps.begin(), steps.end(), is(Kind::kUp));
  if (up == steps.end()) {
    return InvalidArgument("expected 'up' among the steps, or nodes that are down are answered");
  }
  // These leave few nodes, others at each place: if they are down, its clients get no answer.
  const auto narrow = std::find_if(steps.begin(), up, [](const SteeringStep& s) {
    return s.kind == Kind::kGeo || s.kind == Kind::kShed || s.kind == Kind::kFirst ||
           (s.kind == Kind::kLatency && s.high > 0);
  });
  if (narrow != up) {
    return InvalidArgument(
        "expected 'up' in front of '{}', which may leave only nodes that are down", narrow->text);
  }
  const auto weighted = std::find_if(steps.begin(), steps.end(), is(Kind::kWeighted));
  if (weighted == steps.end()) return absl::OkStatus();
  if (!std::all_of(weighted + 1, steps.end(), is(Kind::kFirst))) {
    return InvalidArgument(
        "only 'first' may stand behind 'weighted', which orders each client anew");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SteeringPolicy>> ParsePolicies(std::string_view text,
                                                          std::string_view file_name) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, file_name));
  ConfigTable root = file.root();
  std::vector<SteeringPolicy> policies;
  std::set<std::string> names;
  for (ConfigTable& table : root.Tables("policy", kPoliciesMax)) {
    policies.push_back(ReadPolicy(table));
    for (const std::string& name : policies.back().names) {
      if (!names.insert(name).second) {
        table.Fail("names", fmt::format("'{}' has another policy already", name));
      }
    }
  }
  root.RefuseUnknownKeys();
  RETURN_IF_ERROR(file.status());
  return policies;
}

}  // namespace terrella::dns
