// How long a start of the command may show nothing. Pure: times and what was seen in, a verdict
// out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/ids.hpp"
#include "supervisor/decision.hpp"

namespace steadfarm::supervisor {

/// 0: any time.
struct PatienceLimits {
  std::int64_t launch_ms = 300'000;   // from its start to its first generation
  std::int64_t stall_ms = 0;          // without a new generation, unless it is complete
  std::int64_t silence_ms = 600'000;  // from its first generation on, without any sign of life
};

/// Watches one start. A farm publishes a generation when it takes its store over, at its start, and
/// later whenever something has become durable; meanwhile, and to the end of its process, its
/// master sets the store's time now and then. A launcher that hangs shows neither, whether its farm
/// has got to its end or not.
class Patience {
 public:
  enum class Verdict : std::uint8_t { wait, launch_over, stall_over, silence_over };

  Patience(PatienceLimits limits, TimeUs now, std::uint64_t first_generation);

  /// Whether there is anything to look for.
  [[nodiscard]] bool is_bounded() const { return interval_us() > 0; }
  /// When to look next.
  [[nodiscard]] TimeUs next_look() const { return looked_at_ + interval_us(); }
  /// `sign` is what a sign of life changes; none if it could not be asked, which proves nothing.
  /// `read_store` is called if it matters: it reads files.
  [[nodiscard]] Verdict look(TimeUs now, std::optional<std::int64_t> sign,
                             const std::function<StoreView()>& read_store);
  /// What the verdict's limit is.
  [[nodiscard]] std::int64_t limit_ms(Verdict verdict) const;

 private:
  [[nodiscard]] bool is_launched() const { return generation_ != first_generation_; }
  [[nodiscard]] TimeUs interval_us() const;
  void read(const StoreView& view);

  PatienceLimits limits_;
  TimeUs looked_at_;
  std::uint64_t first_generation_;
  std::uint64_t generation_;
  std::optional<std::int64_t> sign_;
  TimeUs unmoved_us_ = 0;  // without a new generation
  TimeUs silent_us_ = 0;   // without a new generation or another sign
};

}  // namespace steadfarm::supervisor
