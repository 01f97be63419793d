#include "examples/qap/bound.hpp"

#include <algorithm>
#include <functional>

namespace steadfarm::qap {
namespace {

std::size_t count_live(const Instance& instance) {
  std::size_t live = 0;
  for (std::size_t i = 0; i < instance.n; ++i) {
    for (std::size_t j = 0; j < instance.n; ++j) {
      if (instance.a.at(i, j) != 0) live = std::max({live, i + 1, j + 1});
    }
  }
  return live;
}

// Zeros are left out: they add nothing, whatever they are paired with.
std::vector<std::uint32_t> descending_row(const Matrix& a, std::size_t row, std::size_t from) {
  std::vector<std::uint32_t> out;
  for (std::size_t j = from; j < a.size(); ++j) {
    if (j != row && a.at(row, j) != 0) out.push_back(a.at(row, j));
  }
  std::sort(out.begin(), out.end(), std::greater<>());
  return out;
}

std::vector<std::uint8_t> ascending_order(const Matrix& b, std::size_t row) {
  std::vector<std::uint8_t> out;
  for (std::size_t j = 0; j < b.size(); ++j) {
    if (j != row) out.push_back(static_cast<std::uint8_t>(j));
  }
  std::stable_sort(out.begin(), out.end(), [&b, row](std::uint8_t x, std::uint8_t y) {
    return b.at(row, x) < b.at(row, y);
  });
  return out;
}

}  // namespace

Path::Path(const Instance& instance)
    : instance_(instance), live_(count_live(instance)), levels_(instance.n + 1) {
  const std::size_t n = instance.n;
  sorted_a_.resize(n + 1);
  ranks_.resize(n + 1);
  for (std::size_t k = 0; k <= n; ++k) {
    for (std::size_t i = k; i < n; ++i) {
      sorted_a_[k].push_back(descending_row(instance.a, i, k));
      ranks_[k] = std::max(ranks_[k], sorted_a_[k].back().size());
    }
  }
  for (std::size_t l = 0; l < n; ++l) ascending_b_.push_back(ascending_order(instance.b, l));
  sorted_b_.resize((n + 1) * n);
  for (Level& level : levels_) {
    level.column_of.resize(n);
    level.linear.resize(n * n);
    level.costs.resize(n * n);
    level.column_duals.resize(n);
    level.assigned.resize(n);
  }
  Level& root = levels_[0];
  for (std::size_t l = 0; l < n; ++l) {
    root.free |= std::uint64_t{1} << l;
    root.columns.push_back(static_cast<std::uint8_t>(l));
    for (std::size_t i = 0; i < n; ++i) {
      root.linear[i * n + l] = Cost{instance.a.at(i, i)} * Cost{instance.b.at(l, l)};
    }
  }
  bound_level();
}

void Path::push(std::size_t location) {
  const std::size_t n = instance_.n;
  const std::size_t k = depth_;
  const Level& from = levels_[k];
  Level& to = levels_[k + 1];
  to.free = from.free & ~(std::uint64_t{1} << location);
  to.fixed = from.fixed + from.linear[k * n + location];
  to.columns.clear();
  for (const std::uint8_t l : from.columns) {
    if (l != location) to.columns.push_back(l);
  }
  for (std::size_t i = k + 1; i < live_; ++i) {
    const Cost out = instance_.a.at(i, k);
    const Cost in = instance_.a.at(k, i);
    for (const std::uint8_t l : to.columns) {
      to.linear[i * n + l] = from.linear[i * n + l] + out * Cost{instance_.b.at(l, location)} +
                             in * Cost{instance_.b.at(location, l)};
    }
  }
  prefix_.push_back(static_cast<std::uint8_t>(location));
  depth_ = k + 1;
  bound_level();
}

void Path::pop() {
  prefix_.pop_back();
  depth_ -= 1;
}

void Path::bound_level() {
  Level& level = levels_[depth_];
  const std::size_t n = instance_.n;
  const std::size_t columns = level.columns.size();
  level.bound = level.fixed;
  if (depth_ >= live_) return;
  const std::size_t rows = live_ - depth_;
  for (std::size_t c = 0; c < columns; ++c) {
    level.column_of[level.columns[c]] = static_cast<std::uint8_t>(c);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const Cost* linear = level.linear.data() + (depth_ + r) * n;
    for (std::size_t c = 0; c < columns; ++c) {
      level.costs[r * columns + c] = linear[level.columns[c]];
    }
  }
  add_least_products(level, rows);
  std::fill_n(level.column_duals.begin(), columns, Cost{0});
  if (rows == columns && depth_ > 0) {
    // The parent's duals are nearly right, so that most rows find their column at once.
    const Level& parent = levels_[depth_ - 1];
    for (std::size_t c = 0; c < columns; ++c) {
      level.column_duals[c] = parent.column_duals[parent.column_of[level.columns[c]]];
    }
  }
  level.bound += lap_.solve(rows, columns, level.costs.data(), level.column_duals.data());
  level.first_row_dual = lap_.row_duals()[0];
  for (std::size_t r = 0; r < rows; ++r) {
    level.assigned[r] = static_cast<std::uint8_t>(lap_.column_of_row()[r]);
  }
}

void Path::sort_rows(const Level& level) {
  const std::size_t columns = level.columns.size();
  const std::size_t end = ranks_[depth_] * columns;
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t l = level.columns[c];
    // Written always and kept only if the location is free: a branch would be a coin toss.
    std::size_t at = 0;
    for (const std::uint8_t other : ascending_b_[l]) {
      sorted_b_[at + c] = instance_.b.at(l, other);
      at += (level.free >> other & 1U) * columns;
      if (at == end) break;
    }
  }
}

void Path::add_least_products(Level& level, std::size_t rows) {
  sort_rows(level);
  const std::size_t columns = level.columns.size();
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<std::uint32_t>& a = sorted_a_[depth_][r];
    Cost* costs = level.costs.data() + r * columns;
    for (std::size_t rank = 0; rank < a.size(); ++rank) {
      const std::uint64_t factor = a[rank];
      const std::uint32_t* b = sorted_b_.data() + rank * columns;
      for (std::size_t c = 0; c < columns; ++c) costs[c] += static_cast<Cost>(factor * b[c]);
    }
  }
}

Cost Path::child_bound(std::size_t location) const {
  const Level& here = level();
  const std::size_t c = here.column_of[location];
  return here.bound + here.costs[c] - here.first_row_dual - here.column_duals[c];
}

Permutation Path::completion() const {
  Permutation out = prefix_;
  out.insert(out.end(), level().columns.begin(), level().columns.end());
  return out;
}

Permutation Path::assigned_completion() const {
  if (closed()) return completion();
  Permutation out = prefix_;
  std::uint64_t free = level().free;
  for (std::size_t r = 0; depth_ + r < live_; ++r) {
    const std::uint8_t location = level().columns[level().assigned[r]];
    out.push_back(location);
    free &= ~(std::uint64_t{1} << location);
  }
  for (const std::uint8_t l : level().columns) {
    if ((free >> l & 1U) != 0) out.push_back(l);
  }
  return out;
}

}  // namespace steadfarm::qap
