#include "examples/qap/symmetry.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace steadfarm::qap {
namespace {

/// What an automorphism leaves as it is at a location: its diagonal entry, its row and its column
/// without their order.
std::vector<std::uint32_t> signature(const Matrix& matrix, std::size_t location) {
  const std::size_t n = matrix.size();
  std::vector<std::uint32_t> out(2 * n + 1);
  for (std::size_t other = 0; other < n; ++other) {
    out[other] = matrix.at(location, other);
    out[n + other] = matrix.at(other, location);
  }
  out[2 * n] = matrix.at(location, location);
  const auto middle = out.begin() + static_cast<std::ptrdiff_t>(n);
  std::sort(out.begin(), middle);
  std::sort(middle, out.end() - 1);
  return out;
}

/// Backtracking: the images of locations 0, 1, ... are chosen in turn.
class Finder {
 public:
  Finder(const Matrix& matrix, std::size_t count_max, std::uint64_t steps_max)
      : matrix_(matrix), count_max_(count_max), steps_left_(steps_max), used_(matrix.size()) {
    for (std::size_t l = 0; l < matrix.size(); ++l) signatures_.push_back(signature(matrix, l));
  }

  std::vector<Permutation> run() {
    choose_next();
    return std::move(found_);
  }

 private:
  // The recursion is as deep as the matrix is wide, which is at most kSizeMax.
  void choose_next() {
    const std::size_t l = images_.size();
    if (l == matrix_.size()) {
      add();
      return;
    }
    for (std::size_t image = 0; image < matrix_.size(); ++image) {
      if (found_.size() >= count_max_ || steps_left_ == 0) return;
      steps_left_ -= 1;
      if (used_[image] || !fits(l, image)) continue;
      used_[image] = true;
      images_.push_back(static_cast<std::uint8_t>(image));
      choose_next();
      images_.pop_back();
      used_[image] = false;
    }
  }

  void add() {
    Permutation identity(matrix_.size());
    std::iota(identity.begin(), identity.end(), std::uint8_t{0});
    if (images_ != identity) found_.push_back(images_);
  }

  [[nodiscard]] bool fits(std::size_t l, std::size_t image) const {
    if (signatures_[l] != signatures_[image]) return false;
    for (std::size_t k = 0; k < l; ++k) {
      if (matrix_.at(l, k) != matrix_.at(image, images_[k])) return false;
      if (matrix_.at(k, l) != matrix_.at(images_[k], image)) return false;
    }
    return true;
  }

  const Matrix& matrix_;
  std::size_t count_max_;
  std::uint64_t steps_left_;
  std::vector<bool> used_;
  std::vector<std::vector<std::uint32_t>> signatures_;
  Permutation images_;
  std::vector<Permutation> found_;
};

}  // namespace

std::vector<Permutation> automorphisms(const Matrix& matrix, std::size_t count_max,
                                       std::uint64_t steps_max) {
  return Finder(matrix, count_max, steps_max).run();
}

SymmetryPath::SymmetryPath(std::vector<Permutation> automorphisms)
    : automorphisms_(std::move(automorphisms)) {
  std::vector<std::uint32_t> all(automorphisms_.size());
  std::iota(all.begin(), all.end(), 0U);
  levels_.push_back(std::move(all));
}

bool SymmetryPath::is_smallest(std::size_t location) const {
  return std::none_of(levels_.back().begin(), levels_.back().end(),
                      [&](std::uint32_t i) { return automorphisms_[i][location] < location; });
}

void SymmetryPath::push(std::size_t location) {
  std::vector<std::uint32_t> fixing;
  for (const std::uint32_t i : levels_.back()) {
    if (automorphisms_[i][location] == location) fixing.push_back(i);
  }
  levels_.push_back(std::move(fixing));
}

}  // namespace steadfarm::qap
