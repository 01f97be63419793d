// The event log: one JSON object a line, written by the master alone.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/master.hpp"
#include "driver/clock.hpp"
#include "driver/private_file.hpp"

namespace steadfarm::driver {

class EventLog {
 public:
  /// Appends to `path`; a new file is made with mode 0600. An empty path gives a log that drops
  /// everything.
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> open(const std::string& path,
                                                              Clock& clock);

  /// Adds t_ms (since the log was opened) and kind, and writes the line out at once.
  void write(const char* kind, const nlohmann::json& fields);
  void note(const core::Note& note);
  void progress(const core::Progress& progress, const std::vector<core::WorkerProgress>& workers);

  /// Once, if a line could not be written (a full disk): why. The log has ended then, so that it
  /// has no hole in the middle.
  [[nodiscard]] std::optional<Error> take_failure() { return std::exchange(failure_, {}); }

 private:
  EventLog(std::string path, PrivateFile file, Clock& clock);

  std::string path_;
  PrivateFile file_;
  Clock& clock_;
  TimeUs opened_at_;
  std::optional<Error> failure_;
};

}  // namespace steadfarm::driver
