#include "examples/qap/fields.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

namespace steadfarm::qap {
namespace {

constexpr std::size_t kShownMax = 20;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

// A field of a file that is none of ours may hold anything, also terminal control codes.
std::string shown(std::string_view field) {
  std::string out = "\"";
  for (const char c : field.substr(0, kShownMax)) out += c > ' ' && c <= '~' ? c : '?';
  return out + (field.size() > kShownMax ? "...\"" : "\"");
}

}  // namespace

std::string_view Fields::next() {
  while (at_ < text_.size() && is_space(text_[at_])) line_ += text_[at_++] == '\n' ? 1 : 0;
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
  field_line_ = line_;
  field_ += 1;
  return text_.substr(begin, at_ - begin);
}

Error Fields::error_here(const std::string& message) const {
  return {ErrorCode::invalid, name_ + ", line " + std::to_string(field_line_) + ", field " +
                                  std::to_string(field_) + ": " + message};
}

Result<std::int64_t> Fields::number(std::int64_t min, std::int64_t max, const std::string& what) {
  const std::string_view field = next();
  if (field.empty()) return error_here("the file ends where " + what + " should be");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::invalid_argument || end != field.data() + field.size()) {
    return error_here(shown(field) + " is not a whole number; " + what + " should be here");
  }
  if (error == std::errc::result_out_of_range || value < min || value > max) {
    return error_here(what + " is " + shown(field) + "; it must be from " + std::to_string(min) +
                      " to " + std::to_string(max));
  }
  return value;
}

Status Fields::end(const std::string& after) {
  const std::string_view field = next();
  if (field.empty()) return {};
  return error_here(shown(field) + " after " + after + "; nothing may follow");
}

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  const auto close = [](std::FILE* file) { (void)std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (!file) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io;
    return Error{code, "cannot open " + path + ": " + std::strerror(errno)};
  }
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return Error{ErrorCode::io, "cannot read " + path + ": " + std::strerror(errno)};
  }
  if (text.size() > bytes_max) {
    return Error{ErrorCode::invalid, path + " has more than " + std::to_string(bytes_max) +
                                         " bytes; it is no file of this kind"};
  }
  return text;
}

}  // namespace steadfarm::qap
