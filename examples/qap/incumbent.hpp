// The best permutation known, and the door through which a search asks for it and improves it. A
// farm puts its shared value behind that door.
#pragma once

#include <optional>
#include <utility>

#include "examples/qap/instance.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::qap {

struct Incumbent {
  Cost value = 0;
  Permutation permutation;
  friend bool operator==(const Incumbent&, const Incumbent&) = default;
};

/// Lower cost first, then the lexicographically smaller permutation: a total order, so the best of
/// several does not depend on the order they come in.
[[nodiscard]] inline bool is_better(const Incumbent& challenger,
                                    const std::optional<Incumbent>& best) {
  if (!best) return true;
  if (challenger.value != best->value) return challenger.value < best->value;
  return challenger.permutation < best->permutation;
}

class IncumbentPort {
 public:
  virtual ~IncumbentPort() = default;
  /// May be behind the best that anybody knows; then less is pruned.
  [[nodiscard]] virtual const std::optional<Incumbent>& best() = 0;
  virtual void offer(const Incumbent& incumbent) = 0;
};

/// For one process.
class LocalIncumbent : public IncumbentPort {
 public:
  LocalIncumbent() = default;
  explicit LocalIncumbent(std::optional<Incumbent> start) : best_(std::move(start)) {}
  [[nodiscard]] const std::optional<Incumbent>& best() override { return best_; }
  void offer(const Incumbent& incumbent) override {
    if (is_better(incumbent, best_)) best_ = incumbent;
  }

 private:
  std::optional<Incumbent> best_;
};

/// The permutation as a witness of the shared value: one byte a location, so that the byte order
/// of two witnesses is the order of the permutations.
[[nodiscard]] Bytes encode_witness(const Permutation& permutation);
/// Empty if the bytes are no permutation of n locations.
[[nodiscard]] std::optional<Permutation> decode_witness(ByteView witness, std::size_t n);

}  // namespace steadfarm::qap
