#include "driver/progress_line.hpp"
#include "base/number_text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace steadfarm::driver {
namespace {
constexpr TimeUs kBarUs = 250'000;
constexpr TimeUs kLineUs = 1'000'000;
constexpr TimeUs kQuietLineUs = 10'000'000;  // for logs that nobody asked for
constexpr std::size_t kBarWidth = 24;
constexpr const char* kPrefix = "steadfarm: ";

std::size_t terminal_columns() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
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
  std::string head;
  if (c.spawned > 0) {
    // Units that spawn units have no known end; a share of what is known so far would mislead.
    head = std::to_string(done) + " units done, " + std::to_string(progress.pending) +
           " known to be left";
  } else {
    const double share =
        progress.total == 0
            ? 1.0
            : std::min(1.0, static_cast<double>(done) / static_cast<double>(progress.total));
    if (with_bar) {
      const auto full = static_cast<std::size_t>(share * kBarWidth);
      head = "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "] ";
    }
    head += fixed_text(100 * share, 1) + " %, " + std::to_string(done) + " of " +
            std::to_string(progress.total) + " units";
  }
  if (progress.generation > Generation(0)) {
    head += ", " + std::to_string(progress.committed) + " durable";
  }
  return head + ", " + std::to_string(progress.workers_alive) + " workers, " +
         fixed_text(units_per_s, 0) + " units/s, " + fixed_text(seconds, 1) + " s";
}

std::string fit_columns(std::string text, std::size_t columns) {
  // The cursor needs the last column.
  if (columns > 0 && text.size() >= columns) text.resize(columns - 1);
  return text;
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
  std::string text = kPrefix + progress_text(progress, seconds, rate, bar);
  if (bar) text = fit_columns(std::move(text), terminal_columns());
  std::fprintf(stderr, bar ? "\r%s\033[K" : "%s\n", text.c_str());
  line_open_ = bar;
}

void ProgressLine::end() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace steadfarm::driver
