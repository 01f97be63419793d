// A worker's answers whose results stay here, until the shard that holds them is durable. Two lots:
// one that fills, and one that is being written.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/shard.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

class Shelf {
 public:
  /// An answer, without its result, which has so many bytes and is the next of the open lot.
  void add(const wire::AnswerView& answer, std::uint64_t result_bytes) {
    open_.answers.add(answer);
    open_.sizes.push_back(result_bytes);
    open_.bytes += result_bytes;
  }
  /// The open lot is to be written, and a new one begins.
  void seal() {
    STEADFARM_ASSERT(!sealing() && !open_.sizes.empty());
    sealing_ = std::exchange(open_, {});
    asked_ = false;
  }
  /// What is in the open lot now should be sealed as soon as that can be.
  void ask() { asked_ = !open_.sizes.empty(); }
  [[nodiscard]] bool asked() const { return asked_; }

  [[nodiscard]] bool sealing() const { return !sealing_.sizes.empty(); }
  [[nodiscard]] std::uint64_t open_count() const { return open_.sizes.size(); }
  [[nodiscard]] std::uint64_t open_bytes() const { return open_.bytes; }
  [[nodiscard]] std::uint64_t count() const { return open_.sizes.size() + sealing_.sizes.size(); }

  /// The shard is durable: `take` gets its answers, with their places, one after the other.
  template <class Take>
  void durable(const ShardInfo& shard, const Take& take) {
    STEADFARM_ASSERT(sealing() && shard.results == sealing_.sizes.size());
    std::uint64_t row = 0;
    sealing_.answers.for_each([&](const wire::AnswerView& kept) {
      wire::AnswerView answer = kept;
      answer.place = ShardPlace{shard, row, sealing_.sizes[row]};
      take(answer);
      ++row;
    });
    sealing_ = {};
  }

 private:
  struct Lot {
    wire::AnswerBatch answers;
    std::vector<std::uint64_t> sizes;
    std::uint64_t bytes = 0;
  };
  Lot open_;
  Lot sealing_;
  bool asked_ = false;
};

}  // namespace steadfarm::core
