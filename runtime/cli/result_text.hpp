// Stored results as text: what one looks like in a table, in CSV and in JSON.
#pragma once

#include <string>

#include "checkpoint/result_fields.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::cli {

enum class ResultStyle {
  table,
  csv,
  json,       // one object a line
  canonical,  // key and bytes, nothing else
};

/// Writes results of one kind, by rising key. Numbers are written with as many digits as they need
/// to be read back as they were.
class ResultText {
 public:
  /// `last` sizes the column of the units.
  ResultText(ResultStyle style, checkpoint::ResultFields fields, const UnitKey& last);

  /// The line above the results, with its line break; empty where the style has none.
  [[nodiscard]] std::string head() const;
  /// One result's line. Where the bytes do not fit the fields they are shown as they are.
  [[nodiscard]] std::string line(const UnitKey& key, ByteView result) const;

 private:
  [[nodiscard]] std::string table_line(const UnitKey& key, ByteView result) const;
  [[nodiscard]] std::string csv_line(const UnitKey& key, ByteView result) const;
  [[nodiscard]] std::string json_line(const UnitKey& key, ByteView result) const;
  void head_cells(const char* separator, bool padded, std::string& out) const;

  ResultStyle style_;
  checkpoint::ResultFields fields_;
  std::size_t key_width_;
};

[[nodiscard]] std::string to_hex(ByteView bytes);

}  // namespace steadfarm::cli
