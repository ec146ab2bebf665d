#include "sim/net/csv.h"

#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/status.h"

namespace terrella::net {
namespace {
// Enough for any file of ours; unquoted_ must not move its strings, so it is sized once.
constexpr size_t kFieldsMax = 16;
}  // namespace

absl::StatusOr<CsvReader> CsvReader::Open(std::string_view text, std::string_view file_name,
                                          std::string_view header, const Limits& limits) {
  CsvReader reader(text, file_name, limits);
  std::string_view line;
  do {
    if (reader.rest_.empty()) {
      return InvalidArgument("{}: expected the header line '{}', got the end", file_name, header);
    }
    line = reader.TakeLine();
  } while (line.starts_with('#'));
  if (line != header) return reader.Error(fmt::format("expected the header line '{}'", header));
  reader.field_count_ = 1;
  for (char c : header) reader.field_count_ += c == ',';
  CHECK(reader.field_count_ <= kFieldsMax);
  return reader;
}

std::string_view CsvReader::TakeLine() {
  ++line_number_;
  size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  return line;
}

absl::StatusOr<bool> CsvReader::Next() {
  while (!rest_.empty()) {
    std::string_view line = TakeLine();
    if (line.starts_with('#')) continue;
    if (line.size() > limits_.line_bytes_max) {
      return Error(fmt::format("expected a line of at most {} bytes", limits_.line_bytes_max));
    }
    if (++record_count_ > limits_.records_max) {
      return Error(fmt::format("expected at most {} records", limits_.records_max));
    }
    RETURN_IF_ERROR(Split(line));
    return true;
  }
  return false;
}

absl::Status CsvReader::Split(std::string_view line) {
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(kFieldsMax);
  while (true) {
    if (fields_.size() == field_count_)
      return Error(fmt::format("expected {} fields", field_count_));
    if (line.starts_with('"')) {
      line.remove_prefix(1);
      std::string& text = unquoted_.emplace_back();
      while (true) {
        size_t quote = line.find('"');
        if (quote == std::string_view::npos) return Error("expected a closing quote");
        text += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        text += '"';
        line.remove_prefix(1);
      }
      fields_.push_back(text);
      if (!line.empty() && line.front() != ',') return Error("expected a comma after a quote");
    } else {
      size_t comma = line.find(',');
      std::string_view text = line.substr(0, comma);
      if (text.find_first_of("\"\r") != std::string_view::npos) {
        return Error("expected no quote or carriage return inside a field");
      }
      fields_.push_back(text);
      line.remove_prefix(text.size());
    }
    if (line.empty()) break;
    line.remove_prefix(1);  // the comma
  }
  if (fields_.size() != field_count_) {
    return Error(fmt::format("expected {} fields, got {}", field_count_, fields_.size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<double> CsvReader::Number(size_t field, double min, double max) const {
  std::string_view text = Text(field);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= min && value <= max)) {
    return Error(fmt::format("expected a number from {} to {} in field {}, got '{}'", min, max,
                             field + 1, text));
  }
  return value;
}

absl::StatusOr<uint64_t> CsvReader::Count(size_t field, uint64_t max) const {
  std::string_view text = Text(field);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) {
    return Error(fmt::format("expected a whole number up to {} in field {}, got '{}'", max,
                             field + 1, text));
  }
  return value;
}

absl::Status CsvReader::Error(std::string_view what) const {
  return InvalidArgument("{}:{}: {}", file_name_, line_number_, what);
}

}  // namespace terrella::net
