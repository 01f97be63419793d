#include "core/policy/factoring.hpp"

#include <algorithm>

#include "core/policy/guided.hpp"

namespace steadfarm::core {

std::uint64_t Factoring::next(std::uint64_t left, std::uint32_t workers) {
  workers = std::max<std::uint32_t>(1, workers);
  if (chunks_left_ == 0 || workers != workers_ || left > begun_with_) {
    chunk_ = guided_chunk(left / 2 + left % 2, workers);
    begun_with_ = left;
    chunks_left_ = workers;
    workers_ = workers;
  }
  return chunk_;
}

void Factoring::gave() {
  if (chunks_left_ > 0) --chunks_left_;
}

}  // namespace steadfarm::core
