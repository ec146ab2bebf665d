#include "bundle/version_id.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace terrella::bundle {
namespace {

// Appends fields so that no two different sequences of fields give the same bytes.
class FieldWriter {
 public:
  FieldWriter& Number(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  FieldWriter& Bytes(std::string_view bytes) {
    Number(bytes.size());
    out_.append(bytes);
    return *this;
  }
  std::string Take() { return std::move(out_); }
  const std::string& view() const { return out_; }

 private:
  std::string out_;
};

// Hashes a set: its members in the order of their encodings.
template <class Range, class Encode>
void WriteSet(FieldWriter& out, const Range& range, Encode encode) {
  std::vector<std::string> members;
  for (const auto& member : range) {
    FieldWriter one;
    encode(one, member);
    members.push_back(one.Take());
  }
  std::sort(members.begin(), members.end());
  out.Number(members.size());
  for (const std::string& member : members) out.Bytes(member);
}

void WriteBinding(FieldWriter& out, const v1::Binding& binding) {
  out.Bytes(binding.name()).Number(binding.value_case());
  out.Bytes(binding.entrypoint()).Bytes(binding.props_json());
  switch (binding.value_case()) {
    case v1::Binding::kText:
      out.Bytes(binding.text());
      break;
    case v1::Binding::kJson:
      out.Bytes(binding.json());
      break;
    case v1::Binding::kService:
      out.Bytes(binding.service());
      break;
    case v1::Binding::kModule:
      out.Bytes(binding.module());
      break;
    case v1::Binding::kKvNamespace:
      out.Bytes(binding.kv_namespace().id());
      break;
    case v1::Binding::kDurableObject:
      out.Bytes(binding.durable_object().class_name()).Bytes(binding.durable_object().script());
      break;
    case v1::Binding::kRateLimit:
      out.Bytes(binding.rate_limit().namespace_id());
      out.Number(binding.rate_limit().limit()).Number(binding.rate_limit().period_s());
      break;
    case v1::Binding::kUnsupported:
      out.Bytes(binding.unsupported());
      break;
    case v1::Binding::kSite:
      out.Bytes(binding.site());
      break;
    case v1::Binding::kAssets:
    case v1::Binding::kVersionMetadata:
    case v1::Binding::VALUE_NOT_SET:
      break;
  }
}

void WriteMigration(FieldWriter& out, const v1::Migration& migration) {
  out.Bytes(migration.tag());
  for (const auto* names :
       {&migration.new_classes(), &migration.new_sqlite_classes(), &migration.deleted_classes()}) {
    WriteSet(out, *names, [](FieldWriter& o, const std::string& name) { o.Bytes(name); });
  }
  for (const auto* moves : {&migration.renamed_classes(), &migration.transferred_classes()}) {
    WriteSet(out, *moves, [](FieldWriter& o, const v1::ClassMove& move) {
      o.Bytes(move.from_script()).Bytes(move.from()).Bytes(move.to());
    });
  }
}

void WriteOrigin(FieldWriter& out, const v1::Origin& origin) {
  out.Bytes(origin.host()).Bytes(origin.address()).Bytes(origin.place());
  WriteSet(out, origin.rtts(), [](FieldWriter& o, const v1::PopRtt& rtt) {
    o.Bytes(rtt.pop()).Number(std::bit_cast<uint64_t>(rtt.rtt_ms()));
  });
  // Only when there, so that ids from before stay what they were.
  if (origin.tls()) out.Bytes("tls").Bytes(origin.ca_pem());
}

void WriteAssets(FieldWriter& out, const v1::StaticAssets& assets) {
  out.Bytes("assets").Bytes(assets.manifest_sha256()).Number(assets.manifest_bytes());
  out.Number(static_cast<uint64_t>(assets.html_handling()));
  out.Number(static_cast<uint64_t>(assets.not_found_handling()));
  out.Number(assets.run_worker_first() ? 1 : 0);
  WriteSet(out, assets.worker_first_paths(),
           [](FieldWriter& o, const std::string& path) { o.Bytes(path); });
}

void WriteObservability(FieldWriter& out, const v1::Observability& asked) {
  out.Bytes("observability").Number(asked.logs() ? 1 : 0);
  out.Number(std::bit_cast<uint64_t>(asked.head_sampling_rate()));
  out.Number(asked.only_with_logs() ? 1 : 0);
}

}  // namespace

std::string VersionId(const v1::Version& version) {
  FieldWriter out;
  out.Bytes("terrella.v1.Version").Bytes(version.script()).Bytes(version.main_module());
  WriteSet(out, version.modules(), [](FieldWriter& o, const v1::Module& module) {
    o.Bytes(module.name()).Number(module.kind()).Bytes(module.sha256()).Number(module.size_bytes());
  });
  WriteSet(out, version.bindings(), WriteBinding);
  WriteSet(out, version.origins(), WriteOrigin);
  const v1::WorkerLimits& limits = version.limits();
  out.Number(limits.cpu_ms()).Number(limits.startup_cpu_ms());
  out.Number(limits.heap_bytes()).Number(limits.subrequests());
  out.Bytes(version.compatibility_date());
  WriteSet(out, version.compatibility_flags(),
           [](FieldWriter& o, const std::string& flag) { o.Bytes(flag); });
  WriteSet(out, version.crons(), [](FieldWriter& o, const std::string& cron) { o.Bytes(cron); });
  out.Number(static_cast<uint64_t>(version.migrations_size()));
  for (const v1::Migration& migration : version.migrations()) WriteMigration(out, migration);
  if (version.has_assets()) WriteAssets(out, version.assets());
  if (version.has_observability()) WriteObservability(out, version.observability());
  return ToHex(Sha256(out.view()).substr(0, 16));
}

}  // namespace terrella::bundle
