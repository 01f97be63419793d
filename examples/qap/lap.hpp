// The linear assignment problem: give each row its own column so that the costs sum to the least.
// Successive shortest augmenting paths (Jonker and Volgenant 1987), O(rows^2 * columns).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "examples/qap/instance.hpp"

namespace steadfarm::qap {

/// Keeps its buffers from one problem to the next. Equal input gives equal output, duals included.
class LapSolver {
 public:
  /// `costs` holds rows x columns entries row by row, rows <= columns. `column_duals` (columns
  /// entries) is the start and receives the end: any values if rows == columns, all zero else.
  /// Afterwards costs - row dual - column dual is never negative, is zero where a row got its
  /// column, and no column dual is above its start. Returns the least sum.
  Cost solve(std::size_t rows, std::size_t columns, const Cost* costs, Cost* column_duals);

  [[nodiscard]] std::span<const Cost> row_duals() const { return row_duals_; }
  [[nodiscard]] std::span<const std::size_t> column_of_row() const { return column_of_row_; }

 private:
  void take_cheapest_columns();
  void augment(std::size_t start);
  std::size_t shortest_path(std::size_t start);

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  const Cost* costs_ = nullptr;
  Cost* column_duals_ = nullptr;
  std::vector<Cost> row_duals_;
  std::vector<Cost> distance_;  // by column
  std::vector<std::size_t> column_of_row_;
  std::vector<std::size_t> row_of_column_;
  std::vector<std::size_t> before_;  // by column: the row it was reached from
  std::vector<std::size_t> open_;    // columns whose distance is not final
  std::vector<std::size_t> unassigned_rows_;
  std::size_t open_size_ = 0;
};

}  // namespace steadfarm::qap
