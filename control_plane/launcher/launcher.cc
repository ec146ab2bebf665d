#include "control_plane/launcher/launcher.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/subprocess.h"

namespace terrella::control {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kSaidBytesMax = 4096;

// It becomes a word of a command line: nothing that could be a flag.
bool IsNodeName(const std::string& name) {
  const auto is_plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

}  // namespace

Launcher::~Launcher() {
  Stop();
}

void Launcher::Run(Order order, const std::string& node, Done done) {
  if (!IsNodeName(node)) return done(InvalidArgument("'{}' is no name of a node", node));
  absl::Status refused;
  {
    std::lock_guard lock(mutex_);
    Reap();
    if (stopped_) {
      refused = Cancelled("the control plane is stopping");
    } else if (running_.size() >= options_.orders_max) {
      refused = ResourceExhausted("{} nodes are being killed or started", running_.size());
    } else {
      Running& running = running_.emplace_back();
      running.thread = std::thread([this, &running, order, node, done] {
        done(Perform(order, node));
        std::lock_guard lock(mutex_);
        running.over = true;
      });
    }
  }
  if (!refused.ok()) done(std::move(refused));
}

void Launcher::Stop() {
  std::list<Running> left;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    left.splice(left.end(), running_);
  }
  for (Running& running : left) running.thread.join();
}

void Launcher::Reap() {
  running_.remove_if([](Running& running) {
    if (running.over) running.thread.join();
    return running.over;
  });
}

absl::StatusOr<std::string> Launcher::Perform(Order order, const std::string& node) {
  ASSIGN_OR_RETURN(
      SubprocessResult result,
      RunSubprocess({.argv = {options_.program.string(), order == Order::kKill ? "kill" : "start",
                              node, "--cluster", options_.cluster},
                     .env = {"TERRELLA_HOME=" + options_.home.string(), "NO_COLOR=1"},
                     .timeout = options_.timeout,
                     .output_bytes_max = kSaidBytesMax,
                     .go_on = [this] {
                       std::lock_guard lock(mutex_);
                       return !stopped_;
                     }}));
  while (result.err.ends_with('\n')) result.err.pop_back();
  if (result.exit_code == 0) return std::move(result.err);
  return FailedPrecondition(
      "{}", result.err.empty() ? fmt::format("{} ended with exit code {}",
                                             options_.program.filename().string(), result.exit_code)
                               : result.err);
}

}  // namespace terrella::control
