// What a run is made of, put together by ByteFarm and used by the master's and the worker's loops.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/folds.hpp"
#include "api/submitted_units.hpp"
#include "api/unit_hints.hpp"
#include "base/error.hpp"
#include "checkpoint/file_mode.hpp"
#include "checkpoint/job_record.hpp"
#include "core/worker.hpp"
#include "steadfarm/byte_farm.hpp"
#include "transport/spawner.hpp"
#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace steadfarm::api {

struct Job {
  const Options* options = nullptr;
  const SubmittedUnits* submitted = nullptr;
  std::uint64_t range_count = 0;
  HintFunction hints{};
  Folds folds;
  std::string result_fields;  // how stored results are to be read; empty: as bytes
  std::string unit_layout = "bytes";
  std::string result_layout = "bytes";
  std::vector<checkpoint::InputRecord> inputs{};
  std::function<void(UnitCall&)> work;
  wire::JobId id;
  /// For `respawn`. Errors: usage, with why there can be no replacements.
  std::function<Result<std::unique_ptr<transport::Spawner>>()> open_spawner{};
  bool replacement = false;  // this process is one
  Status paths{};            // an error: those among the options name no place

  [[nodiscard]] std::uint64_t unit_count() const {
    return range_count > 0 ? range_count : submitted->count();
  }
};

/// Errors: usage, with what is wrong in `options`.
[[nodiscard]] Status check_options(const Options& options);

/// True if large results of this job may stay with the workers.
[[nodiscard]] bool has_shards(const Job& job);

/// Who may read what is made in the store.
[[nodiscard]] checkpoint::Sharing sharing_of(const Options& options);

/// Seconds of an option as microseconds, at least one millisecond and at most the 1e9 s that
/// check_options allows, whatever was given: the workers come by their times before the master has
/// refused the options.
[[nodiscard]] TimeUs to_us(double seconds);

/// Times the time-out: how long a worker hears nothing before it gives its master up. The master
/// may be busy with a checkpoint; it gets more patience than it has with us.
inline constexpr TimeUs kMasterPatience = 3;

/// How long one call to MPI may take before the rank ends itself: as long as a worker bears with a
/// silent master, ten seconds at least and an hour at most.
[[nodiscard]] int mpi_call_deadline_ms(const Options& options);

/// What the store remembers of the job: what the result depends on. Priorities and hints, like
/// every other option, may change from one start to the next.
[[nodiscard]] checkpoint::JobRecord record_of(const Job& job);
/// The same with what is needed to compare it with an older start. It points into the job.
[[nodiscard]] checkpoint::JobClaim claim_of(const Job& job);
/// What programs that wrote format 1 took for the job, as text; its digest was the fingerprint.
[[nodiscard]] std::string describe_format_1(const Job& job, const std::string& identity);
/// The build of this program, as the ranks of a run compare it.
[[nodiscard]] std::string build_of(const Options& options);

/// The master's whole run. Returns after its transport was flushed, or could not be.
[[nodiscard]] Outcome run_master(const Job& job, transport::Transport& transport);
/// A worker's whole run.
[[nodiscard]] Outcome run_worker(const Job& job, transport::Transport& transport);
/// Both, on one rank and one thread.
[[nodiscard]] Outcome run_alone(const Job& job);

inline constexpr int kFlushMs = 2'000;
/// Moves queued sends on until they are out or the time is over.
void flush(transport::Transport& transport, int deadline_ms);

/// For the last messages at the end of a farm. What is late then is dropped by the next one.
inline constexpr int kSettleMs = 1'000;
/// Whom the master has not sent home does not wait for it.
[[nodiscard]] int settle_ms(const core::Exit& exit);

/// One line on standard error, as "steadfarm: ...". Messages of units and of the system may hold
/// line breaks and terminal codes: these are shown as blanks.
void say(std::string text);

}  // namespace steadfarm::api
