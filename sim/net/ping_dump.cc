#include "sim/net/ping_dump.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/status.h"

namespace terrella::net {
namespace {

constexpr size_t kLineBytesMax = 4096, kColumnsMax = 64, kServersMax = 2000;
constexpr uint64_t kIdMax = 1'000'000, kPingsMax = 200'000'000;
constexpr double kMsMax = 60'000;
constexpr std::string_view kPingColumns[] = {"source", "destination", "min", "avg", "max", "mdev"};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// Fields with spaces around them, in quotes or not. False when a quote is not closed or there are
// too many.
bool Split(std::string_view line, std::vector<std::string>& fields) {
  fields.clear();
  line = Trim(line);
  while (fields.size() < kColumnsMax) {
    line = Trim(line);
    std::string text;
    if (line.starts_with('"')) {
      line.remove_prefix(1);
      while (true) {
        const size_t quote = line.find('"');
        if (quote == std::string_view::npos) return false;
        text += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        text += '"';
        line.remove_prefix(1);
      }
      line = Trim(line);
      if (!line.empty() && line.front() != ',') return false;
    } else {
      const std::string_view raw = line.substr(0, line.find(','));
      text = Trim(raw);
      line.remove_prefix(raw.size());
    }
    fields.push_back(std::move(text));
    if (line.empty()) return true;
    line.remove_prefix(1);  // the comma
  }
  return false;
}

template <class Value>
std::optional<Value> Parse(const std::string& text, Value max, Value min = 0) {
  Value value{};
  const char *begin = text.data(), *end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end || !(value >= min && value <= max)) return std::nullopt;
  return value;
}

std::optional<size_t> ColumnOf(const std::vector<std::string>& header, std::string_view name) {
  const auto it = std::find(header.begin(), header.end(), name);
  if (it == header.end()) return std::nullopt;
  return static_cast<size_t>(it - header.begin());
}

std::string CountryOf(const Places& places, const std::string& name, const Coordinates& at) {
  const std::string folded = FoldName(name);
  for (const Country& country : places.countries()) {
    if (country.code == name || FoldName(country.name) == folded) return country.code;
  }
  return places.cities()[places.NearestCity(at)].country;
}

}  // namespace

absl::StatusOr<std::vector<MeasuredSite>> ReadPingServers(std::string_view text,
                                                          std::string_view file_name,
                                                          const Places& places) {
  constexpr std::string_view kNames[] = {"id", "location", "country", "latitude", "longitude"};
  size_t columns[5] = {}, column_count = 0;
  std::vector<MeasuredSite> servers;
  std::vector<std::string> fields;
  for (uint64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto error = [&](std::string_view what) {
      return InvalidArgument("{}:{}: {}", file_name, number, what);
    };
    if (line.size() > kLineBytesMax || !Split(line, fields)) {
      return error("expected a line of comma-separated fields");
    }
    if (number == 1) {
      for (size_t i = 0; i < std::size(kNames); ++i) {
        const auto column = ColumnOf(fields, kNames[i]);
        if (!column) return error(fmt::format("expected a column '{}'", kNames[i]));
        columns[i] = *column;
      }
      column_count = fields.size();
      continue;
    }
    if (Trim(line).empty()) continue;
    if (fields.size() != column_count) {
      return error(fmt::format("expected {} fields, got {}", column_count, fields.size()));
    }
    const auto id = Parse<uint64_t>(fields[columns[0]], kIdMax);
    const auto lat = Parse<double>(fields[columns[3]], 90, -90);
    const auto lon = Parse<double>(fields[columns[4]], 180, -180);
    if (!id) return error("expected a number as id");
    if (!lat || !lon) return error("expected degrees as latitude and longitude");
    if (servers.size() == kServersMax) return error("expected fewer servers");
    servers.push_back({.id = static_cast<uint32_t>(*id),
                       .name = fields[columns[1]],
                       .country = CountryOf(places, fields[columns[2]], {*lat, *lon}),
                       .at = {*lat, *lon}});
  }
  std::sort(servers.begin(), servers.end(),
            [](const MeasuredSite& a, const MeasuredSite& b) { return a.id < b.id; });
  const auto twin =
      std::adjacent_find(servers.begin(), servers.end(),
                         [](const MeasuredSite& a, const MeasuredSite& b) { return a.id == b.id; });
  if (twin != servers.end()) {
    return InvalidArgument("{}: expected each id once, got {} again", file_name, twin->id);
  }
  if (servers.empty()) return InvalidArgument("{}: expected servers", file_name);
  return servers;
}

PingDump::PingDump(std::vector<MeasuredSite> servers, std::string file_name)
    : servers_(std::move(servers)), file_name_(std::move(file_name)) {
  for (uint32_t i = 0; i < servers_.size(); ++i) index_[servers_[i].id] = i;
}

absl::Status PingDump::Feed(std::string_view bytes) {
  while (true) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) break;
    if (rest_.empty()) {
      RETURN_IF_ERROR(TakeLine(bytes.substr(0, end)));
    } else {
      rest_ += bytes.substr(0, end);
      RETURN_IF_ERROR(TakeLine(rest_));
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  rest_ += bytes;
  if (rest_.size() <= kLineBytesMax) return absl::OkStatus();
  ++line_number_;
  return Error(fmt::format("expected a line of at most {} bytes", kLineBytesMax));
}

absl::Status PingDump::Finish() {
  if (!rest_.empty()) RETURN_IF_ERROR(TakeLine(rest_));
  rest_.clear();
  if (line_number_ == 0) return InvalidArgument("{}: expected pings, got nothing", file_name_);
  return absl::OkStatus();
}

absl::Status PingDump::TakeHeader() {
  for (size_t i = 0; i < std::size(kPingColumns); ++i) {
    const auto column = ColumnOf(fields_, kPingColumns[i]);
    if (!column) return Error(fmt::format("expected a column '{}'", kPingColumns[i]));
    columns_[i] = *column;
  }
  column_count_ = fields_.size();
  return absl::OkStatus();
}

absl::Status PingDump::TakeLine(std::string_view line) {
  ++line_number_;
  if (line.size() > kLineBytesMax) {
    return Error(fmt::format("expected a line of at most {} bytes", kLineBytesMax));
  }
  if (!Split(line, fields_)) return Error("expected a line of comma-separated fields");
  if (line_number_ == 1) return TakeHeader();
  if (Trim(line).empty()) return absl::OkStatus();
  if (fields_.size() != column_count_) {
    return Error(fmt::format("expected {} fields, got {}", column_count_, fields_.size()));
  }
  std::optional<uint64_t> ends[2];
  for (size_t i = 0; i < 2; ++i) {
    ends[i] = Parse<uint64_t>(fields_[columns_[i]], kIdMax);
    if (!ends[i]) return Error(fmt::format("expected a server's number as {}", kPingColumns[i]));
  }
  double times[4];
  for (size_t i = 0; i < 4; ++i) {
    const auto ms = Parse<double>(fields_[columns_[2 + i]], kMsMax);
    if (!ms) {
      return Error(fmt::format("expected 0 to {} ms as {}, got '{}'", kMsMax, kPingColumns[2 + i],
                               fields_[columns_[2 + i]]));
    }
    times[i] = *ms;
  }
  if (pings_ + unknown_ == kPingsMax)
    return Error(fmt::format("expected at most {} pings", kPingsMax));
  const auto from = index_.find(*ends[0]), to = index_.find(*ends[1]);
  if (from == index_.end() || to == index_.end()) {
    ++unknown_;
    return absl::OkStatus();
  }
  ++pings_;
  if (from->second == to->second) return absl::OkStatus();
  Sum& sum = sums_[{from->second, to->second}];
  sum.min_ms = sum.count == 0 ? times[0] : std::min(sum.min_ms, times[0]);
  sum.avg_ms += times[1];
  sum.max_ms = std::max(sum.max_ms, times[2]);
  sum.mdev_ms += times[3];
  ++sum.count;
  return absl::OkStatus();
}

Measured PingDump::ToMeasured() const {
  Measured out{.sites = servers_, .paths = {}};
  for (const auto& [ends, sum] : sums_) {
    const double count = static_cast<double>(sum.count);
    out.paths.push_back({.from = ends.first,
                         .to = ends.second,
                         .min_ms = sum.min_ms,
                         .avg_ms = sum.avg_ms / count,
                         .max_ms = sum.max_ms,
                         .mdev_ms = sum.mdev_ms / count});
  }
  return out;
}

absl::Status PingDump::Error(std::string_view what) const {
  return InvalidArgument("{}:{}: {}", file_name_, line_number_, what);
}

}  // namespace terrella::net
