// What a person watches while the farm runs: one line on standard error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/master.hpp"
#include "driver/clock.hpp"

namespace steadfarm::driver {

enum class ProgressMode : std::uint8_t { automatic, bar, line, off };

class ProgressLine {
 public:
  /// `automatic`: a bar that overwrites itself if standard error is a terminal, otherwise (a batch
  /// job, or mpirun in between) a line every ten seconds.
  ProgressLine(ProgressMode mode, Clock& clock);

  [[nodiscard]] bool due(TimeUs now) const { return mode_ != ProgressMode::off && now >= next_; }
  void show(TimeUs now, const core::Progress& progress);
  /// Ends the overwritten line, so that what follows starts on its own.
  void end();

 private:
  ProgressMode mode_;
  TimeUs line_us_;
  TimeUs started_;
  TimeUs next_ = 0;
  std::uint64_t accepted_at_start_ = 0;
  bool first_ = true;
  bool line_open_ = false;
};

/// The text of the line, without its end.
[[nodiscard]] std::string progress_text(const core::Progress& progress, double seconds,
                                        double units_per_s, bool with_bar);

/// As much of a line as a terminal of so many columns shows without wrapping; 0 columns: unknown,
/// all of it. A line that wraps cannot be overwritten.
[[nodiscard]] std::string fit_columns(std::string text, std::size_t columns);

}  // namespace steadfarm::driver
