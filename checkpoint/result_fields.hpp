// How the bytes of stored results are to be read: what an application says of its result type. The
// text form is an attribute of every segment; FORMAT.md has its grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

enum class FieldType : std::uint8_t { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, boolean };

[[nodiscard]] const char* to_string(FieldType type);
/// Bytes of one value.
[[nodiscard]] std::uint64_t bytes_of(FieldType type);

struct ResultField {
  std::string name;  // "-" in the text: not here
  FieldType type = FieldType::f64;
  std::uint64_t count = 1;   // values, one after the other
  bool is_array = false;     // also if `count` is 1
  std::uint64_t offset = 0;  // of the first value in a result's bytes
};

struct ResultFields {
  std::vector<ResultField> fields;
  std::uint64_t bytes = 0;  // of all fields, those without a name included
  bool open = false;        // further bytes may follow
  bool text = false;        // a result is a length of 8 bytes and that many characters
  [[nodiscard]] bool known() const { return text || !fields.empty(); }
  /// Do these bytes have all the fields?
  [[nodiscard]] bool fits(ByteView result) const;
};

/// "energy:f64 -:i32 spin:f64[3] ..."; empty: bytes of which nothing is known. Errors: usage.
[[nodiscard]] Result<ResultFields> parse_result_fields(std::string_view text);

}  // namespace steadfarm::checkpoint
