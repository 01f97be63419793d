#include "driver/progress_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace steadfarm::driver {
namespace {
constexpr TimeUs kBarUs = 250'000;
constexpr TimeUs kLineUs = 1'000'000;
constexpr TimeUs kQuietLineUs = 10'000'000;  // for logs that nobody asked for
constexpr int kBarWidth = 24;
}  // namespace

ProgressLine::ProgressLine(ProgressMode mode, Clock& clock)
    : mode_(mode), line_us_(kLineUs), started_(clock.now()) {
  if (mode_ == ProgressMode::automatic) {
    mode_ = isatty(STDERR_FILENO) == 1 ? ProgressMode::bar : ProgressMode::line;
    if (mode_ == ProgressMode::line) line_us_ = kQuietLineUs;
  }
  next_ = started_ + (mode_ == ProgressMode::bar ? kBarUs : line_us_);
}

std::string progress_text(const core::Progress& progress, double seconds, double units_per_s,
                          bool with_bar) {
  const core::Counters& c = progress.counters;
  const std::uint64_t done = c.accepted + c.failed;
  const double share =
      progress.total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(progress.total);
  char text[256];
  std::string bar;
  if (with_bar) {
    const int full = static_cast<int>(share * kBarWidth);
    bar = "[" + std::string(static_cast<std::size_t>(full), '#') +
          std::string(static_cast<std::size_t>(kBarWidth - full), '.') + "] ";
  }
  // A farm whose units spawn units has no known end, so "of" is what is known so far.
  std::snprintf(text, sizeof text,
                "%5.1f %% %llu of %llu known units, %llu committed in generation %llu, %u workers, "
                "%.0f units/s, %.1f s",
                100 * share, static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(progress.total),
                static_cast<unsigned long long>(progress.committed),
                static_cast<unsigned long long>(progress.generation.value), progress.workers_alive,
                units_per_s, seconds);
  return bar + text;
}

void ProgressLine::show(TimeUs now, const core::Progress& progress) {
  if (mode_ == ProgressMode::off) return;
  if (first_) accepted_at_start_ = progress.counters.accepted;
  first_ = false;
  next_ = now + (mode_ == ProgressMode::bar ? kBarUs : line_us_);
  const double seconds = static_cast<double>(now - started_) * 1e-6;
  const double rate =
      seconds > 0 ? static_cast<double>(progress.counters.accepted - accepted_at_start_) / seconds
                  : 0;
  const bool bar = mode_ == ProgressMode::bar;
  const std::string text = progress_text(progress, seconds, rate, bar);
  std::fprintf(stderr, bar ? "\rsteadfarm: %s\033[K" : "steadfarm: %s\n", text.c_str());
  line_open_ = bar;
}

void ProgressLine::end() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace steadfarm::driver
