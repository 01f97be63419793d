// Answers of an earlier term that were handed in for units that are not there: their parents are
// not accepted yet, or they were done long ago. They wait, in bounded memory, for their parents.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/ids.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

class Orphans {
 public:
  explicit Orphans(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  struct Orphan {
    Rank from;
    wire::AnswerBatch answer;  // one
  };
  /// False if there is no room. A second one for the same unit is not kept, and no error.
  [[nodiscard]] bool keep(Rank from, const wire::AnswerView& answer) {
    Orphan orphan{from, {}};
    orphan.answer.add(answer);
    const std::uint64_t bytes = orphan.answer.bytes().size();
    if (bytes_ + bytes > bytes_max_) return false;
    if (waiting_.try_emplace(answer.key, std::move(orphan)).second) bytes_ += bytes;
    return true;
  }
  [[nodiscard]] std::optional<Orphan> take(const UnitKey& key) {
    const auto it = waiting_.find(key);
    if (it == waiting_.end()) return std::nullopt;
    Orphan orphan = std::move(it->second);
    bytes_ -= orphan.answer.bytes().size();
    waiting_.erase(it);
    return orphan;
  }
  [[nodiscard]] bool waits_for(const UnitKey& key) const { return waiting_.contains(key); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<UnitKey, Orphan, UnitKeyHash> waiting_;
};

}  // namespace steadfarm::core
