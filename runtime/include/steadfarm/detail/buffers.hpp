// Where bytes are written to and read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "steadfarm/types.hpp"

namespace steadfarm::detail {

class Writer {
 public:
  void put(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool get(void* data, std::size_t size) {
    if (size > bytes_.size()) return false;
    if (size > 0) std::memcpy(data, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return true;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

  /// Bad bytes must not overflow the call stack through a type that contains itself.
  [[nodiscard]] bool enter() { return ++depth_ <= kDepthMax; }
  void leave() { --depth_; }

 private:
  static constexpr std::uint32_t kDepthMax = 1000;
  ByteView bytes_;
  std::uint32_t depth_ = 0;
};

}  // namespace steadfarm::detail
