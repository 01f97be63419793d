// Quadratic assignment problems as QAPLIB writes them: n, then two n x n matrices A and B. The
// cost of a permutation p is the sum over i, j of A[i][j] * B[p(i)][p(j)].
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace steadfarm::qap {

using Cost = std::int64_t;

/// Location p(i) of each facility i, both from 0. One byte each, so that comparing two of them
/// byte by byte compares them as permutations.
using Permutation = std::vector<std::uint8_t>;

inline constexpr std::size_t kSizeMax = 64;       // free locations are bits of one word
inline constexpr Cost kEntryMax = 0x7FFFFFFF;     // products are made from 32-bit halves
inline constexpr Cost kCostMax = Cost{1} << 60U;  // so that no sum of ours overflows
inline constexpr std::size_t kFileBytesMax = 1U << 20U;

/// Square, row by row.
class Matrix {
 public:
  Matrix() = default;
  explicit Matrix(std::size_t n) : n_(n), entries_(n * n) {}
  [[nodiscard]] std::size_t size() const { return n_; }
  [[nodiscard]] std::uint32_t at(std::size_t row, std::size_t column) const {
    return entries_[row * n_ + column];
  }
  void set(std::size_t row, std::size_t column, std::uint32_t value) {
    entries_[row * n_ + column] = value;
  }
  friend bool operator==(const Matrix&, const Matrix&) = default;

 private:
  std::size_t n_ = 0;
  std::vector<std::uint32_t> entries_;
};

struct Instance {
  std::size_t n = 0;
  Matrix a;  // between facilities
  Matrix b;  // between locations
};

/// Errors name the file, the line and the field, and say what stands there.
[[nodiscard]] Result<Instance> parse_instance(std::string_view text, const std::string& name);
[[nodiscard]] Result<Instance> read_instance(const std::string& path);

[[nodiscard]] Cost cost(const Instance& instance, std::span<const std::uint8_t> permutation);

/// A published solution, from a .sln file.
struct Solution {
  Cost value = 0;
  Permutation permutation;
};

/// `permutation` is what the file says, or its inverse where only that has the published value
/// (some files hold the inverse). It is an error if neither has it.
[[nodiscard]] Result<Solution> parse_solution(std::string_view text, const std::string& name,
                                              const Instance& instance);
[[nodiscard]] Result<Solution> read_solution(const std::string& path, const Instance& instance);

}  // namespace steadfarm::qap
