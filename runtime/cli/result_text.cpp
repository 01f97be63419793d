#include "cli/result_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace steadfarm::cli {
namespace {

using checkpoint::FieldType;
using checkpoint::ResultField;

// The files are little-endian, and so is every machine that this is built for.
template <class T>
T read(ByteView bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Calls `use` with the value in its own type.
template <class Use>
auto with_value(FieldType type, ByteView bytes, Use use) {
  switch (type) {
    case FieldType::i8:
      return use(read<std::int8_t>(bytes));
    case FieldType::i16:
      return use(read<std::int16_t>(bytes));
    case FieldType::i32:
      return use(read<std::int32_t>(bytes));
    case FieldType::i64:
      return use(read<std::int64_t>(bytes));
    case FieldType::u8:
      return use(read<std::uint8_t>(bytes));
    case FieldType::u16:
      return use(read<std::uint16_t>(bytes));
    case FieldType::u32:
      return use(read<std::uint32_t>(bytes));
    case FieldType::u64:
      return use(read<std::uint64_t>(bytes));
    case FieldType::f32:
      return use(read<float>(bytes));
    case FieldType::f64:
      return use(read<double>(bytes));
    case FieldType::boolean:
      break;
  }
  return use(read<std::uint8_t>(bytes) != 0);
}

struct Shortest {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  template <class Number>
  std::string operator()(Number value) const {
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    return error == std::errc() ? std::string(text, end) : std::string("?");
  }
};

std::string number(const ResultField& field, std::uint64_t i, ByteView result) {
  const std::uint64_t size = checkpoint::bytes_of(field.type);
  return with_value(field.type, result.subspan(field.offset + i * size, size), Shortest{});
}

std::string text_of(ByteView result) {
  constexpr std::size_t length_bytes = 8;
  const ByteView chars = result.subspan(length_bytes);
  return {reinterpret_cast<const char*>(chars.data()), chars.size()};
}

std::string printable(std::string text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

std::string quoted_for_csv(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

/// Columns of a table are as wide as any value of their type may need.
std::size_t width_of(const ResultField& field, const std::string& name) {
  std::size_t width = 0;
  switch (field.type) {
    case FieldType::f64:
      width = 24;
      break;
    case FieldType::f32:
      width = 15;
      break;
    case FieldType::i64:
    case FieldType::u64:
      width = 20;
      break;
    default:
      width = 11;
  }
  return std::max(width, name.size());
}

std::string name_of(const ResultField& field, std::uint64_t i) {
  return field.is_array ? field.name + "[" + std::to_string(i) + "]" : field.name;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

nlohmann::ordered_json json_value(const ResultField& field, std::uint64_t i, ByteView result) {
  const std::uint64_t size = checkpoint::bytes_of(field.type);
  return with_value(field.type, result.subspan(field.offset + i * size, size),
                    [](auto value) { return nlohmann::ordered_json(value); });
}

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4U];
    out += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return out;
}

ResultText::ResultText(ResultStyle style, checkpoint::ResultFields fields, const UnitKey& last)
    : style_(style),
      fields_(std::move(fields)),
      key_width_(std::max<std::size_t>(4, to_string(last).size())) {}

void ResultText::head_cells(const char* separator, bool padded, std::string& out) const {
  if (fields_.fields.empty()) out += std::string(separator) + (fields_.text ? "text" : "bytes");
  for (const ResultField& field : fields_.fields) {
    for (std::uint64_t i = 0; i < field.count; ++i) {
      const std::string name = name_of(field, i);
      out += separator + (padded ? right(name, width_of(field, name)) : name);
    }
  }
  out += '\n';
}

std::string ResultText::head() const {
  std::string out;
  if (style_ == ResultStyle::csv) {
    out = "unit";
    head_cells(",", false, out);
  } else if (style_ == ResultStyle::table) {
    out = right("unit", key_width_);
    head_cells("  ", true, out);
  }
  return out;
}

std::string ResultText::table_line(const UnitKey& key, ByteView result) const {
  std::string out = right(to_string(key), key_width_);
  if (!fields_.known() || !fields_.fits(result)) return out + "  " + to_hex(result);
  if (fields_.text) return out + "  " + printable(text_of(result));
  for (const ResultField& field : fields_.fields) {
    for (std::uint64_t i = 0; i < field.count; ++i) {
      out += "  " + right(number(field, i, result), width_of(field, name_of(field, i)));
    }
  }
  return out;
}

std::string ResultText::csv_line(const UnitKey& key, ByteView result) const {
  std::string out = to_string(key);
  if (!fields_.known() || !fields_.fits(result)) return out + "," + to_hex(result);
  if (fields_.text) return out + "," + quoted_for_csv(text_of(result));
  for (const ResultField& field : fields_.fields) {
    for (std::uint64_t i = 0; i < field.count; ++i) out += "," + number(field, i, result);
  }
  return out;
}

std::string ResultText::json_line(const UnitKey& key, ByteView result) const {
  nlohmann::ordered_json out;
  if (key.is_index()) {
    out["unit"] = key.lo;
  } else {
    out["unit"] = to_string(key);
  }
  if (!fields_.known() || !fields_.fits(result)) {
    out["bytes"] = to_hex(result);
  } else if (fields_.text) {
    out["text"] = text_of(result);
  }
  if (fields_.known() && !fields_.text && fields_.fits(result)) {
    for (const ResultField& field : fields_.fields) {
      if (!field.is_array) {
        out[field.name] = json_value(field, 0, result);
        continue;
      }
      nlohmann::ordered_json values = nlohmann::ordered_json::array();
      for (std::uint64_t i = 0; i < field.count; ++i) {
        values.push_back(json_value(field, i, result));
      }
      out[field.name] = std::move(values);
    }
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ResultText::line(const UnitKey& key, ByteView result) const {
  switch (style_) {
    case ResultStyle::table:
      return table_line(key, result) + '\n';
    case ResultStyle::csv:
      return csv_line(key, result) + '\n';
    case ResultStyle::json:
      return json_line(key, result) + '\n';
    case ResultStyle::canonical:
      break;
  }
  return "result " + to_string(key) + ' ' + to_hex(result) + '\n';
}

}  // namespace steadfarm::cli
