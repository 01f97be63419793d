// Bytes in, bytes out: little-endian on every machine. A Reader never trusts a length: the first
// read past the end makes it fail for good, and every later read gives zeroes.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "steadfarm/types.hpp"

namespace steadfarm::wire {

template <class T>
[[nodiscard]] T to_little_endian(T value) {
  static_assert(std::is_integral_v<T>);
  if constexpr (std::endian::native == std::endian::little) return value;
  T out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out = static_cast<T>((out << 8U) | ((value >> (8 * i)) & 0xFFU));
  }
  return out;
}

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  template <class T>
  void number(T value) {
    value = to_little_endian(value);
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void key(const UnitKey& key) {
    number(key.hi);
    number(key.lo);
  }
  /// A length as 64 bits, then the bytes.
  void block(ByteView bytes) {
    number(static_cast<std::uint64_t>(bytes.size()));
    raw(bytes);
  }
  void text(std::string_view text) { block(std::as_bytes(std::span(text.data(), text.size()))); }

 private:
  Bytes& out_;
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : left_(bytes) {}

  template <class T>
  [[nodiscard]] T number() {
    T value{};
    if (left_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return to_little_endian(value);
  }
  [[nodiscard]] UnitKey key() {
    const auto hi = number<std::uint64_t>();
    const auto lo = number<std::uint64_t>();
    return {hi, lo};
  }
  [[nodiscard]] ByteView raw(std::uint64_t count) {
    if (count > left_.size()) {
      fail();
      return {};
    }
    const ByteView out = left_.first(static_cast<std::size_t>(count));
    left_ = left_.subspan(static_cast<std::size_t>(count));
    return out;
  }
  [[nodiscard]] ByteView block() { return raw(number<std::uint64_t>()); }
  [[nodiscard]] std::string text() {
    const ByteView view = block();
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }

  [[nodiscard]] bool ok() const { return ok_; }
  /// True if everything was read and nothing failed.
  [[nodiscard]] bool done() const { return ok_ && left_.empty(); }
  [[nodiscard]] std::size_t left() const { return left_.size(); }
  void fail() {
    ok_ = false;
    left_ = {};
  }

 private:
  ByteView left_;
  bool ok_ = true;
};

}  // namespace steadfarm::wire
