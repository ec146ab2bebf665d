#include "edge_node/control/dev_source.h"

#include <uv.h>

#include <chrono>
#include <set>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge_node/control/live_script.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;

constexpr Duration kSettle = std::chrono::milliseconds(30);

}  // namespace

struct DevSource::Watcher {
  uv_fs_event_t handle;
  DevSource* owner;
};

absl::StatusOr<DevSource::Loaded> DevSource::Load(const Options& options) {
  ASSIGN_OR_RETURN(bundle::Bundle bundle, bundle::LoadBundle(options.path, options.load));
  return Accept(std::move(bundle), options);
}

absl::StatusOr<DevSource::Loaded> DevSource::Accept(bundle::Bundle bundle, const Options& options) {
  auto read = [&](std::string_view sha256) -> absl::StatusOr<std::string> {
    return bundle.blobs.at(std::string(sha256));
  };
  // Nobody is far from their own machine.
  ASSIGN_OR_RETURN(auto script, MakeLiveScript(bundle.version, "", VersionLimits(), read));
  if (script->has_worker()) RETURN_IF_ERROR(options.check(*script->code));
  return Loaded{std::move(script),
                std::move(bundle.watch),
                std::move(bundle.asset_files),
                {bundle.version.crons().begin(), bundle.version.crons().end()}};
}

std::shared_ptr<const ServingState> DevSource::StateOf(std::shared_ptr<const LiveScript> script,
                                                       uint64_t revision) {
  auto state = std::make_shared<ServingState>();
  const std::string name = script->code->script;
  state->revision = revision;
  state->routes = RoutingTable({{"*/*", name}});
  // What it binds is there: nothing is kept from one configuration to the next but by its names.
  for (const runtime::Binding& binding : script->code->bindings) {
    if (binding.kind != runtime::BindingKind::kActor) continue;
    if (!binding.entrypoint.empty() && binding.entrypoint != name) continue;
    state->actors.Add({name, binding.value}, fmt::format("{}/{}", name, binding.value));
  }
  state->scripts.emplace(name, LiveDeployment(std::move(script)));
  return state;
}

DevSource::DevSource(EventLoop& loop, Options options, const Loaded& first)
    : loop_(loop),
      options_(std::move(options)),
      version_id_(first.script->code->version_id),
      settle_(loop, [this] { Reload(); }) {
  Watch(first.watch);
  // What changed between the first reading and the first watch.
  settle_.Start(kSettle);
}

DevSource::~DevSource() {
  for (auto& [folder, watcher] : watchers_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&watcher->handle),
             [](uv_handle_t* handle) { delete static_cast<Watcher*>(handle->data); });
  }
}

void DevSource::Watch(const std::vector<fs::path>& paths) {
  std::error_code error;
  // Folders, not files: editors replace a file by renaming another over it.
  std::set<std::string> folders;
  for (const fs::path& path : paths) {
    const bool folder = fs::is_directory(path, error);
    const fs::path absolute = fs::absolute(folder ? path : path.parent_path() / ".", error);
    std::string name = absolute.lexically_normal().string();
    if (name.size() > 1 && name.ends_with('/')) name.pop_back();
    folders.insert(std::move(name));
  }
  for (const std::string& folder : folders) {
    if (watchers_.contains(folder)) continue;
    auto watcher = std::make_unique<Watcher>();
    watcher->owner = this;
    watcher->handle.data = watcher.get();
    uv_fs_event_init(loop_.uv(), &watcher->handle);
    Watcher* raw = watchers_[folder] = watcher.release();
    const int failed = uv_fs_event_start(
        &raw->handle,
        [](uv_fs_event_t* handle, const char*, int, int) {
          static_cast<Watcher*>(handle->data)->owner->settle_.Start(kSettle);
        },
        folder.c_str(), 0);
    if (failed != 0) LogWarn("cannot watch {}: {}", folder, uv_strerror(failed));
  }
}

void DevSource::Reload() {
  const MonotonicTime start = loop_.Now();
  absl::StatusOr<Loaded> loaded = Load(options_);
  if (!loaded.ok()) {
    const std::string error(Message(loaded.status()));
    if (error != last_error_) LogError("not reloaded, the version before it goes on: {}", error);
    last_error_ = error;
    return;
  }
  last_error_.clear();
  Watch(loaded->watch);
  if (loaded->script->code->version_id == version_id_) return;
  version_id_ = loaded->script->code->version_id;
  if (options_.assets != nullptr) options_.assets->SetFiles(std::move(loaded->asset_files));
  options_.activate(StateOf(loaded->script, ++revision_));
  options_.set_crons(loaded->script->code->script, loaded->crons);
  LogInfo("reloaded {} in {:.1f} ms", options_.path.string(), ToMs(loop_.Now() - start));
}

}  // namespace terrella::edge
