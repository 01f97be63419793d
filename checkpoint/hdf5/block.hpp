// A small piece of a file's structure, taken apart from front to back.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/error.hpp"
#include "checkpoint/byte_source.hpp"

namespace steadfarm::checkpoint::hdf5 {

static_assert(std::endian::native == std::endian::little, "the numbers of a file are read as such");

/// Larger pieces of structure are of no file of ours.
inline constexpr std::uint64_t block_bytes_max = 64U << 10U;

inline Error malformed(std::string what) { return {ErrorCode::corrupt, std::move(what)}; }

/// The bytes of a file at an address, which may be any number.
[[nodiscard]] inline Result<Bytes> read_block(ByteSource& source, std::uint64_t address,
                                              std::uint64_t bytes) {
  if (bytes > block_bytes_max || address > source.bytes() || bytes > source.bytes() - address) {
    return malformed("a part of its structure lies outside of the file or is too large");
  }
  Bytes block(static_cast<std::size_t>(bytes));
  if (Status read = source.read_at(address, block); !read) return read.error();
  return block;
}

/// Beyond the end everything is zero, and `ok` says so.
class BlockReader {
 public:
  explicit BlockReader(ByteView bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    Number value{};
    const ByteView bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  void skip(std::size_t bytes) { static_cast<void>(take(bytes)); }
  bool begins(std::string_view text) {
    const ByteView bytes = take(text.size());
    return bytes.size() == text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
  }
  /// Empty if there are not so many left.
  ByteView take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteView front = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return front;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace steadfarm::checkpoint::hdf5
