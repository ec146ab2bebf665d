#include "cli/commands/dry_run.h"

#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/app/text_table.h"

namespace terrella::cli {
namespace {

// --outdir: every module as a file.
absl::Status WriteModules(const bundle::Bundle& code, const std::filesystem::path& folder) {
  for (const v1::Module& module : code.version.modules()) {
    RETURN_IF_ERROR(WriteFileAtomic(folder / module.name(), code.blobs.at(module.sha256())));
  }
  return absl::OkStatus();
}

std::string KindName(v1::ModuleKind kind) {
  std::string name = v1::ModuleKind_Name(kind).substr(std::string_view("MODULE_KIND_").size());
  for (char& c : name) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c & 0xff));
  return name;
}

}  // namespace

ExitCode DryRun(Invocation& in, const bundle::Bundle& code) {
  if (in.args.Has("--outdir")) {
    const absl::Status written = WriteModules(code, in.args.Text("--outdir"));
    if (!written.ok()) return in.out.Fail(written);
  }
  const v1::Version& version = code.version;
  if (in.out.json()) {
    auto modules = nlohmann::ordered_json::array();
    for (const v1::Module& module : version.modules()) {
      modules.push_back({{"name", module.name()},
                         {"kind", KindName(module.kind())},
                         {"size_bytes", module.size_bytes()}});
    }
    in.out.Data("{}", nlohmann::ordered_json{{"script", version.script()},
                                             {"version", version.id()},
                                             {"main", version.main_module()},
                                             {"modules", std::move(modules)},
                                             {"assets", version.assets().files()},
                                             {"routes", code.routes},
                                             {"size_bytes", code.total_bytes},
                                             {"warnings", code.warnings}}
                          .dump(2));
    return ExitCode::kOk;
  }
  in.out.Data("{}", version.id());
  TextTable table({{"module"}, {"kind"}, {"size", TextTable::Align::kRight}});
  for (const v1::Module& module : version.modules()) {
    table.AddRow({module.name() + (module.name() == version.main_module() ? " (main)" : ""),
                  KindName(module.kind()), FormatBytes(module.size_bytes())});
  }
  if (table.rows() > 0) in.out.Talk("{}", table.ToString());
  if (version.has_assets()) {
    in.out.Talk("{} assets, {}", version.assets().files(),
                FormatBytes(version.assets().total_bytes()));
  }
  in.out.Talk("{}: {} in all; nothing was deployed", version.script(),
              FormatBytes(code.total_bytes));
  return ExitCode::kOk;
}

}  // namespace terrella::cli
