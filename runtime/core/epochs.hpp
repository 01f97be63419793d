// When a coordinated checkpoint is opened, whom it waits for, and when it is tried again.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/options.hpp"

namespace steadfarm::core {

class Epochs {
 public:
  explicit Epochs(const MasterOptions& options)
      : interval_us_(options.interval_us),
        mtbf_us_(options.mtbf_us),
        retry_us_(options.store_retry_us) {}

  enum class State : std::uint8_t { idle, collecting, persisting };

  void start(TimeUs now) { next_due_ = now + interval_us_; }
  void request() { requested_ = true; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }

  /// True if a new epoch should be opened now. `dirty`: there is something to write; `pressed`:
  /// memory is above its limit.
  [[nodiscard]] bool due(TimeUs now, bool dirty, bool pressed) const;

  /// idle -> collecting. Waits for these workers, but not for long: no longer than `collect_us`.
  void open(TimeUs now, const std::vector<Rank>& workers, TimeUs collect_us);
  void acknowledged(Rank rank, Epoch epoch);
  void worker_gone(Rank rank) { waiting_.erase(rank); }
  [[nodiscard]] bool collected(TimeUs now) const;

  /// collecting or idle -> persisting; from idle a new epoch is counted.
  void persist(TimeUs now);
  void durable(TimeUs now);
  void failed(TimeUs now);
  /// Since when every try has failed; -1 if the last one went well.
  [[nodiscard]] TimeUs failing_since() const { return failing_since_; }
  /// False only during the pause after a failed try.
  [[nodiscard]] bool may_try(TimeUs now) const { return now >= not_before_; }

 private:
  TimeUs interval_us_;
  TimeUs mtbf_us_;
  TimeUs retry_us_;
  State state_ = State::idle;
  Epoch epoch_;
  bool requested_ = false;
  TimeUs persisting_since_ = 0;
  TimeUs next_due_ = 0;
  TimeUs deadline_ = 0;
  TimeUs not_before_ = 0;
  TimeUs failing_since_ = -1;
  std::uint32_t failures_ = 0;
  std::set<Rank> waiting_;
};

}  // namespace steadfarm::core
