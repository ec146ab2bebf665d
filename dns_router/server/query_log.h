// QueryLog: one in so many queries, a JSON object a line, for whoever asks what is asked.
//
//   {"time_ms":1795715000123,"client":"127.0.0.1","transport":"udp","name":"hello.edge.test",
//    "type":1,"subnet":"102.89.0.0/24","scope":13,"rcode":0,"nodes":["LOS"],"bytes":71}
//
// Which queries are logged is drawn at random, so that no pattern of the clients' hides from it or
// fills it; a thread writes at most kLinesPerSMax lines a second, each in one system call, so lines
// of threads and instances do not mix. A file that takes no more loses lines, never an answer.
//
// Thread: QueryLog any, QueryLogSampler one. Owns: the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "base/random.h"
#include "dns_router/server/answer.h"

namespace terrella::dns {

class QueryLog {
 public:
  // Appends to the file. `every`: one in so many queries, at least 1.
  static absl::StatusOr<std::unique_ptr<QueryLog>> Open(const std::filesystem::path& path,
                                                        uint32_t every);
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;

  // After the file was moved away: goes on in a new one.
  absl::Status Reopen();
  void Write(std::string_view line) const;
  uint32_t every() const { return every_; }

 private:
  QueryLog(std::filesystem::path path, uint32_t every) : path_(std::move(path)), every_(every) {}
  const std::filesystem::path path_;
  const uint32_t every_;
  int fd_ = -1;
};

class QueryLogSampler {
 public:
  static constexpr uint32_t kLinesPerSMax = 1000;
  // `log` outlives the sampler; null: never.
  explicit QueryLogSampler(const QueryLog* log);

  // Whether to log this query: asked once for every one.
  bool Draw() { return log_ != nullptr && --until_next_ == 0; }
  struct Entry {
    std::string_view message;
    const IpAddress& client;
    Transport transport;
    size_t answer_bytes;       // 0: there was none
    const AnswerFacts& facts;  // of the answer
    const Snapshot* snapshot;  // that it was made from; may be null
  };
  void Write(const Entry& entry, uint32_t now_s);

 private:
  void Rewind() { until_next_ = 1 + random_.Below(2 * uint64_t{log_->every()} - 1); }

  const QueryLog* log_;
  CounterRandom random_;
  uint64_t until_next_ = 0;
  uint32_t second_ = 0, lines_ = 0;
};

}  // namespace terrella::dns
