#include "examples/ising/parameters.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

namespace steadfarm::ising {
namespace {

constexpr std::size_t kFileBytesMax = 64U << 20U;
constexpr std::size_t kShownMax = 20;
constexpr double kTemperatureMin = 0.1;
constexpr double kTemperatureMax = 1000;

enum Column : std::size_t { size, temperature, warm_up, sweeps, column_count };
constexpr std::array<const char*, column_count> kNames = {"size", "temperature", "warm_up",
                                                          "sweeps"};

// A file that is none of ours may hold anything, also terminal control codes.
std::string shown(std::string_view field) {
  std::string out = "\"";
  for (const char c : field.substr(0, kShownMax)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (field.size() > kShownMax ? "...\"" : "\"");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    fields.push_back(trimmed(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return fields;
}

class Parser {
 public:
  explicit Parser(const std::string& name) : name_(name) {}

  [[nodiscard]] Status take(std::string_view line, std::size_t number) {
    line_ = number;
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') return {};
    return has_header_ ? take_row(fields_of(text)) : take_header(fields_of(text));
  }
  [[nodiscard]] Result<std::vector<Row>> finish() && {
    if (!has_header_ || rows_.empty()) {
      return Error{ErrorCode::invalid,
                   name_ +
                       ": no rows; the first line must be size,temperature,warm_up,sweeps in "
                       "any order, and rows must follow"};
    }
    return std::move(rows_);
  }

 private:
  [[nodiscard]] Error error(const std::string& message) const {
    return {ErrorCode::invalid, name_ + ", line " + std::to_string(line_) + message};
  }
  [[nodiscard]] Error bad(Column column, std::string_view field, const std::string& wanted) const {
    return error(", field " + std::string(kNames.at(column)) + ": " + shown(field) + " is not " +
                 wanted);
  }

  Status take_header(const std::vector<std::string_view>& fields) {
    has_header_ = true;
    places_.assign(fields.size(), column_count);
    std::array<bool, column_count> seen{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto* found = std::find(kNames.begin(), kNames.end(), fields[i]);
      if (found == kNames.end()) {
        return error(": there is no column " + shown(fields[i]) +
                     "; take size, temperature, warm_up and sweeps");
      }
      places_[i] = static_cast<std::size_t>(found - kNames.begin());
      if (std::exchange(seen.at(places_[i]), true)) {
        return error(": the column " + std::string(fields[i]) + " is there twice");
      }
    }
    for (std::size_t column = 0; column < column_count; ++column) {
      if (!seen.at(column)) {
        return error(": the column " + std::string(kNames.at(column)) + " is missing");
      }
    }
    return {};
  }

  Status take_row(const std::vector<std::string_view>& fields) {
    if (fields.size() != places_.size()) {
      return error(": " + std::to_string(fields.size()) + " fields, but the first line names " +
                   std::to_string(places_.size()) + " columns");
    }
    Row row;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (Status status = take_field(static_cast<Column>(places_[i]), fields[i], row); !status) {
        return status;
      }
    }
    rows_.push_back(row);
    return {};
  }

  Status take_field(Column column, std::string_view field, Row& row) const {
    if (column == temperature) {
      const auto value = number<double>(field);
      if (!value || !(*value >= kTemperatureMin && *value <= kTemperatureMax)) {
        return bad(column, field, "a number from 0.1 to 1000 (in units of J / k)");
      }
      row.temperature = *value;
      return {};
    }
    const auto value = number<std::uint64_t>(field);
    if (column == size) {
      if (!value || *value < kSizeMin || *value > kSizeMax || *value % 2 != 0) {
        return bad(
            column, field,
            "an even number from " + std::to_string(kSizeMin) + " to " + std::to_string(kSizeMax));
      }
      row.size = static_cast<std::uint32_t>(*value);
    } else if (column == warm_up) {
      if (!value || *value > kSweepsMax) {
        return bad(column, field, "a whole number up to " + std::to_string(kSweepsMax));
      }
      row.warm_up = *value;
    } else {
      if (!value || *value == 0 || *value > kSweepsMax || *value % kBlocks != 0) {
        return bad(
            column, field,
            "a multiple of " + std::to_string(kBlocks) + " up to " + std::to_string(kSweepsMax));
      }
      row.sweeps = *value;
    }
    return {};
  }

  template <class T>
  static std::optional<T> number(std::string_view field) {
    T value{};
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (field.empty() || error != std::errc() || end != field.data() + field.size()) {
      return std::nullopt;
    }
    return value;
  }

  const std::string& name_;
  std::size_t line_ = 0;
  bool has_header_ = false;
  std::vector<std::size_t> places_;
  std::vector<Row> rows_;
};

}  // namespace

Result<std::vector<Row>> parse_rows(std::string_view text, const std::string& name) {
  Parser parser(name);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (Status status = parser.take(text.substr(begin, end - begin), ++number); !status) {
      return status.error();
    }
    begin = end + 1;
  }
  return std::move(parser).finish();
}

Result<std::vector<Row>> read_rows(const std::string& path) {
  const auto failed = [&](const std::string& why) {
    return Error{ErrorCode::io, "cannot read '" + path + "': " + why};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return failed(std::strerror(errno));
  std::string text;
  std::array<char, 65536> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), got);
    if (text.size() > kFileBytesMax) return failed("it has more than 64 MiB");
  }
  if (std::ferror(file.get()) != 0) return failed(std::strerror(errno));
  return parse_rows(text, path);
}

}  // namespace steadfarm::ising
