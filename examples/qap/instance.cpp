#include "examples/qap/instance.hpp"

#include <algorithm>
#include <utility>

#include "examples/qap/fields.hpp"

namespace steadfarm::qap {
namespace {

struct Extent {
  Cost sum = 0;
  Cost max = 0;
};

Result<Extent> read_matrix(Fields& fields, const char* letter, Matrix& matrix) {
  Extent extent;
  const std::size_t n = matrix.size();
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      const std::string what = std::string("matrix ") + letter + ", row " +
                               std::to_string(row + 1) + ", column " + std::to_string(column + 1);
      const Result<std::int64_t> entry = fields.number(0, kEntryMax, what);
      if (!entry) return entry.error();
      matrix.set(row, column, static_cast<std::uint32_t>(entry.value()));
      extent.sum += entry.value();
      extent.max = std::max(extent.max, entry.value());
    }
  }
  return extent;
}

Permutation inverse(const Permutation& permutation) {
  Permutation out(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    out[permutation[i]] = static_cast<std::uint8_t>(i);
  }
  return out;
}

}  // namespace

Result<Instance> parse_instance(std::string_view text, const std::string& name) {
  Fields fields(text, name);
  const Result<std::int64_t> n =
      fields.number(1, static_cast<std::int64_t>(kSizeMax), "the size n");
  if (!n) return n.error();
  Instance instance;
  instance.n = static_cast<std::size_t>(n.value());
  instance.a = Matrix(instance.n);
  instance.b = Matrix(instance.n);
  const Result<Extent> a = read_matrix(fields, "A", instance.a);
  if (!a) return a.error();
  const Result<Extent> b = read_matrix(fields, "B", instance.b);
  if (!b) return b.error();
  const Status end = fields.end("the two matrices");
  if (!end) return end.error();
  // No permutation costs more than this product.
  if (b.value().max > 0 && a.value().sum > kCostMax / b.value().max) {
    return Error{ErrorCode::invalid,
                 name + ": the entries are so large that costs could pass 2^60"};
  }
  return instance;
}

Result<Instance> read_instance(const std::string& path) {
  const Result<std::string> text = read_text(path, kFileBytesMax);
  if (!text) return text.error();
  return parse_instance(text.value(), path);
}

Cost cost(const Instance& instance, std::span<const std::uint8_t> permutation) {
  Cost sum = 0;
  for (std::size_t i = 0; i < instance.n; ++i) {
    for (std::size_t j = 0; j < instance.n; ++j) {
      sum += Cost{instance.a.at(i, j)} * Cost{instance.b.at(permutation[i], permutation[j])};
    }
  }
  return sum;
}

Result<Solution> parse_solution(std::string_view text, const std::string& name,
                                const Instance& instance) {
  Fields fields(text, name);
  const auto size = static_cast<std::int64_t>(instance.n);
  const Result<std::int64_t> n = fields.number(size, size, "the size n, as in the instance,");
  if (!n) return n.error();
  const Result<std::int64_t> value = fields.number(0, kCostMax, "the value");
  if (!value) return value.error();
  Solution solution{value.value(), {}};
  std::vector<bool> seen(instance.n, false);
  for (std::size_t i = 0; i < instance.n; ++i) {
    const Result<std::int64_t> place =
        fields.number(1, size, "place " + std::to_string(i + 1) + " of the permutation");
    if (!place) return place.error();
    const auto location = static_cast<std::size_t>(place.value() - 1);
    if (seen[location]) {
      return fields.error_here(std::to_string(place.value()) + " occurs twice in the permutation");
    }
    seen[location] = true;
    solution.permutation.push_back(static_cast<std::uint8_t>(location));
  }
  const Status end = fields.end("the permutation");
  if (!end) return end.error();
  if (cost(instance, solution.permutation) == solution.value) return solution;
  solution.permutation = inverse(solution.permutation);
  if (cost(instance, solution.permutation) == solution.value) return solution;
  return Error{ErrorCode::invalid, name + ": neither the permutation nor its inverse costs " +
                                       std::to_string(solution.value) +
                                       "; is it of another instance?"};
}

Result<Solution> read_solution(const std::string& path, const Instance& instance) {
  const Result<std::string> text = read_text(path, kFileBytesMax);
  if (!text) return text.error();
  return parse_solution(text.value(), path, instance);
}

}  // namespace steadfarm::qap
