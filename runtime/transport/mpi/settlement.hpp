// The end of a farm's messages: each rank learns how many it is to get, so that it knows when it
// has received them all. Pure: it says what is to be sent.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "steadfarm/types.hpp"

namespace steadfarm::transport {

/// Among the ranks 0 to n-1 of one communicator. Every rank tells rank 0 how many messages it has
/// sent to whom; rank 0 adds up, and tells each how many messages there are for it. Point to point:
/// a rank that is dead or late costs the others no more than the time they are ready to wait. Who
/// knows of a loss says so, and then all give up at once.
class Settlement {
 public:
  struct Word {
    int to = 0;
    int kind = 0;  // kTagCounts or kTagTotal
    Bytes bytes;
  };
  using Words = std::vector<Word>;

  /// `sent`: how many messages this rank has sent, by receiver. `clean`: it knows of no loss.
  Settlement(int self, std::vector<std::uint64_t> sent, bool clean);

  /// What is to be said first.
  [[nodiscard]] Words begin();
  /// Another rank's word, and what is to be said to it.
  [[nodiscard]] Words hear(int from, int kind, ByteView bytes);

  /// How many messages there are for this rank, from all others together, once that is known.
  [[nodiscard]] std::optional<std::uint64_t> expected() const { return expected_; }
  /// It will never be known.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  [[nodiscard]] Words hear_counts(int from, ByteView bytes);
  [[nodiscard]] bool add(ByteView bytes);
  [[nodiscard]] Words tell_all();
  [[nodiscard]] Bytes counts() const;

  int self_;
  std::vector<std::uint64_t> sent_;
  bool clean_;
  // Of rank 0.
  std::vector<std::uint64_t> totals_;  // by receiver
  std::vector<bool> heard_;
  std::size_t heard_count_ = 0;

  std::optional<std::uint64_t> expected_;
  bool failed_ = false;
};

}  // namespace steadfarm::transport
