// data status, data forget: what the network model uses that people brought themselves.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/as_data.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/kept_data.h"
#include "cli/commands/world.h"
#include "sim/net/data_dir.h"
#include "sim/net/prefix_table.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextTable::Align;

struct Item {
  const char* name;  // as `data forget` takes it
  const char* what;
  std::string in_use;
  bool kept = false;  // else what comes with terrella
  std::string from, credit, problem;
  uint64_t bytes = 0;
};

uint64_t SizeOf(const std::filesystem::path& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

absl::StatusOr<Item> Prefixes(const std::filesystem::path& kept) {
  ASSIGN_OR_RETURN(const World world, LoadWorld());
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(const net::ChosenPrefixes chosen, net::ChoosePrefixes(data, world.places));
  Item item{.name = "cities", .what = "places of addresses"};
  item.kept = chosen.table->by_city();
  item.problem = chosen.passed_over;
  if (!item.kept) {
    item.in_use = fmt::format("{} ranges by country", chosen.table->range_count());
    item.from = "comes with terrella; 'terrella data pull' gets cities";
    item.credit = "Number Resource Organization, CC BY 4.0";
    item.bytes = SizeOf(data / "prefixes.bin");
    return item;
  }
  item.in_use = fmt::format("{} ranges by city, of {}", chosen.table->range_count(),
                            FormatDay(static_cast<int64_t>(chosen.table->built_unix_s())));
  const absl::StatusOr<PullNote> note = ReadPullNote(kept);
  item.from = note.ok()
                  ? fmt::format("{}, pulled {}", note->package, FormatDay(note->pulled_unix_s))
                  : "a file without a note";
  item.credit = "IP geolocation by DB-IP (https://db-ip.com), CC BY 4.0";
  item.bytes = SizeOf(kept / net::kCityPrefixesFile);
  return item;
}

absl::StatusOr<Item> Graph() {
  ASSIGN_OR_RETURN(const std::filesystem::path path, ImportedGraphPath());
  Item item{.name = "caida", .what = "graph of networks"};
  item.bytes = SizeOf(path);
  item.kept = item.bytes > 0;
  item.in_use = item.kept ? "the imported graph" : "a synthetic Internet";
  item.from = item.kept ? path.string() : "comes with terrella; 'terrella data import caida FILE'";
  if (item.kept) item.credit = "CAIDA AS Relationships: cite it, and tell CAIDA of publications";
  return item;
}

absl::StatusOr<Item> Pings(const std::filesystem::path& kept) {
  const std::filesystem::path folder = kept / kMeasuredFolder;
  Item item{.name = "wonderproxy", .what = "measured round trips"};
  item.bytes = SizeOf(folder / "cities.csv") + SizeOf(folder / "rtt_ms.csv");
  item.kept = item.bytes > 0;
  item.in_use = item.kept ? "by 'net validate'" : "none";
  item.from = item.kept ? folder.string() : "'terrella data import wonderproxy FILE'";
  if (item.kept) item.credit = "WonderNetwork; no licence to pass them on was seen";
  return item;
}

absl::StatusOr<std::vector<Item>> AllItems() {
  ASSIGN_OR_RETURN(const std::filesystem::path kept, KeptDataFolder());
  std::vector<Item> items;
  ASSIGN_OR_RETURN(items.emplace_back(), Prefixes(kept));
  ASSIGN_OR_RETURN(items.emplace_back(), Graph());
  ASSIGN_OR_RETURN(items.emplace_back(), Pings(kept));
  return items;
}

ExitCode RunStatus(Invocation& in) {
  const absl::StatusOr<std::vector<Item>> items = AllItems();
  if (!items.ok()) return in.out.Fail(items.status());
  Json list = Json::array();
  TextTable table({{"WHAT"}, {"IN USE"}, {"SIZE", Align::kRight}, {"FROM"}});
  for (const Item& item : *items) {
    list.push_back({{"name", item.name},
                    {"what", item.what},
                    {"in_use", item.in_use},
                    {"own", item.kept},
                    {"from", item.from},
                    {"credit", item.credit},
                    {"problem", item.problem},
                    {"bytes", item.bytes}});
    table.AddRow(
        {item.what, item.in_use, item.bytes > 0 ? FormatBytes(item.bytes) : "", item.from});
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(1));
    return ExitCode::kOk;
  }
  in.out.Write(table.ToString());
  for (const Item& item : *items) {
    if (!item.credit.empty()) in.out.Data("{}: {}", item.what, item.credit);
  }
  for (const Item& item : *items) {
    if (!item.problem.empty()) in.out.Talk("passed over: {}", item.problem);
  }
  return ExitCode::kOk;
}

ExitCode RunForget(Invocation& in) {
  const auto kept = KeptDataFolder();
  if (!kept.ok()) return in.out.Fail(kept.status());
  const std::string name = in.args.Text("NAME");
  std::vector<std::filesystem::path> files;
  if (name == "cities") files = {*kept / net::kCityPrefixesFile, *kept / kPullNoteFile};
  if (name == "caida") files = {*kept / "as-graph.bin"};
  if (name == "wonderproxy") {
    const std::filesystem::path folder = *kept / kMeasuredFolder;
    files = {folder / "cities.csv", folder / "rtt_ms.csv", folder};
  }
  bool gone = false;
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    gone |= std::filesystem::remove(file, error);
    if (error) {
      return in.out.Fail(ExitCode::kFailed, "cannot remove {}: {}", file.string(), error.message());
    }
  }
  if (!gone) return in.out.Fail(ExitCode::kFailed, "there is no '{}' to forget", name);
  in.out.Talk("forgotten; processes that run keep it until they end");
  return ExitCode::kOk;
}

}  // namespace

Command DataStatusCommand() {
  return {
      .name = "data status",
      .group = "Network model",
      .summary = "what data the network model uses, from when, and whom to credit",
      .examples = {{"terrella data status", "whether addresses are known by city or by country"}},
      .run = RunStatus};
}

Command DataForgetCommand() {
  return {.name = "data forget",
          .group = "Network model",
          .summary = "go back to the data that comes with terrella",
          .positionals = {{.name = "NAME",
                           .kind = ValueKind::kChoice,
                           .choices = {"cities", "caida", "wonderproxy"}}},
          .examples = {{"terrella data forget cities", "addresses are known by country again"}},
          .run = RunForget};
}

}  // namespace terrella::cli
