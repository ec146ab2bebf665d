// TextTable: rows with aligned columns for people. Widths are counted in code points, so that
// "São Paulo" stands straight.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace terrella::cli {

class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // One cell a column; missing ones are empty.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  size_t rows() const { return rows_.size(); }
  // Every line ends with a newline and has no trailing spaces.
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Code points of UTF-8 text, escape sequences of colours not counted.
size_t DisplayWidth(std::string_view text);

}  // namespace terrella::cli
