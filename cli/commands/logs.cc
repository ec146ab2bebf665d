#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/suggest.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/launcher.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

constexpr size_t kLinesDefault = 20;

// Whole lines of a part, as they are or as JSON, a line each.
void WriteLines(Invocation& in, const std::string& part, std::string_view text) {
  if (!in.out.json()) return in.out.Write(text);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const nlohmann::ordered_json json = {{"part", part}, {"line", line}};
    in.out.Data("{}", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

// Prints what is added to logs, a whole line at a time so that several do not mix.
class Follower {
 public:
  Follower(Invocation& in, const std::vector<std::string>& parts)
      : in_(in), watch_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    inotify_add_watch(watch_, in.paths.logs().c_str(), IN_MODIFY | IN_CREATE);
    for (const std::string& part : parts) {
      std::error_code error;
      const auto size = std::filesystem::file_size(in.paths.log(part), error);
      at_[part] = error ? 0 : static_cast<off_t>(size);
    }
  }
  ~Follower() { close(watch_); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void Run() {
    Interrupt interrupt;
    while (!interrupt.Raised()) {
      for (auto& [part, at] : at_) PrintNew(part, at);
      pollfd fds[2] = {{watch_, POLLIN, 0}, {interrupt.fd(), POLLIN, 0}};
      poll(fds, 2, 1000);
      char events[4096];
      while (read(watch_, events, sizeof events) > 0) {
      }
    }
  }

 private:
  void PrintNew(const std::string& part, off_t& at) {
    const int fd = open(in_.paths.log(part).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    std::string text;
    char buffer[65536];
    for (ssize_t n;
         (n = pread(fd, buffer, sizeof buffer, at + static_cast<off_t>(text.size()))) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    text.erase(text.rfind('\n') + 1);  // npos + 1 is 0: no whole line yet
    at += static_cast<off_t>(text.size());
    if (!text.empty()) WriteLines(in_, part, text);
  }

  Invocation& in_;
  int watch_;
  std::map<std::string, off_t> at_;
};

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok()) {
    return in.out.Fail(ExitCode::kUnreachable,
                       "there is no cluster '{}' yet; 'terrella up' makes one", in.paths.name);
  }
  std::vector<std::string> parts;
  for (const Part& part : record->parts) parts.push_back(part.name);
  if (const auto wanted = in.args.Find("PART")) {
    const Part* part = record->Find(*wanted);
    if (part == nullptr) {
      const std::string near = Suggest(*wanted, parts);
      return in.out.Fail(ExitCode::kFailed,
                         "no part '{}'{}; expected control, dns, ingress or a PoP", *wanted,
                         near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
    }
    parts = {part->name};
  }
  const auto lines = static_cast<size_t>(in.args.Number("--lines", kLinesDefault));
  Follower follower(in, parts);  // remembers where the logs end before they are printed
  for (const std::string& part : parts) {
    const std::string tail =
        LogTail(in.paths, part, parts.size() == 1 ? lines : std::min<size_t>(lines, 5));
    if (tail.empty()) continue;
    if (parts.size() > 1) in.out.Talk("{}", in.out.TalkStyled(Style::kBold, part));
    WriteLines(in, part, tail);
  }
  if (in.args.Has("--follow")) follower.Run();
  return ExitCode::kOk;
}

}  // namespace

Command LogsCommand() {
  return {
      .name = "logs",
      .group = "Cluster",
      .summary = "show what the processes of the cluster say",
      .details =
          "PART is control, dns, ingress or a PoP; without it the last lines of every part are\n"
          "shown. The whole logs are in $TERRELLA_HOME/CLUSTER/logs/.",
      .positionals = {{.name = "PART", .kind = ValueKind::kPop, .required = false, .choices = {}}},
      .flags = {{.name = "--follow", .letter = 'f', .help = "go on with what comes, until Ctrl-C"},
                {.name = "--lines",
                 .letter = 'n',
                 .value = "N",
                 .help = "how many lines of one part (default 20)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 1000000}},
      .examples = {{"terrella logs FRA -f", "follow Frankfurt"},
                   {"terrella logs --json", "a line of JSON each: part and line"}},
      .run = Run};
}

}  // namespace terrella::cli
