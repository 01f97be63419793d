// The units an application submitted: payloads packed end to end, and what identifies them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.hpp"
#include "core/master.hpp"

namespace steadfarm::api {

class SubmittedUnits final : public core::PayloadSource {
 public:
  void add(ByteView payload, std::int32_t priority, const UnitHints& hints = {});

  [[nodiscard]] std::uint64_t count() const { return offsets_.size() - 1; }
  [[nodiscard]] ByteView payload(std::uint64_t index) const override {
    return ByteView(bytes_).subspan(offsets_[index], offsets_[index + 1] - offsets_[index]);
  }
  [[nodiscard]] const std::vector<core::FreshRun>& priorities() const { return priorities_; }
  [[nodiscard]] bool has_hints() const { return !hints_.empty(); }
  [[nodiscard]] UnitHints hints(std::uint64_t index) const {
    return index < hints_.size() ? hints_[index] : UnitHints();
  }
  /// Depends on every payload, its length, and the order.
  [[nodiscard]] Digest digest() const { return stream_.finish(); }
  /// The same of the first so many alone. Reads them all again.
  [[nodiscard]] Digest digest_of_first(std::uint64_t count) const;

 private:
  std::vector<std::uint64_t> offsets_{0};
  Bytes bytes_;
  std::vector<core::FreshRun> priorities_;
  std::vector<UnitHints> hints_;  // up to the last unit that has any
  DigestStream stream_;
};

}  // namespace steadfarm::api
