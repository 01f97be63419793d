#include "examples/qap/lap.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

struct Problem {
  std::size_t rows;
  std::size_t columns;
  std::vector<Cost> costs;
};

Problem random_problem(Prng& random, std::size_t rows, std::size_t columns, Cost max) {
  Problem problem{rows, columns, {}};
  for (std::size_t i = 0; i < rows * columns; ++i) problem.costs.push_back(random.between(0, max));
  return problem;
}

// Every way to give the rows their own columns; the used ones are bits of `used`.
Cost least_sum(const Problem& problem, std::size_t row = 0, unsigned used = 0) {
  if (row == problem.rows) return 0;
  Cost best = std::numeric_limits<Cost>::max();
  for (std::size_t column = 0; column < problem.columns; ++column) {
    if ((used >> column & 1U) != 0) continue;
    const Cost rest = least_sum(problem, row + 1, used | 1U << column);
    best = std::min(best, problem.costs[row * problem.columns + column] + rest);
  }
  return best;
}

void expect_optimal(LapSolver& solver, const Problem& problem, std::vector<Cost> duals) {
  const std::vector<Cost> start = duals;
  const Cost sum = solver.solve(problem.rows, problem.columns, problem.costs.data(), duals.data());
  EXPECT_EQ(sum, least_sum(problem));
  const std::set<std::size_t> used(solver.column_of_row().begin(), solver.column_of_row().end());
  EXPECT_EQ(used.size(), problem.rows);
  for (std::size_t row = 0; row < problem.rows; ++row) {
    for (std::size_t column = 0; column < problem.columns; ++column) {
      const Cost reduced =
          problem.costs[row * problem.columns + column] - solver.row_duals()[row] - duals[column];
      EXPECT_GE(reduced, 0);
      if (solver.column_of_row()[row] == column) {
        EXPECT_EQ(reduced, 0);
      }
    }
  }
  for (std::size_t column = 0; column < problem.columns; ++column) {
    EXPECT_LE(duals[column], start[column]);
    if (used.count(column) == 0) {
      EXPECT_EQ(duals[column], start[column]);
    }
  }
}

TEST(LapSolver, finds_the_least_sum_of_square_problems) {
  Prng random(11);
  LapSolver solver;
  for (std::size_t n = 1; n <= 7; ++n) {
    for (const Cost max : {1, 3, 100}) {
      for (int i = 0; i < 20; ++i) {
        expect_optimal(solver, random_problem(random, n, n, max), std::vector<Cost>(n, 0));
      }
    }
  }
}

TEST(LapSolver, finds_the_least_sum_with_fewer_rows_than_columns) {
  Prng random(12);
  LapSolver solver;
  for (std::size_t rows = 1; rows <= 5; ++rows) {
    for (std::size_t columns = rows; columns <= 8; ++columns) {
      for (int i = 0; i < 20; ++i) {
        expect_optimal(solver, random_problem(random, rows, columns, 5),
                       std::vector<Cost>(columns, 0));
      }
    }
  }
}

TEST(LapSolver, finds_the_least_sum_from_any_start_of_square_problems) {
  Prng random(13);
  LapSolver solver;
  for (int i = 0; i < 200; ++i) {
    std::vector<Cost> start(6);
    for (Cost& cost : start) cost = random.between(-50, 50);
    expect_optimal(solver, random_problem(random, 6, 6, 40), start);
  }
}

TEST(LapSolver, handles_costs_of_the_largest_size) {
  LapSolver solver;
  expect_optimal(solver, {2, 2, {kCostMax, 0, kCostMax, kCostMax}}, {0, 0});
}

TEST(LapSolver, gives_equal_output_for_equal_input_whatever_came_before) {
  Prng random(14);
  const Problem problem = random_problem(random, 7, 7, 3);
  const auto solve = [&problem](LapSolver& solver) {
    std::vector<Cost> duals(7, 0);
    (void)solver.solve(7, 7, problem.costs.data(), duals.data());
    duals.insert(duals.end(), solver.row_duals().begin(), solver.row_duals().end());
    duals.insert(duals.end(), solver.column_of_row().begin(), solver.column_of_row().end());
    return duals;
  };
  LapSolver fresh;
  LapSolver used;
  expect_optimal(used, random_problem(random, 5, 8, 9), std::vector<Cost>(8, 0));
  EXPECT_EQ(solve(fresh), solve(used));
}

}  // namespace
}  // namespace steadfarm::qap
