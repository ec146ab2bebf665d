#include "dns_router/view/view_zone.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status.h"
#include "dns_router/view/zone_file.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {
namespace {

constexpr std::string_view kSource = "control plane";

bool IsTypeText(std::string_view text) {
  const auto is_letter = [](char c) { return LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z'; };
  return !text.empty() && text.size() <= 16 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// Whatever would make the line more or less than one record's content is refused.
absl::Status CheckContent(std::string_view content, size_t bytes_max) {
  if (content.empty() || content.size() > bytes_max) {
    return InvalidArgument("expected content of 1 to {} bytes, got {}", bytes_max, content.size());
  }
  bool quoted = false;
  for (size_t i = 0; i < content.size(); ++i) {
    const char c = content[i];
    if (c < 0x20 || c > 0x7e) {
      return InvalidArgument("expected printable ASCII in content (others as \\DDD), got byte {}",
                             static_cast<uint8_t>(c));
    }
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ';' || c == '(' || c == ')')) {
      return InvalidArgument("'{}' in content must stand within quotes", c);
    }
  }
  if (quoted) return InvalidArgument("a quote in content has no end");
  return absl::OkStatus();
}

// Without the place, which is of no file.
absl::Status WithoutPlace(const absl::Status& status, std::string_view place) {
  std::string_view text = Message(status);
  if (text.starts_with(place)) text.remove_prefix(std::min(text.size(), text.find(": ") + 2));
  return InvalidArgument("{}", text);
}

bool SameButNames(const SteeringPolicy& a, const SteeringPolicy& b) {
  return a.steps == b.steps && a.weights == b.weights && a.ttl_s == b.ttl_s &&
         a.otherwise_nearest == b.otherwise_nearest;
}

}  // namespace

absl::StatusOr<ZoneRecords> RecordsFromProto(std::span<const v1::DnsRecord> records,
                                             const ViewZoneLimits& limits) {
  std::string text;
  for (const v1::DnsRecord& record : records) {
    ASSIGN_OR_RETURN(const Name name, Name::Parse(record.name()));
    if (!IsTypeText(record.type())) {
      return InvalidArgument("expected a type such as TXT or TYPE123, got '{}'", record.type());
    }
    RETURN_IF_ERROR(CheckContent(record.content(), limits.content_bytes_max));
    text += fmt::format("{}. {} IN {} {}\n", name.ToString(), record.ttl_s(), record.type(),
                        record.content());
  }
  absl::StatusOr<ZoneRecords> parsed = ParseZoneFile(text, kSource);
  if (!parsed.ok()) return WithoutPlace(parsed.status(), kSource);
  if (parsed->records.size() != records.size()) {
    return InvalidArgument("expected the content of one record");
  }
  for (ZoneRecord& record : parsed->records) record.line = 0;
  return parsed;
}

absl::StatusOr<SteeringPolicy> PolicyFromProto(const v1::DnsPolicy& from) {
  SteeringPolicy policy;
  ASSIGN_OR_RETURN(const Name name, Name::Parse(from.name()));
  policy.names.push_back(name.ToString());
  if (from.steps().empty() || static_cast<size_t>(from.steps_size()) > kStepsMax) {
    return InvalidArgument("expected 1 to {} steps, got {}", kStepsMax, from.steps_size());
  }
  for (const std::string& text : from.steps()) {
    ASSIGN_OR_RETURN(SteeringStep step, ParseStep(text));
    policy.steps.push_back(std::move(step));
  }
  RETURN_IF_ERROR(CheckSteps(policy.steps));
  for (const v1::DnsWeight& weight : from.weights()) {
    if (weight.node().empty()) return InvalidArgument("expected a node's id beside its weight");
    if (!(weight.weight() >= 0 && weight.weight() <= 1000)) {
      return InvalidArgument("weight of {}: expected 0 to 1000, got {}", weight.node(),
                             weight.weight());
    }
    policy.weights[weight.node()] = weight.weight();
  }
  if (from.has_ttl_s()) {
    if (from.ttl_s() > 86'400) return InvalidArgument("expected a TTL up to 86400 s");
    policy.ttl_s = from.ttl_s();
  }
  policy.otherwise_nearest = from.otherwise_nearest();
  return policy;
}

std::shared_ptr<const ZoneRecords> MergeRecords(std::shared_ptr<const ZoneRecords> stored,
                                                std::shared_ptr<const ZoneRecords> file,
                                                std::vector<std::string>* ignored) {
  if (stored == nullptr || stored->records.empty()) return file;
  if (file == nullptr || file->records.empty()) return stored;
  std::set<std::pair<std::string_view, Type>> sets;
  std::set<std::string_view> names, aliases;
  for (const ZoneRecord& record : stored->records) {
    sets.emplace(record.owner.wire(), record.type);
    names.insert(record.owner.wire());
    if (record.type == Type::kCname) aliases.insert(record.owner.wire());
  }
  auto merged = std::make_shared<ZoneRecords>();
  merged->source = file->source;
  merged->records = stored->records;
  for (const ZoneRecord& record : file->records) {
    const std::string_view owner = record.owner.wire();
    const bool replaced = sets.contains({owner, record.type}) || aliases.contains(owner) ||
                          (record.type == Type::kCname && names.contains(owner));
    if (replaced) {
      ignored->push_back(fmt::format("{}:{}: '{}': the control plane's records take its place",
                                     file->source, record.line, record.owner.ToString()));
    } else {
      merged->records.push_back(record);
    }
  }
  return merged;
}

std::shared_ptr<const std::vector<SteeringPolicy>> MergePolicies(
    std::shared_ptr<const std::vector<SteeringPolicy>> stored,
    std::shared_ptr<const std::vector<SteeringPolicy>> file) {
  if (stored == nullptr || stored->empty()) return file;
  if (file == nullptr || file->empty()) return stored;
  std::set<std::string_view> names;
  for (const SteeringPolicy& policy : *stored)
    names.insert(policy.names.begin(), policy.names.end());
  auto merged = std::make_shared<std::vector<SteeringPolicy>>(*stored);
  for (SteeringPolicy policy : *file) {
    std::erase_if(policy.names, [&](const std::string& name) { return names.contains(name); });
    if (!policy.names.empty()) merged->push_back(std::move(policy));
  }
  return merged;
}

void ViewZone::Read(const v1::View& from, TopologyView& view, std::vector<std::string>* ignored) {
  v1::View part;
  *part.mutable_records() = from.records();
  *part.mutable_policies() = from.policies();
  if (std::string bytes = part.SerializeAsString(); bytes != bytes_) {
    bytes_ = std::move(bytes);
    ReadRecords(from, ignored);
    ReadPolicies(from, ignored);
  }
  view.records = records_;
  view.policies = policies_;
}

// Name by name, so that one that cannot be read costs no other.
void ViewZone::ReadRecords(const v1::View& from, std::vector<std::string>* ignored) {
  records_.reset();
  if (from.records().empty()) return;
  auto records = std::make_shared<ZoneRecords>();
  records->source = kSource;
  const std::vector<v1::DnsRecord> all(from.records().begin(), from.records().end());
  for (size_t begin = 0, end; begin < all.size(); begin = end) {
    end = begin + 1;
    while (end < all.size() && all[end].name() == all[begin].name()) ++end;
    auto parsed = RecordsFromProto(std::span(all).subspan(begin, end - begin), limits_);
    if (!parsed.ok()) {
      ignored->push_back(fmt::format("'{}': {}", all[begin].name(), Message(parsed.status())));
      continue;
    }
    std::move(parsed->records.begin(), parsed->records.end(), std::back_inserter(records->records));
  }
  records_ = std::move(records);
}

// Names that are steered alike share a chain, which is what costs memory.
void ViewZone::ReadPolicies(const v1::View& from, std::vector<std::string>* ignored) {
  policies_.reset();
  if (from.policies().empty()) return;
  auto policies = std::make_shared<std::vector<SteeringPolicy>>();
  for (const v1::DnsPolicy& one : from.policies()) {
    auto policy = PolicyFromProto(one);
    if (!policy.ok()) {
      ignored->push_back(fmt::format("policy of '{}': {}", one.name(), Message(policy.status())));
      continue;
    }
    const auto same = std::find_if(policies->begin(), policies->end(),
                                   [&](const auto& other) { return SameButNames(*policy, other); });
    if (same != policies->end()) {
      same->names.push_back(std::move(policy->names.front()));
    } else if (policies->size() < limits_.policies_max) {
      policies->push_back(*std::move(policy));
    } else {
      ignored->push_back(fmt::format("policy of '{}': more than {} different ones", one.name(),
                                     limits_.policies_max));
    }
  }
  policies_ = std::move(policies);
}

}  // namespace terrella::dns
