// Factoring: batches of equal chunks, each batch half of what is left.
#pragma once

#include <cstdint>

namespace steadfarm::core {

/// FAC2 (S. F. Hummel, E. Schonberg, L. E. Flynn: Factoring, CACM 35(8), 1992): a batch is one
/// chunk of ceil(left / (2 workers)) for each worker. A new batch also begins when the number of
/// workers changes, or when more is left than the batch began with (units were spawned or came
/// back).
class Factoring {
 public:
  /// The next chunk, at least 1. Asking changes nothing but the begin of a batch.
  [[nodiscard]] std::uint64_t next(std::uint64_t left, std::uint32_t workers);
  /// A chunk went out.
  void gave();

 private:
  std::uint64_t chunk_ = 1;
  std::uint64_t begun_with_ = 0;
  std::uint32_t chunks_left_ = 0;
  std::uint32_t workers_ = 0;
};

}  // namespace steadfarm::core
