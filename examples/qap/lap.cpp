#include "examples/qap/lap.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace steadfarm::qap {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

}  // namespace

Cost LapSolver::solve(std::size_t rows, std::size_t columns, const Cost* costs,
                      Cost* column_duals) {
  rows_ = rows;
  columns_ = columns;
  costs_ = costs;
  column_duals_ = column_duals;
  row_duals_.resize(rows);
  column_of_row_.assign(rows, kNone);
  row_of_column_.assign(columns, kNone);
  distance_.resize(columns);
  before_.resize(columns);
  open_.resize(columns);
  take_cheapest_columns();
  for (const std::size_t row : unassigned_rows_) augment(row);

  Cost sum = 0;
  for (std::size_t row = 0; row < rows; ++row) sum += costs[row * columns + column_of_row_[row]];
  return sum;
}

// Makes the row duals feasible and gives each row its cheapest column if that is still free.
void LapSolver::take_cheapest_columns() {
  unassigned_rows_.clear();
  for (std::size_t row = 0; row < rows_; ++row) {
    const Cost* line = costs_ + row * columns_;
    Cost least = line[0] - column_duals_[0];
    std::size_t cheapest = 0;
    for (std::size_t column = 1; column < columns_; ++column) {
      const Cost reduced = line[column] - column_duals_[column];
      if (reduced < least) {
        least = reduced;
        cheapest = column;
      }
    }
    row_duals_[row] = least;
    if (row_of_column_[cheapest] == kNone) {
      row_of_column_[cheapest] = row;
      column_of_row_[row] = cheapest;
    } else {
      unassigned_rows_.push_back(row);
    }
  }
}

// Dijkstra over reduced costs from row `start` to the nearest free column, which it returns. The
// columns passed on the way stand in open_[open_size_ ...] behind that one.
std::size_t LapSolver::shortest_path(std::size_t start) {
  std::iota(open_.begin(), open_.end(), std::size_t{0});
  open_size_ = columns_;
  std::fill(distance_.begin(), distance_.end(), std::numeric_limits<Cost>::max());
  std::size_t row = start;
  Cost base = -row_duals_[start];
  while (true) {
    const Cost* line = costs_ + row * columns_;
    std::size_t nearest = 0;
    Cost least = std::numeric_limits<Cost>::max();
    for (std::size_t i = 0; i < open_size_; ++i) {
      const std::size_t column = open_[i];
      const Cost through = base + line[column] - column_duals_[column];
      if (through < distance_[column]) {
        distance_[column] = through;
        before_[column] = row;
      }
      // Of equally near columns a free one ends the search.
      if (distance_[column] < least ||
          (distance_[column] == least && row_of_column_[column] == kNone)) {
        least = distance_[column];
        nearest = i;
      }
    }
    const std::size_t column = open_[nearest];
    std::swap(open_[nearest], open_[--open_size_]);
    row = row_of_column_[column];
    if (row == kNone) return column;
    base = least - row_duals_[row];
  }
}

void LapSolver::augment(std::size_t start) {
  const std::size_t target = shortest_path(start);
  const Cost length = distance_[target];
  row_duals_[start] += length;
  for (std::size_t i = open_size_ + 1; i < columns_; ++i) {
    const std::size_t column = open_[i];
    row_duals_[row_of_column_[column]] += length - distance_[column];
    column_duals_[column] -= length - distance_[column];
  }
  for (std::size_t column = target; column != kNone;) {
    const std::size_t row = before_[column];
    row_of_column_[column] = row;
    std::swap(column_of_row_[row], column);
    if (row == start) break;
  }
}

}  // namespace steadfarm::qap
