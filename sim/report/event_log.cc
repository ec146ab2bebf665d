#include "sim/report/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>

#include "base/status.h"

namespace terrella::sim {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

// RFC 4180.
std::string Quoted(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

class Writer {
 public:
  Writer(const Results& results, std::ostream& out) : results_(results), out_(out) {
    for (const std::string& version : results.versions()) versions_.push_back(Quoted(version));
    cities_.resize(results.places().cities().size());
    buffer_ = "at_ns,what,city,steering,pop,version,status,outcome,felt_ns,cache\n";
  }

  void Add(const EventRecord& event) {
    fmt::format_to(std::back_inserter(buffer_), "{},{},,,{},,,{},{},\n", event.at.count(),
                   Quoted(event.action), Quoted(event.target),
                   event.ok ? "done" : Quoted(event.detail), event.took.count());
  }
  void Add(const Sample& sample) {
    const bool answered = sample.failure == Failure::kNone;
    fmt::format_to(std::back_inserter(buffer_), "{},request,{},{},{},{},{},{},{},{}\n",
                   sample.due.count(), CityOf(sample), SteeringName(sample.steering),
                   results_.pops()[sample.pop], versions_[sample.version], sample.status,
                   answered ? "answered" : FailureName(sample.failure),
                   answered ? fmt::to_string(sample.felt.count()) : "",
                   answered && sample.cache != CacheUse::kNone ? CacheUseName(sample.cache) : "");
    if (buffer_.size() > kBufferBytes) Flush();
  }
  void Flush() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

 private:
  const std::string& CityOf(const Sample& sample) {
    std::string& name = cities_[sample.city];
    if (name.empty()) {
      const net::City& city = results_.places().cities()[sample.city];
      name = Quoted(fmt::format("{} {}", city.name, city.country));
    }
    return name;
  }

  const Results& results_;
  std::ostream& out_;
  std::string buffer_;
  std::vector<std::string> versions_, cities_;
};

}  // namespace

absl::Status WriteEventLog(const Results& results, const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) return Unavailable("cannot write {}: {}", file.string(), std::strerror(errno));
  Writer writer(results, out);
  const std::vector<Sample>& samples = results.samples();
  // A live run has them in the order in which they ended.
  std::vector<uint32_t> order(samples.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return samples[a].due < samples[b].due; });
  auto event = results.events().begin();
  for (const uint32_t i : order) {
    for (; event != results.events().end() && event->at <= samples[i].due; ++event) {
      writer.Add(*event);
    }
    writer.Add(samples[i]);
  }
  for (; event != results.events().end(); ++event) writer.Add(*event);
  writer.Flush();
  out.close();
  if (!out) return Unavailable("cannot write {}: {}", file.string(), std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace terrella::sim
