#include "checkpoint/result_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace steadfarm::checkpoint {
namespace {

struct TypeName {
  const char* name;
  std::uint64_t bytes;
};
constexpr TypeName kTypes[] = {{"i8", 1},  {"i16", 2}, {"i32", 4}, {"i64", 8},
                               {"u8", 1},  {"u16", 2}, {"u32", 4}, {"u64", 8},
                               {"f32", 4}, {"f64", 8}, {"bool", 1}};
constexpr std::size_t kNameMax = 64;
constexpr std::uint64_t kCountMax = 1U << 20U;
constexpr std::size_t kFieldsMax = 256;
constexpr std::size_t kTextMax = 4000;  // it is an attribute in the files

Error malformed(std::string_view word, const std::string& what) {
  return {ErrorCode::usage, "the result field '" + std::string(word) + "' " + what};
}

bool is_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kNameMax && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

std::optional<FieldType> type_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kTypes); ++i) {
    if (name == kTypes[i].name) return static_cast<FieldType>(i);
  }
  return std::nullopt;
}

Result<ResultField> parse_field(std::string_view word) {
  ResultField field;
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return malformed(word, "has no type; say NAME:TYPE");
  field.name = word.substr(0, colon);
  if (field.name != "-" && !is_name(field.name)) {
    return malformed(word, "has a name that is not made of at most 64 letters, digits and _");
  }
  std::string_view type = word.substr(colon + 1);
  if (const std::size_t bracket = type.find('['); bracket != std::string_view::npos) {
    const char* begin = type.data() + bracket + 1;
    const char* end = type.data() + type.size();
    const auto [rest, error] = std::from_chars(begin, end, field.count);
    const bool good = error == std::errc() && rest + 1 == end && *rest == ']' && field.count > 0 &&
                      field.count <= kCountMax;
    if (!good) return malformed(word, "has a count that is not from 1 to 1048576");
    field.is_array = true;
    type = type.substr(0, bracket);
  }
  const std::optional<FieldType> known = type_of(type);
  if (!known) {
    return malformed(word, "has a type that is none of i8 to i64, u8 to u64, f32, f64 and bool");
  }
  field.type = *known;
  return field;
}

}  // namespace

const char* to_string(FieldType type) { return kTypes[static_cast<std::size_t>(type)].name; }
std::uint64_t bytes_of(FieldType type) { return kTypes[static_cast<std::size_t>(type)].bytes; }

bool ResultFields::fits(ByteView result) const {
  if (!text) return open ? result.size() >= bytes : result.size() == bytes;
  std::uint64_t length = 0;
  if (result.size() < sizeof length) return false;
  for (std::size_t i = 0; i < sizeof length; ++i) {
    length |= std::to_integer<std::uint64_t>(result[i]) << (8 * i);
  }
  return length == result.size() - sizeof length;
}

Result<ResultFields> parse_result_fields(std::string_view text) {
  ResultFields out;
  if (text.size() > kTextMax) {
    return Error{ErrorCode::usage, "the result fields take more than 4000 characters to name"};
  }
  if (text == "value:text") {
    out.text = true;
    return out;
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word == "..." && begin > text.size()) {
      out.open = true;
      break;
    }
    Result<ResultField> field = parse_field(word);
    if (!field) return field.error();
    field.value().offset = out.bytes;
    out.bytes += field.value().count * bytes_of(field.value().type);
    if (field.value().name == "-") continue;
    for (const ResultField& other : out.fields) {
      if (other.name == field.value().name) return malformed(word, "comes twice");
    }
    if (out.fields.size() == kFieldsMax) return malformed(word, "is one too many; 256 are allowed");
    out.fields.push_back(std::move(field).value());
  }
  return out;
}

}  // namespace steadfarm::checkpoint
