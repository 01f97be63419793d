#include "supervisor/patience.hpp"

#include <algorithm>

namespace steadfarm::supervisor {
namespace {

constexpr TimeUs kMsUs = 1'000;
constexpr TimeUs kIntervalMinUs = 100'000;
constexpr TimeUs kIntervalMaxUs = 5'000'000;
// A look that comes later than so many intervals: we were stopped, or the file server hung, for us
// and for the farm.
constexpr TimeUs kLateIntervals = 3;

// The smaller of two limits of which 0 is none.
std::int64_t smaller(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

bool is_over(TimeUs passed_us, std::int64_t limit_ms) {
  return limit_ms > 0 && passed_us >= limit_ms * kMsUs;
}

}  // namespace

Patience::Patience(PatienceLimits limits, TimeUs now, std::uint64_t first_generation)
    : limits_(limits),
      looked_at_(now),
      first_generation_(first_generation),
      generation_(first_generation) {}

TimeUs Patience::interval_us() const {
  const std::int64_t least_ms =
      smaller(limits_.stall_ms, is_launched() ? limits_.silence_ms : limits_.launch_ms);
  // The silence counts as soon as it is launched, and only a look tells.
  if (least_ms == 0 && limits_.silence_ms == 0) return 0;
  const std::int64_t limit_ms = least_ms == 0 ? limits_.silence_ms : least_ms;
  return std::clamp(limit_ms * kMsUs / 10, kIntervalMinUs, kIntervalMaxUs);
}

void Patience::read(const StoreView& view) {
  if (view.state != StoreView::State::good) return;
  if (view.generation != generation_) {
    silent_us_ = 0;
    unmoved_us_ = 0;
  }
  generation_ = view.generation;
  // Nothing more will be published; the program may take its time after its farm.
  if (view.complete && is_launched()) unmoved_us_ = 0;
}

Patience::Verdict Patience::look(TimeUs now, std::optional<std::int64_t> sign,
                                 const std::function<StoreView()>& read_store) {
  const TimeUs passed = std::min(now - looked_at_, kLateIntervals * interval_us());
  looked_at_ = now;
  unmoved_us_ += passed;
  silent_us_ += passed;
  if (!sign || sign != sign_) silent_us_ = 0;
  sign_ = sign;
  if (!is_launched() || limits_.stall_ms > 0 || is_over(silent_us_, limits_.silence_ms)) {
    read(read_store());
  }
  if (is_over(unmoved_us_, limits_.stall_ms)) return Verdict::stall_over;
  if (!is_launched()) {
    return is_over(unmoved_us_, limits_.launch_ms) ? Verdict::launch_over : Verdict::wait;
  }
  return is_over(silent_us_, limits_.silence_ms) ? Verdict::silence_over : Verdict::wait;
}

std::int64_t Patience::limit_ms(Verdict verdict) const {
  switch (verdict) {
    case Verdict::launch_over:
      return limits_.launch_ms;
    case Verdict::stall_over:
      return limits_.stall_ms;
    case Verdict::silence_over:
      return limits_.silence_ms;
    case Verdict::wait:
      break;
  }
  return 0;
}

}  // namespace steadfarm::supervisor
