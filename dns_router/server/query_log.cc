#include "dns_router/server/query_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/status.h"
#include "dns_router/wire/name.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {
namespace {

absl::StatusOr<int> OpenForAppend(const std::filesystem::path& path) {
  // A pipe nobody empties loses lines too, and does not hold up who answers.
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd < 0) return Unavailable("{}: {}", path.string(), std::strerror(errno));
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<QueryLog>> QueryLog::Open(const std::filesystem::path& path,
                                                         uint32_t every) {
  if (every == 0) return InvalidArgument("expected one in at least 1 queries, got 0");
  std::unique_ptr<QueryLog> log(new QueryLog(path, every));
  ASSIGN_OR_RETURN(log->fd_, OpenForAppend(path));
  return log;
}

QueryLog::~QueryLog() {
  if (fd_ >= 0) close(fd_);
}

absl::Status QueryLog::Reopen() {
  ASSIGN_OR_RETURN(const int fd, OpenForAppend(path_));
  // Under the same number, so that a thread in the middle of a line needs no lock.
  const bool replaced = dup3(fd, fd_, O_CLOEXEC) >= 0;
  close(fd);
  if (!replaced) return Unavailable("{}: {}", path_.string(), std::strerror(errno));
  return absl::OkStatus();
}

void QueryLog::Write(std::string_view line) const {
  // A lost line is not worth an answer, nor another line.
  [[maybe_unused]] const ssize_t written = write(fd_, line.data(), line.size());
}

QueryLogSampler::QueryLogSampler(const QueryLog* log) : log_(log), random_(RandomU64()) {
  if (log_ != nullptr) Rewind();
}

void QueryLogSampler::Write(const Entry& entry, uint32_t now_s) {
  Rewind();
  if (second_ != now_s) {
    second_ = now_s;
    lines_ = 0;
  }
  if (++lines_ > kLinesPerSMax) return;
  Query query;
  const ParseResult parsed = ParseQuery(entry.message, query);
  const auto time = SystemClock().WallNow().time_since_epoch();
  nlohmann::ordered_json line = {
      {"time_ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count()},
      {"client", entry.client.ToString()},
      {"transport", TransportName(entry.transport)}};
  if (parsed != ParseResult::kDrop && query.name_size > 0) {
    line["name"] = NameToString(query.name());
    line["type"] = query.type;
    if (query.subnet && query.subnet->family != 0) {
      line["subnet"] =
          fmt::format("{}/{}", query.subnet->Address().ToString(), query.subnet->source_bits);
    }
  }
  if (entry.answer_bytes > 0) {
    if (entry.facts.has_subnet) line["scope"] = entry.facts.scope_bits;
    line["rcode"] = entry.facts.rcode;
    if (entry.snapshot != nullptr && entry.facts.node_count > 0) {
      nlohmann::ordered_json& nodes = line["nodes"];
      for (const NodeIndex node : entry.facts.named())
        nodes.push_back(entry.snapshot->node(node).id);
    }
  }
  line["bytes"] = entry.answer_bytes;
  log_->Write(line.dump() + "\n");
}

}  // namespace terrella::dns
