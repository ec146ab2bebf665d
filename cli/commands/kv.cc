// kv get, put, delete, list, namespaces, bulk put: Workers KV from the command line. Writes go to
// where KV is kept; nodes see them when their copies are old enough.
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kValueBytesMax = 25 << 20;
constexpr size_t kBulkBytesMax = 100 << 20;
constexpr size_t kBulkEntriesMax = 10'000;   // of a file
constexpr size_t kBatchBytesMax = 20 << 20;  // of one message
constexpr int64_t kTtlSMin = 60, kTtlSMax = int64_t{10} * 365 * 24 * 3600;

int64_t NowS() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             SystemClock().WallNow().time_since_epoch())
      .count();
}

ExitCode RunGet(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::KvGetRequest request;
    request.set_namespace_(in.args.Text("NAMESPACE"));
    request.add_keys(in.args.Text("KEY"));
    const auto response = client.KvGet(request);
    if (!response.ok()) return in.out.Fail(response.status());
    if (response->entries_size() == 0) {
      return in.out.Fail(ExitCode::kFailed, "namespace '{}' has no key '{}'", request.namespace_(),
                         request.keys(0));
    }
    const v1::KvEntry& entry = response->entries(0);
    if (!in.out.json()) {
      in.out.Write(entry.value());
      return ExitCode::kOk;
    }
    Json json = {{"key", entry.key()}, {"value", entry.value()}};
    if (entry.expires_unix_s() != 0) json["expiration"] = entry.expires_unix_s();
    if (!entry.metadata().empty()) json["metadata"] = Json::parse(entry.metadata(), nullptr, false);
    in.out.Data("{}", json.dump(2, ' ', false, Json::error_handler_t::replace));
    return ExitCode::kOk;
  });
}

absl::StatusOr<v1::KvEntry> EntryOf(const Arguments& args) {
  v1::KvEntry entry;
  entry.set_key(args.Text("KEY"));
  if (args.Has("--path") == args.Has("VALUE"))
    return InvalidArgument("kv put: give a VALUE or --path FILE");
  if (const auto path = args.Find("--path")) {
    ASSIGN_OR_RETURN(*entry.mutable_value(), ReadFile(*path, kValueBytesMax));
  } else {
    entry.set_value(args.Text("VALUE"));
  }
  if (const auto metadata = args.Find("--metadata")) {
    if (!Json::accept(*metadata)) return InvalidArgument("kv put: --metadata is not JSON");
    entry.set_metadata(*metadata);
  }
  if (args.Has("--ttl")) entry.set_expires_unix_s(NowS() + args.Number("--ttl", 0));
  return entry;
}

ExitCode RunPut(Invocation& in) {
  const absl::StatusOr<v1::KvEntry> entry = EntryOf(in.args);
  if (!entry.ok()) {
    return in.out.FailLine(
        absl::IsInvalidArgument(entry.status()) ? ExitCode::kUsage : ExitCode::kFailed,
        Message(entry.status()));
  }
  return WithControl(in, [&](ControlClient& client) {
    v1::KvPutRequest request;
    request.set_namespace_(in.args.Text("NAMESPACE"));
    *request.add_entries() = *entry;
    const auto response = client.KvPut(request);
    if (!response.ok()) return in.out.Fail(response.status());
    in.out.Talk("wrote '{}' to {}, {}", entry->key(), request.namespace_(),
                FormatBytes(entry->value().size()));
    return ExitCode::kOk;
  });
}

ExitCode RunDelete(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::KvDeleteRequest request;
    request.set_namespace_(in.args.Text("NAMESPACE"));
    for (const std::string& key : in.args.All("KEY")) request.add_keys(key);
    const auto response = client.KvDelete(request);
    if (!response.ok()) return in.out.Fail(response.status());
    in.out.Talk("deleted {} key{} of {}", request.keys_size(), request.keys_size() == 1 ? "" : "s",
                request.namespace_());
    return ExitCode::kOk;
  });
}

Json ToJson(const v1::KvEntry& entry) {
  Json json = {{"name", entry.key()}};
  if (entry.expires_unix_s() != 0) json["expiration"] = entry.expires_unix_s();
  if (!entry.metadata().empty()) json["metadata"] = Json::parse(entry.metadata(), nullptr, false);
  return json;
}

ExitCode RunList(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::KvListRequest request;
    request.set_namespace_(in.args.Text("NAMESPACE"));
    request.set_prefix(in.args.Text("--prefix"));
    int64_t left = in.args.Number("--limit", 1'000'000);
    Json list = Json::array();
    while (left > 0) {
      request.set_limit(static_cast<uint32_t>(std::min<int64_t>(left, 1000)));
      const auto page = client.KvList(request);
      if (!page.ok()) return in.out.Fail(page.status());
      for (const v1::KvEntry& entry : page->entries()) {
        if (in.out.json()) {
          list.push_back(ToJson(entry));
        } else {
          in.out.Data("{}", entry.key());
        }
      }
      left -= page->entries_size();
      if (page->cursor().empty()) break;
      request.set_cursor(page->cursor());
    }
    if (in.out.json()) in.out.Data("{}", list.dump(2, ' ', false, Json::error_handler_t::replace));
    return ExitCode::kOk;
  });
}

ExitCode RunNamespaces(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto response = client.KvNamespaces();
    if (!response.ok()) return in.out.Fail(response.status());
    Json list = Json::array();
    TextTable table(
        {{"NAMESPACE"}, {"KEYS", TextTable::Align::kRight}, {"VALUES", TextTable::Align::kRight}});
    for (const v1::KvNamespaceSize& ns : response->namespaces()) {
      list.push_back({{"name", ns.name()}, {"keys", ns.keys()}, {"value_bytes", ns.value_bytes()}});
      table.AddRow({ns.name(), std::to_string(ns.keys()), FormatBytes(ns.value_bytes())});
    }
    if (in.out.json()) {
      in.out.Data("{}", list.dump(2));
    } else if (table.rows() == 0) {
      in.out.Talk("there is no KV namespace yet; 'terrella kv put NAMESPACE KEY VALUE' makes one");
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

// One element of a bulk file: {"key", "value", "metadata", "expiration", "expiration_ttl"}, as
// wrangler has it.
absl::StatusOr<v1::KvEntry> EntryOf(const Json& json, size_t index) {
  const auto bad = [&](std::string_view what) {
    return InvalidArgument("element {}: {}", index, what);
  };
  if (!json.is_object()) return bad("expected an object with \"key\" and \"value\"");
  if (!json.contains("key") || !json["key"].is_string()) return bad("\"key\" must be a string");
  if (!json.contains("value") || !json["value"].is_string())
    return bad("\"value\" must be a string");
  v1::KvEntry entry;
  entry.set_key(json["key"].get<std::string>());
  entry.set_value(json["value"].get<std::string>());
  if (json.contains("metadata")) entry.set_metadata(json["metadata"].dump());
  for (const auto& [name, base] :
       {std::pair{"expiration", int64_t{0}}, {"expiration_ttl", NowS()}}) {
    if (!json.contains(name)) continue;
    if (!json[name].is_number_integer())
      return bad(fmt::format("\"{}\" must be whole seconds", name));
    entry.set_expires_unix_s(base + json[name].get<int64_t>());
  }
  return entry;
}

absl::StatusOr<std::vector<v1::KvEntry>> ReadBulk(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kBulkBytesMax));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array())
    return InvalidArgument("{}: expected a JSON list of {{\"key\", \"value\"}}", path);
  if (json.size() > kBulkEntriesMax) {
    return InvalidArgument("{}: {} entries; at most {} are allowed", path, json.size(),
                           kBulkEntriesMax);
  }
  std::vector<v1::KvEntry> entries;
  for (size_t i = 0; i < json.size(); ++i) {
    auto entry = EntryOf(json[i], i);
    if (!entry.ok()) return InvalidArgument("{}: {}", path, Message(entry.status()));
    entries.push_back(*std::move(entry));
  }
  return entries;
}

ExitCode RunBulkPut(Invocation& in) {
  auto entries = ReadBulk(in.args.Text("FILE"));
  if (!entries.ok()) return in.out.FailLine(ExitCode::kFailed, Message(entries.status()));
  return WithControl(in, [&](ControlClient& client) {
    size_t written = 0;
    while (written < entries->size()) {
      v1::KvPutRequest request;
      request.set_namespace_(in.args.Text("NAMESPACE"));
      size_t bytes = 0;
      while (written + static_cast<size_t>(request.entries_size()) < entries->size() &&
             bytes < kBatchBytesMax) {
        v1::KvEntry& entry = (*entries)[written + static_cast<size_t>(request.entries_size())];
        bytes += entry.value().size() + entry.key().size() + entry.metadata().size();
        *request.add_entries() = std::move(entry);
      }
      const auto response = client.KvPut(request);
      if (!response.ok()) {
        in.out.Fail(response.status());
        return in.out.Fail(ExitCode::kFailed, "{} of {} entries are written", written,
                           entries->size());
      }
      written += static_cast<size_t>(request.entries_size());
      in.out.Progress(fmt::format("written {}/{}", written, entries->size()));
    }
    in.out.Talk("wrote {} entries to {}", written, in.args.Text("NAMESPACE"));
    return ExitCode::kOk;
  });
}

const Positional kNamespace = {.name = "NAMESPACE"};
const Positional kKey = {.name = "KEY"};

}  // namespace

Command KvGetCommand() {
  return {.name = "kv get",
          .group = "Data",
          .summary = "print a value of Workers KV",
          .details =
              "The value as it is kept, not a node's copy of it. Its bytes go to stdout unchanged.",
          .positionals = {kNamespace, kKey},
          .examples = {{"terrella kv get data logo > logo.png",
                        "any bytes; exit code 1 when there is no such key"}},
          .run = RunGet};
}

Command KvPutCommand() {
  return {.name = "kv put",
          .group = "Data",
          .summary = "write a value of Workers KV",
          .details =
              "Nodes see it when their copies are old enough: 60 s unless a worker's cacheTtl says "
              "otherwise.\n"
              "A namespace comes to be with its first write.",
          .positionals = {kNamespace, kKey, {.name = "VALUE", .required = false}},
          .flags = {{.name = "--path",
                     .value = "FILE",
                     .help = "the value's bytes",
                     .kind = ValueKind::kFile},
                    {.name = "--ttl",
                     .value = "SECONDS",
                     .help = "how long it is there",
                     .kind = ValueKind::kNumber,
                     .min = kTtlSMin,
                     .max = kTtlSMax},
                    {.name = "--metadata",
                     .value = "JSON",
                     .help = "what getWithMetadata() gives beside it"}},
          .examples = {{"terrella kv put settings theme dark",
                        "env.SETTINGS.get('theme') where SETTINGS = \"settings\""}},
          .run = RunPut};
}

Command KvDeleteCommand() {
  return {.name = "kv delete",
          .group = "Data",
          .summary = "delete keys of Workers KV",
          .positionals = {kNamespace, {.name = "KEY", .repeated = true}},
          .examples = {{"terrella kv delete data a b c", "several at once"}},
          .run = RunDelete};
}

Command KvListCommand() {
  return {
      .name = "kv list",
      .group = "Data",
      .summary = "list the keys of a namespace of Workers KV",
      .positionals = {kNamespace},
      .flags = {{.name = "--prefix", .value = "TEXT", .help = "only keys that begin so"},
                {.name = "--limit",
                 .value = "N",
                 .help = "at most so many",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 1'000'000}},
      .examples = {{"terrella kv list data --prefix user:", "keys with their metadata and expiry"}},
      .run = RunList};
}

Command KvNamespacesCommand() {
  return {.name = "kv namespaces",
          .group = "Data",
          .summary = "list the namespaces of Workers KV with their sizes",
          .examples = {{"terrella kv namespaces", "how much each holds"}},
          .run = RunNamespaces};
}

Command KvBulkPutCommand() {
  return {.name = "kv bulk-put",
          .group = "Data",
          .summary = "write many values of Workers KV from a JSON file",
          .details =
              "FILE is a list of {\"key\", \"value\", \"metadata\", \"expiration\", "
              "\"expiration_ttl\"}.",
          .positionals = {kNamespace, {.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella kv bulk-put data pairs.json",
                        "[{\"key\": \"a\", \"value\": \"1\"}, ...]"}},
          .run = RunBulkPut};
}

}  // namespace terrella::cli
