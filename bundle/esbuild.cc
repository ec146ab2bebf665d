#include "bundle/esbuild.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/status.h"
#include "base/subprocess.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Older ones lack what is asked of them here (alias, copy, import.meta of packages).
constexpr int kMinorMin = 19;
constexpr size_t kOutputBytesMax = 64 << 20;
constexpr size_t kMapBytesMax = 64 << 20;

fs::path CacheFolder() {
  if (const char* cache = getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return fs::path(cache) / "terrella";
  }
  const char* home = getenv("HOME");
  return fs::path(home != nullptr ? home : "/tmp") / ".cache" / "terrella";
}

// npm's name of this machine: "linux-x64".
std::string Platform() {
  utsname name{};
  uname(&name);
  const std::string_view machine = name.machine;
  return machine == "aarch64" ? "linux-arm64" : "linux-x64";
}

// The project's own program, looked for as Node.js looks for packages; "" when there is none.
fs::path ProjectsOwn(const fs::path& project) {
  std::error_code error;
  for (fs::path folder = fs::absolute(project, error);; folder = folder.parent_path()) {
    const fs::path package = folder / "node_modules" / "esbuild" / "package.json";
    const fs::path program = folder / "node_modules" / "@esbuild" / Platform() / "bin" / "esbuild";
    if (auto text = ReadFile(package, 1 << 20); text.ok() && fs::exists(program, error)) {
      const json parsed = json::parse(*text, nullptr, /*allow_exceptions=*/false);
      const std::string version = parsed.is_object() ? parsed.value("version", "") : "";
      if (version.starts_with("0.") && std::atoi(version.c_str() + 2) >= kMinorMin) return program;
    }
    if (folder == folder.root_path() || folder.empty()) return {};
  }
}

// npm puts the package beside the cache's place, and it is moved there whole.
absl::Status Fetch(const fs::path& into) {
  std::error_code error;
  fs::create_directories(into.parent_path(), error);
  std::string staging = into.string() + ".XXXXXX";
  if (mkdtemp(staging.data()) == nullptr)
    return Unavailable("cannot write to {}", into.parent_path().string());
  const std::string package = fmt::format("@esbuild/{}@{}", Platform(), kEsbuildVersion);
  auto done = RunSubprocess({.argv = {"npm", "install", "--silent", "--no-audit", "--no-fund",
                                      "--ignore-scripts", "--prefix", staging, package},
                             .timeout = std::chrono::minutes(3)});
  absl::Status status;
  if (!done.ok()) {
    status = Unavailable("{}", Message(done.status()));
  } else if (done->exit_code != 0) {
    status = Unavailable("npm could not install {}: {}", package, done->err.substr(0, 500));
  } else {
    fs::rename(staging, into, error);
    if (!error || fs::exists(into)) return absl::OkStatus();  // somebody else may have been quicker
    status = Unavailable("cannot write to {}: {}", into.string(), error.message());
  }
  fs::remove_all(staging, error);
  return status;
}

std::string_view LoaderName(v1::ModuleKind kind) {
  return kind == v1::MODULE_KIND_ESM ? "js" : "copy";
}

// The project's paths may hold anything, so every value is one argument of its own and no shell is
// asked.
std::vector<std::string> Arguments(const EsbuildJob& job, const fs::path& out) {
  const BuildOptions& options = job.options;
  std::vector<std::string> words = {
      "./" + job.entry,
      "--bundle",
      "--format=esm",
      "--target=es2022",
      "--platform=neutral",
      "--conditions=workerd,worker,browser",
      "--main-fields=browser,module,main",
      "--outdir=" + out.string(),
      "--entry-names=[name]",
      "--asset-names=[name]-[hash]",
      "--sourcemap=external",
      "--sources-content=false",
      "--metafile=" + (out / "meta.json").string(),
      "--log-level=warning",
      "--log-limit=20",
      "--color=false",
      "--external:node:*",
      "--external:cloudflare:*",
      "--external:terrella:*",
      "--external:__STATIC_CONTENT_MANIFEST",
      "--loader:.js=jsx",
      "--loader:.mjs=jsx",
      "--loader:.cjs=jsx",
      fmt::format("--define:process.env.NODE_ENV=\"{}\"",
                  job.development ? "development" : "production"),
      "--define:navigator.userAgent=\"Cloudflare-Workers\"",
  };
  if (options.keep_names) words.emplace_back("--keep-names");
  if (options.minify) words.emplace_back("--minify");
  if (!options.tsconfig.empty()) words.push_back("--tsconfig=" + options.tsconfig);
  if (!options.jsx_factory.empty()) words.push_back("--jsx-factory=" + options.jsx_factory);
  if (!options.jsx_fragment.empty()) words.push_back("--jsx-fragment=" + options.jsx_fragment);
  for (const auto& [name, value] : options.define)
    words.push_back(fmt::format("--define:{}={}", name, value));
  for (const auto& [name, value] : options.alias)
    words.push_back(fmt::format("--alias:{}={}", name, value));
  std::set<std::string_view> extensions;
  const std::vector<ModuleRule> rules = WithDefaults(options.rules);
  for (const ModuleRule& rule : rules) {
    for (const std::string& glob : rule.globs) {
      const std::string_view extension = ExtensionOfGlob(glob);
      if (extension.empty() || !extensions.insert(extension).second) continue;
      words.push_back(fmt::format("--loader:{}={}", extension, LoaderName(rule.kind)));
    }
  }
  if (job.node_modules) {
    for (const std::string& name : NodeModuleNames()) {
      const bool own = std::any_of(options.alias.begin(), options.alias.end(),
                                   [&](const auto& alias) { return alias.first == name; });
      if (!own) words.push_back(fmt::format("--alias:{}=node:{}", name, name));
    }
  }
  return words;
}

// The map with its sources relative to the project, `lines` lines further down, and without what
// nobody reads.
std::string TidyMap(const std::string& text, const fs::path& out, const fs::path& project,
                    size_t lines) {
  const json map = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!map.is_object() || !map.contains("mappings") || !map["mappings"].is_string()) return "";
  json sources = json::array();
  for (const json& source : map.value("sources", json::array())) {
    const std::string path = source.is_string() ? source.get<std::string>() : "";
    sources.push_back((out / path).lexically_normal().lexically_relative(project).generic_string());
  }
  return json{{"version", 3},
              {"sources", std::move(sources)},
              {"names", json::array()},
              {"mappings", std::string(lines, ';') + map["mappings"].get<std::string>()}}
      .dump();
}

// A folder that goes with its content.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "terrella-bundle-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = fs::canonical(pattern);
  }
  ~Scratch() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// What esbuild says about its inputs and outputs.
struct Meta {
  std::string main;  // file name of the entry's module
  bool has_exports = false;
  bool requires_builtins = false;
  std::vector<std::string> assets;  // file names of the other outputs
  std::vector<std::string> inputs;  // paths within the project
};

absl::StatusOr<Meta> ReadMeta(const fs::path& file) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMapBytesMax));
  const json meta = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!meta.is_object() || !meta.contains("outputs"))
    return Internal("esbuild's metafile is not as expected");
  Meta out;
  for (const auto& [path, output] : meta["outputs"].items()) {
    const std::string name = fs::path(path).filename().string();
    if (!output.contains("entryPoint")) {
      if (!name.ends_with(".js.map")) out.assets.push_back(name);
      continue;
    }
    out.main = name;
    out.has_exports = !output.value("exports", json::array()).empty();
    for (const json& import : output.value("imports", json::array())) {
      out.requires_builtins |=
          import.value("kind", "") == "require-call" && import.value("external", false);
    }
  }
  const json inputs = meta.value("inputs", json::object());
  for (const auto& [path, input] : inputs.items()) {
    if (path.find("node_modules/") != std::string::npos) continue;
    out.inputs.push_back(path.substr(0, path.find('?')));
  }
  if (out.main.empty()) return Internal("esbuild's metafile names no entry point");
  return out;
}

// CommonJS packages ask for Node.js's modules by require(), which modules do not have.
constexpr std::string_view kRequire =
    "import { createRequire as __createRequire } from \"node:module\"; const require = "
    "__createRequire(\"/\");\n";

absl::StatusOr<EsbuildOutput> Collect(const EsbuildJob& job, const fs::path& project,
                                      const fs::path& out) {
  ASSIGN_OR_RETURN(const Meta meta, ReadMeta(out / "meta.json"));
  EsbuildOutput output;
  output.has_exports = meta.has_exports;
  ASSIGN_OR_RETURN(std::string main, ReadFile(out / meta.main, kOutputBytesMax));
  if (meta.requires_builtins) main.insert(0, kRequire);
  output.files.push_back({meta.main, v1::MODULE_KIND_ESM, std::move(main)});
  if (auto map = ReadFile(out / (meta.main + ".map"), kMapBytesMax); map.ok()) {
    std::string tidy = TidyMap(*map, out, project, meta.requires_builtins ? 1 : 0);
    if (!tidy.empty()) {
      output.files.push_back({meta.main + ".map", v1::MODULE_KIND_SOURCE_MAP, std::move(tidy)});
    }
  }
  const std::vector<ModuleRule> rules = WithDefaults(job.options.rules);
  for (const std::string& name : meta.assets) {
    ASSIGN_OR_RETURN(std::string content, ReadFile(out / name, kOutputBytesMax));
    // Rules speak of paths in the project; of a copied file only the name is left, and its
    // extension is what made esbuild copy it.
    v1::ModuleKind kind = KindByRules(rules, name).value_or(v1::MODULE_KIND_DATA);
    for (const ModuleRule& rule : rules) {
      const bool by_extension =
          std::any_of(rule.globs.begin(), rule.globs.end(), [&](const std::string& glob) {
            const std::string_view extension = ExtensionOfGlob(glob);
            return !extension.empty() && name.ends_with(extension);
          });
      if (!by_extension) continue;
      kind = rule.kind;
      break;
    }
    output.files.push_back({name, kind, std::move(content)});
  }
  for (const std::string& input : meta.inputs) output.inputs.push_back(project / input);
  return output;
}

}  // namespace

std::vector<std::string> NodeModuleNames() {
  return {"assert",
          "async_hooks",
          "buffer",
          "child_process",
          "cluster",
          "console",
          "constants",
          "crypto",
          "dgram",
          "diagnostics_channel",
          "dns",
          "domain",
          "events",
          "fs",
          "http",
          "http2",
          "https",
          "inspector",
          "module",
          "net",
          "os",
          "path",
          "perf_hooks",
          "process",
          "punycode",
          "querystring",
          "readline",
          "repl",
          "stream",
          "string_decoder",
          "sys",
          "timers",
          "tls",
          "trace_events",
          "tty",
          "url",
          "util",
          "v8",
          "vm",
          "wasi",
          "worker_threads",
          "zlib"};
}

absl::StatusOr<fs::path> FindEsbuild(const fs::path& project) {
  if (const char* given = getenv("TERRELLA_ESBUILD"); given != nullptr && *given != '\0')
    return fs::path(given);
  if (fs::path own = ProjectsOwn(project); !own.empty()) return own;
  const fs::path folder = CacheFolder() / fmt::format("esbuild-{}", kEsbuildVersion);
  const fs::path program = folder / "node_modules" / "@esbuild" / Platform() / "bin" / "esbuild";
  std::error_code error;
  if (!fs::exists(program, error)) {
    if (absl::Status fetched = Fetch(folder); !fetched.ok()) {
      return Unavailable(
          "bundling needs esbuild {}, which is neither in the project's node_modules nor in {}: "
          "{}. Run 'npm "
          "install --save-dev esbuild' in the project, or set TERRELLA_ESBUILD to the program",
          kEsbuildVersion, folder.string(), Message(fetched));
    }
  }
  if (!fs::exists(program, error)) return Unavailable("{} is not there", program.string());
  return program;
}

absl::StatusOr<EsbuildOutput> RunEsbuild(const EsbuildJob& job) {
  ASSIGN_OR_RETURN(const fs::path program, FindEsbuild(job.project));
  const Scratch scratch;
  if (scratch.path().empty()) return Unavailable("cannot make a temporary folder");
  std::error_code error;
  const fs::path project = fs::canonical(job.project, error);
  if (error) return NotFound("{}: {}", job.project.string(), error.message());
  std::vector<std::string> argv = Arguments(job, scratch.path());
  argv.insert(argv.begin(), program.string());
  absl::StatusOr<SubprocessResult> ran = RunSubprocess({.argv = std::move(argv), .cwd = project});
  if (absl::IsNotFound(ran.status())) return Unavailable("{}", Message(ran.status()));
  ASSIGN_OR_RETURN(SubprocessResult done, std::move(ran));
  while (done.err.ends_with('\n')) done.err.pop_back();
  if (done.exit_code != 0) {
    const bool node = done.err.find("is built into node") != std::string::npos;
    return InvalidArgument(
        "{}{}", done.err.empty() ? "esbuild failed without a word" : done.err,
        node ? "\n  Node.js's own modules need compatibility_flags = [\"nodejs_compat\"]" : "");
  }
  ASSIGN_OR_RETURN(EsbuildOutput output, Collect(job, project, scratch.path()));
  output.warnings = std::move(done.err);
  return output;
}

}  // namespace terrella::bundle
