// MPI's life in this process: started by us or by the application, ended so that it cannot hang.
#pragma once

#include <optional>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace steadfarm::transport {

enum class ThreadLevel { single, funneled, serialized, multiple };

[[nodiscard]] const char* to_string(ThreadLevel level);

struct FinalizeOptions {
  int deadline_ms = 10'000;  // after that the process ends by _exit
  int exit_code = 0;         // of that _exit
  bool say_why = false;      // one line to stderr before it
};

/// Makes sure that MPI runs, and remembers whose it is. Use it from the thread that calls
/// `start`, which is MPI's main thread if it was us who initialised MPI.
class MpiEnvironment {
 public:
  /// Initialises MPI unless the application has; then `requested` is ignored. From then on SIGPIPE
  /// does not end this process, if that was the default; see broken_pipe.hpp. Errors:
  /// `unsupported` if MPI fails, has been finalised, or if the launcher started lonely copies.
  [[nodiscard]] static Result<MpiEnvironment> start(int* argc, char*** argv,
                                                    ThreadLevel requested = ThreadLevel::multiple);

  /// What MPI granted, whoever initialised it.
  [[nodiscard]] ThreadLevel thread_level() const { return level_; }
  /// True if `start` initialised MPI; otherwise `finalize` leaves it to the application.
  [[nodiscard]] bool owns_mpi() const { return owns_; }

  /// True if the launcher lets the others live when this process ends without MPI_Finalize. Where
  /// not, giving up on MPI_Finalize ends them all.
  [[nodiscard]] static bool others_outlive_us();

  /// This process was started to replace a lost worker, as this rank; see mpi_spawner.hpp.
  [[nodiscard]] std::optional<Rank> replacement() const { return replacement_; }

  /// Ends MPI if it is ours. Returns, or ends the process at the deadline.
  [[nodiscard]] Status finalize(const FinalizeOptions& options);

  /// Leaves at once without MPI_Finalize, after flushing stdio. For when `Transport::close`
  /// failed. The launcher may complain; the truth is in the store.
  [[noreturn]] static void leave_now(int exit_code);

 private:
  [[nodiscard]] static Result<MpiEnvironment> lonely_or(MpiEnvironment environment);
  MpiEnvironment(ThreadLevel level, bool owns) : level_(level), owns_(owns) {}

  ThreadLevel level_;
  bool owns_;
  std::optional<Rank> replacement_;
};

}  // namespace steadfarm::transport
