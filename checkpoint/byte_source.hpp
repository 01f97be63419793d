// Bytes of a file that were compared with their digest, to be read in any order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// Fills `out` from `offset` on. `corrupt` if that reaches beyond the end.
  [[nodiscard]] virtual Status read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
};

/// Bytes in memory, borrowed.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(ByteView view) : view_(view) {}

  [[nodiscard]] std::uint64_t bytes() const override { return view_.size(); }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > view_.size() || out.size() > view_.size() - offset) {
      return Error{ErrorCode::corrupt, "it ends before what it is said to hold"};
    }
    std::copy_n(view_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

 private:
  ByteView view_;
};

}  // namespace steadfarm::checkpoint
