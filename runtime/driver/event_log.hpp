// The event log: one JSON object a line, written by the master alone.
#pragma once

#include <cstdio>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/error.hpp"
#include "core/master.hpp"
#include "driver/clock.hpp"

namespace steadfarm::driver {

class EventLog {
 public:
  /// Appends to `path`; a new file is made with mode 0600. An empty path gives a log that drops
  /// everything.
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> open(const std::string& path,
                                                              Clock& clock);

  /// Adds t_ms (since the log was opened) and kind, and writes the line out at once.
  void write(const char* kind, nlohmann::json fields);
  void note(const core::Note& note);
  void progress(const core::Progress& progress, const std::vector<core::WorkerProgress>& workers);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  EventLog(std::FILE* file, Clock& clock);

  std::unique_ptr<std::FILE, Close> file_;
  Clock& clock_;
  TimeUs opened_at_;
};

}  // namespace steadfarm::driver
