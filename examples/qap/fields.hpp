// Whole numbers between white space, with their place, for error messages a user can act on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace steadfarm::qap {

/// Reads a text from its start to its end, one field at a time.
class Fields {
 public:
  Fields(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  /// The next field as a number from `min` to `max`. `what` names it in the error.
  [[nodiscard]] Result<std::int64_t> number(std::int64_t min, std::int64_t max,
                                            const std::string& what);

  /// An error if anything but white space is left.
  [[nodiscard]] Status end(const std::string& after);

  /// An error at the last field that was read.
  [[nodiscard]] Error error_here(const std::string& message) const;

 private:
  /// Empty at the end of the text.
  std::string_view next();

  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t field_line_ = 1;
  std::size_t field_ = 0;  // in the whole file, from 1
};

/// A whole file, or an error that names it. More than `bytes_max` bytes is an error.
[[nodiscard]] Result<std::string> read_text(const std::string& path, std::size_t bytes_max);

}  // namespace steadfarm::qap
