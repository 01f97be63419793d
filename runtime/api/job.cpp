#include "api/job.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/digest.hpp"
#include "base/number_text.hpp"
#include "core/policy/names.hpp"
#include "core/policy/speeds.hpp"
#include "core/term.hpp"
#include "driver/own_program.hpp"

namespace steadfarm::api {
namespace {
// The command line's limits too; they keep every sum of times within its type.
constexpr double kSecondsMin = 1e-3;
constexpr double kSecondsMax = 1e9;
constexpr std::uint64_t kBufferBytesMin = 64U << 10U;

bool is_duration(double seconds) { return seconds >= kSecondsMin && seconds <= kSecondsMax; }

/// An option that takes one of some words.
struct Choice {
  const char* option;
  const std::string& value;
  std::vector<std::string> words;
};

Status check_words(const Options& options) {
  const Choice choices[] = {{"--mode", options.mode, {"private", "group"}},
                            {"--stragglers", options.stragglers, {"twice", "wait"}},
                            {"--same-program", options.same_program, {"warn", "refuse", "ignore"}},
                            {"--takeover", options.takeover, {"auto", "on", "off"}},
                            {"--progress", options.progress, {"auto", "bar", "line", "off"}}};
  for (const Choice& choice : choices) {
    const std::vector<std::string>& words = choice.words;
    if (std::find(words.begin(), words.end(), choice.value) != words.end()) continue;
    std::string list;
    for (const std::string& word : words) {
      if (!list.empty()) list += &word == &words.back() ? " or " : ", ";
      list += word;
    }
    return Error{ErrorCode::usage,
                 std::string(choice.option) + " '" + choice.value + "' is not known; take " + list};
  }
  return {};
}

}  // namespace

TimeUs to_us(double seconds) {
  if (std::isnan(seconds)) seconds = kSecondsMin;
  return std::llround(std::clamp(seconds, kSecondsMin, kSecondsMax) * 1e6);
}

int mpi_call_deadline_ms(const Options& options) {
  constexpr TimeUs kLeastUs = 10'000'000;
  constexpr TimeUs kMostUs = 3'600'000'000;
  const TimeUs wait_us = std::clamp(kMasterPatience * to_us(options.timeout_s), kLeastUs, kMostUs);
  return static_cast<int>(wait_us / 1'000);
}

Status check_options(const Options& options) {
  const auto usage = [](const std::string& text) { return Error{ErrorCode::usage, text}; };
  if (options.keep < 2)
    return usage("--keep is below 2; two generations are the least that is safe");
  if (!core::policy_from_name(options.policy)) {
    return usage("--policy '" + options.policy + "' is not known; take " +
                 core::policy_names_in_words());
  }
  for (const double speed : options.speeds) {
    if (!(speed >= core::kSpeedMin && speed <= core::kSpeedMax)) {
      return usage("--speeds holds " + short_text(speed) +
                   ", which is not between 0.000001 and 1000000");
    }
  }
  if (Status words = check_words(options); !words) return words;
  if (options.chunk == 0) return usage("--chunk is 0; at least one unit goes into a message");
  if (options.executions > core::kAttemptNumberMax) {
    return usage("--executions (or --retries) is above " + std::to_string(core::kAttemptNumberMax));
  }
  if (options.executions == 0) {
    return usage("--executions (or --retries) is 0; it counts the first execution, too");
  }
  const char* limits = " is not between 0.001 and 1e9 seconds";
  const bool automatic = options.interval_s == 0;
  if (!automatic && !is_duration(options.interval_s)) {
    return usage(std::string("--interval") + limits);
  }
  if (automatic && options.mtbf_s == 0) {
    return usage("--interval auto needs --mtbf, the mean seconds between failures");
  }
  if (options.mtbf_s != 0 && !is_duration(options.mtbf_s)) {
    return usage(std::string("--mtbf") + limits);
  }
  if (options.buffer_bytes < kBufferBytesMin) {
    return usage("--buffer is below " + std::to_string(kBufferBytesMin) +
                 " bytes; hardly a unit would run between two checkpoints");
  }
  if (!(options.read_patience_s >= 0 && options.read_patience_s <= kSecondsMax)) {
    return usage("--read-patience is not between 0 and 1e9 seconds");
  }
  if (!is_duration(options.heartbeat_s)) return usage(std::string("--heartbeat") + limits);
  if (!is_duration(options.timeout_s)) return usage(std::string("--timeout") + limits);
  if (!(options.timeout_s > options.heartbeat_s)) {
    return usage("--timeout is not above --heartbeat; every worker would be lost at once");
  }
  if (options.unit_timeout_s != 0 && !is_duration(options.unit_timeout_s)) {
    return usage(std::string("--unit-timeout") + limits);
  }
  if (!(options.deadline_unix_s >= 0)) return usage("--deadline is below 0, and not a moment");
  if (options.walltime_s != 0 && !is_duration(options.walltime_s)) {
    return usage(std::string("--walltime") + limits);
  }
  if (options.hold_units == 0) {
    return usage("hold_units is 0; one unit at least is handed out under an ordered fold");
  }
  if (options.keep_results && options.store.empty()) {
    return usage("results are to be kept, but there is no --store to keep them in");
  }
  return {};
}

checkpoint::Sharing sharing_of(const Options& options) {
  return options.mode == "group" ? checkpoint::Sharing::group : checkpoint::Sharing::nobody;
}

bool has_shards(const Job& job) {
  const Options& options = *job.options;
  return !options.store.empty() && options.keep_results && options.shard_bytes > 0 &&
         job.folds.all_reduce();
}

std::string build_of(const Options& options) {
  return options.build.empty() ? driver::own_program().build : options.build;
}

checkpoint::JobRecord record_of(const Job& job) {
  const Options& options = *job.options;
  checkpoint::JobRecord record;
  record.identity = checkpoint::record_line(options.identity);
  record.program = checkpoint::record_line(options.program.empty() ? driver::own_program().file
                                                                   : options.program);
  record.build = checkpoint::record_line(build_of(options));
  record.seed = options.seed;
  record.unit = checkpoint::record_line(job.unit_layout);
  record.result = checkpoint::record_line(job.result_layout);
  record.stored = "no";
  if (options.keep_results) {
    record.stored =
        job.result_fields.empty() ? "bytes" : checkpoint::record_line(job.result_fields);
  }
  for (const std::string& fold : job.folds.layouts()) {
    record.folds.push_back(checkpoint::record_line(fold));
  }
  record.inputs = job.inputs;
  record.units.range = job.range_count > 0;
  record.units.count = job.unit_count();
  record.units.digest = record.units.range ? Digest() : job.submitted->digest();
  return record;
}

checkpoint::JobClaim claim_of(const Job& job) {
  checkpoint::JobClaim claim;
  claim.job = record_of(job);
  if (job.range_count == 0) {
    claim.units_digest = [units = job.submitted](std::uint64_t count) {
      return units->digest_of_first(count);
    };
  }
  const std::string& word = job.options->same_program;
  claim.same_program = word == "refuse"   ? checkpoint::SameProgram::refuse
                       : word == "ignore" ? checkpoint::SameProgram::ignore
                                          : checkpoint::SameProgram::warn;
  // Without an identity, a farm made from the command line took the program's file name, and any
  // other none.
  const std::string& identity = job.options->identity;
  const std::string& program = claim.job.program;
  claim.format_1.push_back(digest(describe_format_1(job, identity.empty() ? program : identity)));
  if (identity.empty()) claim.format_1.push_back(digest(describe_format_1(job, "")));
  return claim;
}

std::string describe_format_1(const Job& job, const std::string& identity) {
  std::string text = identity.empty() ? "unnamed program" : identity;
  text += " | seed " + std::to_string(job.options->seed);
  if (job.range_count > 0) {
    text += " | range of " + std::to_string(job.range_count) + " units";
  } else {
    text += " | " + std::to_string(job.submitted->count()) + " submitted units " +
            to_hex(job.submitted->digest());
  }
  if (const std::string folds = job.folds.description_format_1(); !folds.empty())
    text += " | " + folds;
  if (job.options->keep_results && !job.result_fields.empty()) {
    text += " | results " + job.result_fields;
  }
  return text;
}

void flush(transport::Transport& transport, int deadline_ms) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(deadline_ms);
  std::vector<transport::Incoming> ignored;
  while (!transport.flushed() && Clock::now() < deadline) {
    ignored.clear();
    if (transport.poll(ignored, 64) == 0) std::this_thread::yield();
  }
}

int settle_ms(const core::Exit& exit) { return exit.reason.empty() ? kSettleMs : 0; }

void say(std::string text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  std::fprintf(stderr, "steadfarm: %s\n", text.c_str());
  std::fflush(stderr);
}

}  // namespace steadfarm::api
