#include "core/policy/trapezoid.hpp"

#include <algorithm>
#include <cmath>

#include "core/policy/guided.hpp"

namespace steadfarm::core {

void Trapezoid::begin(std::uint64_t left, std::uint32_t workers) {
  const auto first = static_cast<double>(guided_chunk(left / 2 + left % 2, workers));
  const double chunks = std::ceil(2 * static_cast<double>(left) / (first + 1));
  size_ = first;
  step_ = chunks > 1 ? (first - 1) / (chunks - 1) : 0;
  chunks_ = static_cast<std::uint64_t>(chunks);
  planned_left_ = left;
  workers_ = workers;
}

std::uint64_t Trapezoid::next(std::uint64_t left, std::uint32_t workers) {
  workers = std::max<std::uint32_t>(1, workers);
  if (planned_left_ == 0 || workers != workers_ || left / 2 > planned_left_) begin(left, workers);
  return static_cast<std::uint64_t>(std::max(1.0, std::round(size_)));
}

void Trapezoid::gave(std::uint64_t count) {
  const double part = static_cast<double>(count) / std::max(1.0, std::round(size_));
  // A chunk that was cut is a thin slice of the trapezoid, whose slope is that of n steps, not of
  // the n - 1 between n chunks.
  const auto chunks = static_cast<double>(chunks_);
  const double step = part < 1 ? step_ * part * (chunks - 1) / chunks : step_;
  size_ = std::max(1.0, size_ - step);
  planned_left_ -= std::min(count, planned_left_);
}

}  // namespace steadfarm::core
