// An opening's patience with files that cannot be read. While it waits only the files' clock goes
// on: the simulated world stands still in the midst of an event.
#pragma once

#include <cstdint>

#include "checkpoint/patience.hpp"
#include "sim/world.hpp"

namespace steadfarm::sim {

class FilePatience {
 public:
  /// Longer than any file stays unreadable; but now and then the run is to end meanwhile.
  explicit FilePatience(World& world)
      : world_(world),
        begun_ms_(world.now / 1000),
        waits_left_(world.strikes(FaultClass::unreadable_file) && world.fault_prng.chance(0.3)
                        ? world.fault_prng.below(8)
                        : UINT64_MAX),
        patience_(5 * world.options.timeout_us / 1000,
                  {[this] { return begun_ms_ + waited_ms_; },
                   [this](std::int64_t ms) { return wait(ms); }}) {}
  ~FilePatience() { world_.files.unreadable().set_now_ms(begun_ms_); }
  FilePatience(const FilePatience&) = delete;
  FilePatience& operator=(const FilePatience&) = delete;

  [[nodiscard]] checkpoint::Patience* get() { return &patience_; }
  [[nodiscard]] bool waited() const { return waited_ms_ > 0; }

 private:
  bool wait(std::int64_t ms) {
    if (waits_left_ == 0) return false;
    --waits_left_;
    waited_ms_ += ms;
    world_.files.unreadable().set_now_ms(begun_ms_ + waited_ms_);
    return true;
  }

  World& world_;
  const std::int64_t begun_ms_;
  std::int64_t waited_ms_ = 0;
  std::uint64_t waits_left_;
  checkpoint::Patience patience_;
};

}  // namespace steadfarm::sim
