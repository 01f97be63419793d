// What the report says of lost workers and masters: who, how it was noticed, when the work went on,
// and how much was lost.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "wire/messages.hpp"

namespace steadfarm::api {

class LossReport {
 public:
  void hello(Rank rank, const wire::Hello& hello) { known_[rank] = {hello.host, hello.pid}; }
  /// Takes in what concerns losses, and passes over the rest. `at_us`: since the start of the run.
  void note(const core::Note& note, TimeUs at_us);

  /// "2 on node17", or the rank alone if it never said more.
  [[nodiscard]] std::string name(Rank rank) const;
  /// One object for each loss, in their order; for the first thousand.
  [[nodiscard]] nlohmann::json json() const;
  /// Over all losses, those beyond the first thousand too.
  [[nodiscard]] TimeUs redo_us() const { return redo_us_; }

 private:
  struct Known {
    std::string host;
    std::uint32_t pid = 0;
  };
  struct Entry {
    Rank rank;
    Known known;
    TimeUs at_us = 0;
    std::uint64_t units = 0;
    std::string evidence;
    core::Loss loss;
    std::optional<TimeUs> went_on_us;  // after the loss
    bool returned = false;
  };
  [[nodiscard]] Entry* newest(Rank rank);

  std::map<Rank, Known> known_;
  std::vector<Entry> entries_;
  TimeUs redo_us_ = 0;
};

/// The loss of the master before this one.
struct TakeOverReport {
  Rank lost;
  Rank rank;  // that took over
  std::string evidence;
  TimeUs silence_us = 0;             // until the loss was noticed
  std::vector<Rank> missing;         // workers of the lost master that did not follow
  std::uint64_t restored = 0;        // units, from the store
  std::uint64_t handed_in = 0;       // units, by the workers
  std::optional<TimeUs> went_on_us;  // after the loss was noticed

  [[nodiscard]] nlohmann::json json() const;
};

}  // namespace steadfarm::api
