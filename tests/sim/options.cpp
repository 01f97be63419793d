#include "sim/options.hpp"

#include <array>
#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>

namespace steadfarm::sim {
namespace {

constexpr const char* kNames[kFaultClasses] = {
    "worker_death", "worker_freeze", "master_freeze", "job_kill",   "delay",          "reorder",
    "duplicate",    "drop",          "partition",     "unit_throw", "poison_unit",    "torn_write",
    "failed_write", "failed_sync",   "unsynced_loss", "no_space",   "second_master",  "slow_worker",
    "load",         "failed_spawn",  "master_death",  "false_word", "unreadable_file"};

struct Least {
  std::string_view name;
  std::int64_t value;
};
// Below these there is no job to run, or time stands still in it. The rest begins at 0.
constexpr std::array<Least, 8> kLeast = {{{"workers", 1},
                                          {"units", 1},
                                          {"poll_us", 1},
                                          {"tries_max", 1},
                                          {"deaths_max", 1},
                                          {"assign_bytes_max", 1},
                                          {"safety_us", 1},
                                          {"timeout_us", 10}}};

std::int64_t least_of(std::string_view name) {
  for (const Least& least : kLeast) {
    if (least.name == name) return least.value;
  }
  return 0;
}

template <class Options, class Visit>
void visit_numbers(Options& o, Visit visit) {
  visit("seed", o.seed);
  visit("workers", o.workers);
  visit("units", o.units);
  visit("roots", o.roots);
  visit("range", o.range);
  visit("priorities", o.priorities);
  visit("hints", o.hints);
  visit("store", o.store);
  visit("keep_results", o.keep_results);
  visit("result_bytes", o.result_bytes);
  visit("shard_bytes", o.shard_bytes);
  visit("shard_bytes_max", o.shard_bytes_max);
  visit("payload_bytes", o.payload_bytes);
  visit("proposals", o.proposals);
  visit("steps_max", o.steps_max);
  visit("state_bytes", o.state_bytes);
  visit("ordered", o.ordered);
  visit("unit_us", o.unit_us);
  visit("lossless", o.lossless);
  visit("concurrent", o.concurrent);
  visit("blocking", o.blocking);
  visit("death_told", o.death_told);
  visit("neighbours", o.neighbours);
  visit("latency_us", o.latency_us);
  visit("jitter_us", o.jitter_us);
  visit("poll_us", o.poll_us);
  visit("policy", o.policy);
  visit("speeds", o.speeds);
  visit("chunk", o.chunk);
  visit("take_back", o.take_back);
  visit("twice", o.twice);
  visit("respawn", o.respawn);
  visit("prefetch", o.prefetch);
  visit("tries_max", o.tries_max);
  visit("deaths_max", o.deaths_max);
  visit("timeout_us", o.timeout_us);
  visit("interval_us", o.interval_us);
  visit("undurable_bytes_max", o.undurable_bytes_max);
  visit("assign_bytes_max", o.assign_bytes_max);
  visit("retain_bytes", o.retain_bytes);
  visit("partial_bytes_max", o.partial_bytes_max);
  visit("partial_us", o.partial_us);
  visit("hold_units_max", o.hold_units_max);
  visit("hold_bytes_max", o.hold_bytes_max);
  visit("safety_us", o.safety_us);
  visit("rounds", o.rounds);
  visit("drop_permille", o.drop_permille);
  visit("duplicate_permille", o.duplicate_permille);
  visit("reorder_permille", o.reorder_permille);
  visit("delay_permille", o.delay_permille);
  visit("flaky_permille", o.flaky_permille);
  visit("failing_permille", o.failing_permille);
  visit("poison_permille", o.poison_permille);
  visit("stops", o.stops);
  visit("takeover", o.takeover);
  visit("hand_in_bytes_max", o.hand_in_bytes_max);
  visit("orphan_bytes_max", o.orphan_bytes_max);
  visit("walltime_us", o.walltime_us);
  visit("events_max", o.events_max);
}

Status set_faults(SimOptions& options, const std::string& list) {
  std::uint32_t bits = 0;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) {
    std::uint32_t found = name == "all" ? (1U << kFaultClasses) - 1 : 0;
    for (std::size_t i = 0; i < kFaultClasses; ++i) {
      if (name == kNames[i]) found = 1U << i;
    }
    if (found == 0 && name != "none") {
      return Error{ErrorCode::usage, "there is no fault class '" + name + "'"};
    }
    bits |= found;
  }
  options.faults = bits;
  return {};
}

}  // namespace

const char* to_string(FaultClass fault) { return kNames[static_cast<std::size_t>(fault)]; }

std::string describe(const SimOptions& options) {
  std::string out;
  visit_numbers(options, [&](const char* name, const auto& value) {
    out += name;
    out += '=';
    out += std::to_string(value);
    out += ' ';
  });
  out += "faults=";
  if (options.faults == 0) return out + "none";
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    if ((options.faults >> i & 1U) == 0) continue;
    if (out.back() != '=') out += ',';
    out += kNames[i];
  }
  return out;
}

Status set_option(SimOptions& options, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : assignment.substr(equals + 1);
  if (name == "faults") return set_faults(options, text);
  const std::int64_t least = least_of(name);
  bool found = false;
  bool read = false;
  bool fits = false;
  visit_numbers(options, [&](const char* field, auto& value) {
    if (name != field) return;
    found = true;
    auto number = value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    read = error == std::errc() && end == text.data() + text.size();
    fits = read && std::cmp_greater_equal(number, least);
    if (fits) value = number;
  });
  if (!found) return Error{ErrorCode::usage, "the simulation has no option '" + name + "'"};
  if (!read) return Error{ErrorCode::usage, "'" + text + "' is no number for '" + name + "'"};
  if (!fits) {
    return Error{ErrorCode::usage,
                 "'" + name + "' is " + text + "; give at least " + std::to_string(least)};
  }
  return {};
}

}  // namespace steadfarm::sim
