// Which operation of the in-memory file system fails, how, and how often that happened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/prng.hpp"

namespace steadfarm::checkpoint {

enum class Operation {
  open_folder,
  create,
  write,
  sync,
  make_read_only,
  close,
  link,
  rename,
  unlink,
  make_folder,
  sync_folder,
  read,
  size,
  list,
  free_space,
};
inline constexpr std::size_t operation_count = 15;

[[nodiscard]] const char* to_string(Operation operation);

/// How much of the operation happens although it reports failure. A network file system that
/// loses the reply to a link or a rename is `whole`.
enum class Effect { none, partial, whole };

struct Fault {
  int error_number = 0;  // errno, as the operating system would say it
  Effect effect = Effect::none;
};

/// Chances per operation, each in [0, 1].
struct FaultRates {
  std::array<double, operation_count> fail{};  // indexed by Operation
  double whole_effect = 0.0;                   // share of the failures that did happen all the same
  double partial_write = 0.5;  // share of the failing writes that leave some bytes behind
};

struct FaultCounts {
  std::array<std::uint64_t, operation_count> injected{};  // indexed by Operation
  std::uint64_t crashes = 0;
  std::uint64_t crash_lost_bytes = 0;  // written, never synced, gone
  std::uint64_t crash_torn_files = 0;  // left with a part of their bytes or with garbage
  std::uint64_t crash_lost_names = 0;  // changes of a folder that did not survive
};

/// Decides the fate of each operation: a script (the N-th fails, once or from then on), chances
/// drawn from a seed, or both. Operations are numbered from 1.
class MemoryFaults {
 public:
  explicit MemoryFaults(std::uint64_t seed) : prng_(seed) {}

  void fail_operation(std::uint64_t number, Fault fault, bool from_then_on);
  /// Beside that one, or alone: this operation fails, once.
  void fail_also(std::uint64_t number, Fault fault) { once_[number] = fault; }
  /// Every operation after this one fails with EIO and does nothing: the power is gone.
  void power_off_after(std::uint64_t number) { power_off_after_ = number; }
  void set_rates(const FaultRates& rates);
  /// Takes script, power failure and chances back.
  void clear();

  /// Counts the operation; a fault if it is to fail.
  [[nodiscard]] std::optional<Fault> next(Operation operation);

  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] bool script_hit() const { return script_hit_; }
  [[nodiscard]] FaultCounts& counts() { return counts_; }
  [[nodiscard]] const FaultCounts& counts() const { return counts_; }
  [[nodiscard]] Prng& prng() { return prng_; }

 private:
  [[nodiscard]] Fault draw(Operation operation);
  [[nodiscard]] std::optional<Fault> scripted() const;

  Prng prng_;
  std::uint64_t operations_ = 0;
  std::uint64_t scripted_number_ = 0;  // 0: none
  Fault scripted_;
  bool from_then_on_ = false;
  std::map<std::uint64_t, Fault> once_;  // by number
  bool script_hit_ = false;
  std::uint64_t power_off_after_ = UINT64_MAX;
  bool rates_set_ = false;
  FaultRates rates_;
  FaultCounts counts_;
};

}  // namespace steadfarm::checkpoint
