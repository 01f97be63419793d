// The results of one segment or shard, of which there may be more than memory holds.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

/// Result i is the bytes from its offset up to the next one.
class ResultTable {
 public:
  virtual ~ResultTable() = default;
  [[nodiscard]] virtual std::uint64_t count() const = 0;
  /// Of all results.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// Of the results from `first` on.
  [[nodiscard]] virtual Status keys(std::uint64_t first, std::span<UnitKey> out) = 0;
  /// The same; there are `count` + 1 of them.
  [[nodiscard]] virtual Status offsets(std::uint64_t first, std::span<std::uint64_t> out) = 0;
  [[nodiscard]] virtual Status payload(std::uint64_t offset, std::span<std::byte> out) = 0;
};

struct ResultRow {
  UnitKey key;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// Calls `visit` with each row and its number, and checks on the way that the offsets cut the bytes
/// into pieces. Takes a window of memory, however many there are.
[[nodiscard]] Status for_each_row(
    ResultTable& table, const std::function<void(std::uint64_t, const ResultRow&)>& visit);

/// The keys alone.
[[nodiscard]] Status for_each_key(ResultTable& table,
                                  const std::function<void(const UnitKey&)>& visit);

}  // namespace steadfarm::checkpoint
