// dns record add, list, remove: records beside the routes, in the control plane's store.
#include <absl/strings/str_join.h>

#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_change.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// A shell takes "10 mail" apart; as content it is one.
std::string Content(const Invocation& in) {
  return absl::StrJoin(in.args.All("CONTENT"), " ");
}

ExitCode RunAdd(Invocation& in) {
  v1::AddDnsRecordRequest request;
  request.mutable_record()->set_name(in.args.Text("NAME"));
  request.mutable_record()->set_type(in.args.Text("TYPE"));
  request.mutable_record()->set_content(Content(in));
  if (in.args.Has("--ttl")) request.set_ttl_s(static_cast<uint32_t>(in.args.Number("--ttl", 0)));
  request.set_request_id(DnsRequestId(in));
  return WithControl(in, [&](ControlClient& client) {
    return Report(in, client.AddDnsRecord(request), {.done = "added; routers answer with it now"});
  });
}

ExitCode RunRemove(Invocation& in) {
  v1::RemoveDnsRecordsRequest request;
  request.set_name(in.args.Text("NAME"));
  request.set_type(in.args.Text("TYPE"));
  request.set_content(Content(in));
  request.set_request_id(DnsRequestId(in));
  return WithControl(in, [&](ControlClient& client) {
    return Report(in, client.RemoveDnsRecords(request),
                  {.done = "removed; who holds an answer forgets it with its TTL"});
  });
}

ExitCode RunList(Invocation& in) {
  v1::ListDnsRecordsRequest request;
  request.set_name(in.args.Text("NAME"));
  return WithControl(in, [&](ControlClient& client) {
    const auto response = client.ListDnsRecords(request);
    if (!response.ok()) return in.out.Fail(response.status());
    Json rows = Json::array();
    TextTable table(
        {{"NAME"}, {"TTL", TextTable::Align::kRight}, {"TYPE"}, {"CONTENT"}, {"CHANGED"}});
    for (const v1::StoredDnsRecord& stored : response->records()) {
      const v1::DnsRecord& record = stored.record();
      rows.push_back({{"name", record.name()},
                      {"ttl_s", record.ttl_s()},
                      {"type", record.type()},
                      {"content", record.content()},
                      {"changed_unix_ms", stored.last_change().unix_ms()},
                      {"request_id", stored.last_change().request_id()}});
      table.AddRow({record.name(), std::to_string(record.ttl_s()), record.type(), record.content(),
                    FormatTime(stored.last_change().unix_ms())});
    }
    if (in.out.json()) {
      in.out.Data("{}", Json{{"records", std::move(rows)}}.dump(2));
    } else if (rows.empty()) {
      in.out.Talk("no records; 'terrella dns record add NAME TYPE CONTENT' makes one");
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command DnsRecordAddCommand() {
  return {
      .name = "dns record add",
      .group = "DNS",
      .summary = "put a record into the zone, on every router at once",
      .positionals = {{.name = "NAME"}, {.name = "TYPE"}, {.name = "CONTENT", .repeated = true}},
      .flags = {{.name = "--ttl",
                 .value = "S",
                 .help = "of the name's whole set of the type (default: the set's, else 3600)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 0x7fffffff},
                DnsRequestIdFlag()},
      .examples = {{"terrella dns record add www.edge.test CNAME hello.edge.test", "an alias"},
                   {"terrella dns record add @ MX 10 mail.edge.test", "@ is the zone itself"},
                   {"terrella dns record add hello.edge.test TXT '\"a text\"' --ttl 60",
                    "beside a route; its addresses stay steered"}},
      .run = RunAdd};
}

Command DnsRecordListCommand() {
  return {.name = "dns record list",
          .group = "DNS",
          .summary = "the records people put into the zone",
          .positionals = {{.name = "NAME", .required = false}},
          .examples = {{"terrella dns record list _mail.edge.test", "those of one name"}},
          .run = RunList};
}

Command DnsRecordRemoveCommand() {
  return {.name = "dns record remove",
          .group = "DNS",
          .summary = "take records out of the zone: one, all of a type, or all of a name",
          .positionals = {{.name = "NAME"},
                          {.name = "TYPE", .required = false},
                          {.name = "CONTENT", .required = false, .repeated = true}},
          .flags = {DnsRequestIdFlag()},
          .examples = {{"terrella dns record remove _mail.edge.test TXT",
                        "all TXT records of the name"}},
          .run = RunRemove};
}

}  // namespace terrella::cli
