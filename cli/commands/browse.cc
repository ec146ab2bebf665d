// browse: a browser whose user is somewhere else.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/event_loop.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "cli/app/interrupt.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "sim/visit/city_gate.h"
#include "sim/visit/http_url.h"

namespace terrella::cli {
namespace {

constexpr Duration kAsLongAsOneLikes = std::chrono::hours(24 * 30);

// A profile of its own, gone with the browser: nothing it learnt of these names stays.
class Profile {
 public:
  static absl::StatusOr<Profile> Make() {
    std::string name = (std::filesystem::temp_directory_path() / "terrella-browse-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return Unavailable("cannot make a folder like {}", name);
    return Profile(name);
  }
  explicit Profile(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Profile(Profile&& from) noexcept : folder_(std::exchange(from.folder_, {})) {}
  Profile& operator=(Profile&&) = delete;
  ~Profile() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// The gate's loop, on a thread of its own.
class OpenGate {
 public:
  static absl::StatusOr<std::unique_ptr<OpenGate>> Start(const sim::CityGateOptions& options) {
    auto open = std::make_unique<OpenGate>();
    ASSIGN_OR_RETURN(open->gate_, sim::CityGate::Start(open->loop_, options));
    open->address_ = open->gate_->address();
    open->thread_ = std::thread([loop = &open->loop_] { loop->Run(); });
    return open;
  }
  ~OpenGate() {
    if (!thread_.joinable()) return;
    loop_.Post([this] {
      gate_.reset();
      loop_.Stop();
    });
    thread_.join();
  }
  const SocketAddress& address() const { return address_; }

 private:
  EventLoop loop_;
  std::unique_ptr<sim::CityGate> gate_;
  SocketAddress address_;
  std::thread thread_;
};

// Chromium's options (and of browsers made of it).
std::vector<std::string> BrowserCommand(const Invocation& in, const Profile& profile,
                                        const SocketAddress& gate, const std::string& zone) {
  std::vector<std::string> argv = {
      in.args.Text("--browser", "chromium"), "--user-data-dir=" + profile.folder().string(),
      "--no-first-run", "--no-default-browser-check",
      fmt::format("--host-resolver-rules=MAP *.{} {}", zone, gate.ToString())};
  for (const std::string& argument : in.args.All("--browser-arg")) argv.push_back(argument);
  argv.push_back(in.args.Text("URL"));
  return argv;
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<sim::HttpUrl> url = sim::ParseHttpUrl(in.args.Text("URL"));
  if (!url.ok()) return in.out.Fail(ExitCode::kUsage, "browse: {}", Message(url.status()));
  if (!in.args.Has("--from")) {
    return in.out.Fail(ExitCode::kUsage, "browse: --from CITY is missing: where is the person?");
  }
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const absl::StatusOr<net::Place> from = world->places->Find(in.args.Text("--from"));
  if (!from.ok())
    return in.out.Fail(ExitCode::kUsage, "browse: --from: {}", Message(from.status()));
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  if (!url->host.ends_with("." + record->zone)) {
    return in.out.Fail(ExitCode::kUsage, "browse: {} is outside the network's zone {}", url->host,
                       record->zone);
  }
  Interrupt interrupt;  // before the gate's thread
  const auto gate = OpenGate::Start(
      {.ingress = {IpAddress::V4(0x7f000001), record->http_port}, .city = from->city});
  if (!gate.ok()) return in.out.Fail(gate.status());
  const absl::StatusOr<Profile> profile = Profile::Make();
  if (!profile.ok()) return in.out.Fail(profile.status());
  in.out.Talk("a browser in {}, {}; it ends with its last window or Ctrl-C", from->name,
              from->country);
  const absl::StatusOr<SubprocessResult> done =
      RunSubprocess({.argv = BrowserCommand(in, *profile, (*gate)->address(), record->zone),
                     .timeout = kAsLongAsOneLikes,
                     .go_on = [&] { return !interrupt.Raised(); }});
  if (interrupt.Raised()) return ExitCode::kOk;
  if (!done.ok()) return in.out.Fail(done.status());
  if (done->exit_code == 0) {
    in.out.Write(done->out);  // of a headless one, --dump-dom
    return ExitCode::kOk;
  }
  return in.out.Fail(ExitCode::kFailed, "browse: the browser ended with {}: {}", done->exit_code,
                     std::string_view(done->err).substr(0, 1000));
}

}  // namespace

Command BrowseCommand() {
  return {
      .name = "browse",
      .group = "Requests",
      .summary = "open a browser whose user is in a city",
      .details =
          "Chromium, with a profile that is gone afterwards. Names of the network's zone lead "
          "through the\n"
          "ingress' anycast address, from that city: pages feel as far away as they are. For "
          "https, make\n"
          "the browser trust the authority first ('terrella ca install-hint'), or use http.",
      .positionals = {{.name = "URL"}},
      .flags = {{.name = "--from",
                 .value = "CITY",
                 .help = "where the person is",
                 .kind = ValueKind::kCity},
                {.name = "--browser",
                 .value = "PROGRAM",
                 .help = "Chromium or one made of it (default chromium)"},
                {.name = "--browser-arg",
                 .value = "ARG",
                 .help = "handed to the browser as it is",
                 .repeatable = true}},
      .examples = {{"terrella browse --from Lagos http://hello.edge.test/", "a page, from Lagos"}},
      .run = Run};
}

}  // namespace terrella::cli
