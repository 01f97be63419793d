// What an execution was told at its safe points, and that nothing which it answers after that
// counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "worker/executor.hpp"

namespace steadfarm::worker {

/// Of one execution at a time. The first word counts: what the application does with it (it may
/// catch the exception that ends a unit, and return a result) changes nothing. From any thread,
/// other than begin() and judge().
class Verdict {
 public:
  enum class Kind : std::uint8_t {
    none,    // it was not told to end
    left,    // it was, because the run is being stopped: this costs no try
    failed,  // it was, and that is a failed try
  };

  void begin();
  void leave() { tell(Kind::left, {}); }
  void fail(std::string why) { tell(Kind::failed, std::move(why)); }

  [[nodiscard]] Kind kind() const { return kind_.load(std::memory_order_acquire); }
  [[nodiscard]] bool told() const { return kind() != Kind::none; }
  /// If it is `failed`.
  [[nodiscard]] std::string why() const;

  /// Makes of what an execution has answered what it is. Without a word it stays as it is.
  void judge(UnitOutcome& outcome) const;

 private:
  void tell(Kind kind, std::string why);

  mutable std::mutex mutex_;  // guards why_
  std::atomic<Kind> kind_{Kind::none};
  std::string why_;
};

/// The outcome of an execution that failed with this message, which is cut where it is too long.
void make_failed(UnitOutcome& outcome, const char* message);

}  // namespace steadfarm::worker
