// CsvReader: the comma-separated files of data/ read in one pass without copies.
//
// The files are ours, so the dialect is small: UTF-8, one record a line, a fixed header line,
// fields without line breaks; a field with a comma is in double quotes (a quote inside is doubled).
// Lines that start with '#' are comments. Anything else is refused with file:line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::net {

class CsvReader {
 public:
  struct Limits {
    size_t line_bytes_max = 4096;
    size_t records_max = 1'000'000;
  };

  // `text` must outlive the reader and what it returns. `header` is the line expected first.
  static absl::StatusOr<CsvReader> Open(std::string_view text, std::string_view file_name,
                                        std::string_view header, const Limits& limits);
  static absl::StatusOr<CsvReader> Open(std::string_view text, std::string_view file_name,
                                        std::string_view header) {
    return Open(text, file_name, header, Limits());
  }

  // Reads the next record; false at the end. Fields are valid until the next call.
  absl::StatusOr<bool> Next();
  std::string_view Text(size_t field) const { return fields_[field]; }
  // InvalidArgument "file:line: expected ..." when the field is not such a number.
  absl::StatusOr<double> Number(size_t field, double min, double max) const;
  absl::StatusOr<uint64_t> Count(size_t field, uint64_t max) const;
  // An error that names the current line.
  absl::Status Error(std::string_view what) const;

 private:
  CsvReader(std::string_view text, std::string_view file_name, const Limits& limits)
      : rest_(text), file_name_(file_name), limits_(limits) {}
  std::string_view TakeLine();
  absl::Status Split(std::string_view line);

  std::string_view rest_;
  std::string file_name_;
  Limits limits_;
  size_t line_number_ = 0;
  size_t record_count_ = 0;
  size_t field_count_ = 0;
  std::vector<std::string_view> fields_;
  std::vector<std::string> unquoted_;  // storage of fields that had doubled quotes; fixed capacity
};

}  // namespace terrella::net
