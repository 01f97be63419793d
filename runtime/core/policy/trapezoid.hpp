// Trapezoid self-scheduling: chunks that shrink by the same amount from one to the next.
#pragma once

#include <cstdint>

namespace steadfarm::core {

/// TSS (T. H. Tzeng, L. M. Ni: Trapezoid self-scheduling, IEEE TPDS 4(1), 1993). For N units and P
/// workers the first chunk is f = ceil(N / 2P) and the last l = 1, so n = ceil(2N / (f + l)) chunks
/// shrink by (f - l) / (n - 1) each. A new trapezoid begins when the old one is used up, when the
/// number of workers changes, and when twice as much is left as planned (units were spawned).
class Trapezoid {
 public:
  /// The next chunk, at least 1. Asking changes nothing but the begin of a trapezoid.
  [[nodiscard]] std::uint64_t next(std::uint64_t left, std::uint32_t workers);
  /// So many units went out. Fewer than next() said lower the next chunk by as much less.
  void gave(std::uint64_t count);

  /// Chunks of the trapezoid that was begun last, if each is given in full.
  [[nodiscard]] std::uint64_t chunks() const { return chunks_; }

 private:
  void begin(std::uint64_t left, std::uint32_t workers);

  double size_ = 1;
  double step_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t planned_left_ = 0;
  std::uint32_t workers_ = 0;
};

}  // namespace steadfarm::core
