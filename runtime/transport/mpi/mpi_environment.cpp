#include "transport/mpi/mpi_environment.hpp"

#include <mpi.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "transport/mpi/broken_pipe.hpp"
#include "transport/mpi/failed_ranks.hpp"
#include "transport/mpi/launch_check.hpp"
#include "transport/mpi/mpi_error.hpp"
#include "transport/mpi/replacement.hpp"
#include "transport/mpi/watchdog.hpp"

namespace steadfarm::transport {
namespace {

int to_mpi(ThreadLevel level) {
  switch (level) {
    case ThreadLevel::single:
      return MPI_THREAD_SINGLE;
    case ThreadLevel::funneled:
      return MPI_THREAD_FUNNELED;
    case ThreadLevel::serialized:
      return MPI_THREAD_SERIALIZED;
    case ThreadLevel::multiple:
      return MPI_THREAD_MULTIPLE;
  }
  return MPI_THREAD_SINGLE;
}

ThreadLevel from_mpi(int level) {
  if (level >= MPI_THREAD_MULTIPLE) return ThreadLevel::multiple;
  if (level >= MPI_THREAD_SERIALIZED) return ThreadLevel::serialized;
  if (level >= MPI_THREAD_FUNNELED) return ThreadLevel::funneled;
  return ThreadLevel::single;
}

bool has_parent() {
  MPI_Comm parent = MPI_COMM_NULL;
  return MPI_Comm_get_parent(&parent) == MPI_SUCCESS && parent != MPI_COMM_NULL;
}

Error unsupported(std::string message) { return {ErrorCode::unsupported, std::move(message)}; }

}  // namespace

const char* to_string(ThreadLevel level) {
  switch (level) {
    case ThreadLevel::single:
      return "single";
    case ThreadLevel::funneled:
      return "funneled";
    case ThreadLevel::serialized:
      return "serialized";
    case ThreadLevel::multiple:
      return "multiple";
  }
  return "unknown";
}

Result<MpiEnvironment> MpiEnvironment::start(int* argc, char*** argv, ThreadLevel requested) {
  int finalized = 0;
  int initialized = 0;
  MPI_Finalized(&finalized);
  MPI_Initialized(&initialized);
  if (finalized != 0) {
    return unsupported("MPI was already finalised; start the farm before MPI_Finalize");
  }
  outlive_broken_pipes();
  int level = MPI_THREAD_SINGLE;
  if (initialized != 0) {
    if (const int code = MPI_Query_thread(&level); code != MPI_SUCCESS) {
      return unsupported(mpi_error_text("MPI_Query_thread", code));
    }
    return lonely_or(MpiEnvironment(from_mpi(level), false));
  }
  // Taken out of the environment, for it does not hold for what this process starts.
  const std::optional<Rank> replacement = take_replacement_rank();
  if (const int code = MPI_Init_thread(argc, argv, to_mpi(requested), &level);
      code != MPI_SUCCESS) {
    return unsupported(mpi_error_text("MPI_Init_thread", code));
  }
  MpiEnvironment environment(from_mpi(level), true);
  if (!replacement) return lonely_or(std::move(environment));
  environment.replacement_ = replacement;
  if (has_parent()) return environment;
  [[maybe_unused]] const Status ended = environment.finalize({});
  return unsupported(std::string(kReplacementVariable) +
                     " is set, but MPI knows of nobody who started this process; unset it");
}

// Each of several lonely copies would run the whole farm.
Result<MpiEnvironment> MpiEnvironment::lonely_or(MpiEnvironment environment) {
  int world_size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  const auto lookup = [](const char* name) -> const char* { return std::getenv(name); };
  if (const std::optional<std::string> reason = lonely_rank_reason(world_size, lookup)) {
    [[maybe_unused]] const Status ended = environment.finalize({});
    return unsupported(*reason);
  }
  return environment;
}

bool MpiEnvironment::others_outlive_us() {
  const auto lookup = [](const char* name) -> const char* { return std::getenv(name); };
  return ulfm_enabled() || launcher_lets_others_live(lookup);
}

Status MpiEnvironment::finalize(const FinalizeOptions& options) {
  if (!owns_) return {};
  owns_ = false;
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) return {};  // the application did it after all
  std::string last_words;
  if (options.say_why) {
    last_words = "steadfarm: MPI_Finalize did not return within " +
                 std::to_string(options.deadline_ms) + " ms; leaving without it";
  }
  Watchdog watchdog(options.deadline_ms, options.exit_code, std::move(last_words));
  if (const int code = MPI_Finalize(); code != MPI_SUCCESS) {
    return unsupported(mpi_error_text("MPI_Finalize", code));
  }
  return {};
}

void MpiEnvironment::leave_now(int exit_code) {
  std::cout.flush();
  std::fflush(stdout);
  std::fflush(stderr);
  ::_exit(exit_code);
}

}  // namespace steadfarm::transport
