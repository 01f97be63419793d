// MPI's life as environment_test.sh looks at it. One argument:
//   twice    start, start again, end, and start once more (which must be refused)
//   pipe     a write to a peer that is gone must not end the process
//   hang     rank 1 never reaches MPI_Finalize; the watchdog must end rank 0 with code 42
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "transport/mpi/mpi_environment.hpp"
#include "transport/mpi/mpi_transport.hpp"

namespace steadfarm::transport {
namespace {

int wrong(const std::string& what) {
  std::fprintf(stderr, "environment_program: %s\n", what.c_str());
  return 1;
}

int twice(MpiEnvironment& first, int* argc, char*** argv) {
  if (!first.owns_mpi()) return wrong("the first start does not own MPI");
  Result<MpiEnvironment> second = MpiEnvironment::start(argc, argv, ThreadLevel::single);
  if (!second.ok() || second.value().owns_mpi()) return wrong("the second start owns MPI");
  if (second.value().thread_level() != first.thread_level()) return wrong("two thread levels");
  if (!second.value().finalize({}).ok()) return wrong("the guest's finalize");
  auto transport = open_mpi_transport(first, {});  // MPI must still be up
  if (!transport.ok() || !transport.value()->close(1000)) return wrong("the guest ended MPI");
  if (!first.finalize({}).ok() || !first.finalize({}).ok()) return wrong("finalize");
  const Result<MpiEnvironment> third = MpiEnvironment::start(argc, argv);
  if (third.ok() || third.error().code != ErrorCode::unsupported) return wrong("a third start");
  return 0;
}

// Open MPI writes to its sockets as plainly, at the latest in MPI_Finalize: rank 0 of a farm over
// TCP ended there by SIGPIPE in 3 of 10 runs.
int broken_pipe(MpiEnvironment& environment) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return wrong("no pipe");
  ::close(ends[0]);
  if (::write(ends[1], "x", 1) != -1 || errno != EPIPE) return wrong("a write to nobody");
  ::close(ends[1]);
  return environment.finalize({}).ok() ? 0 : wrong("finalize");
}

int hang(MpiEnvironment& environment) {
  auto transport = open_mpi_transport(environment, {});
  if (!transport.ok()) return wrong(transport.error().message);
  while (transport.value()->self() == Rank(1)) ::pause();
  FinalizeOptions options;
  options.deadline_ms = 300;
  options.exit_code = 42;
  options.say_why = true;
  static_cast<void>(environment.finalize(options));
  return wrong("MPI_Finalize returned without rank 1");
}

}  // namespace
}  // namespace steadfarm::transport

int main(int argc, char** argv) {
  using namespace steadfarm;
  using namespace steadfarm::transport;
  Result<MpiEnvironment> environment = MpiEnvironment::start(&argc, &argv);
  if (!environment.ok()) return wrong(environment.error().message);
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "pipe") return broken_pipe(environment.value());
  return mode == "hang" ? hang(environment.value()) : twice(environment.value(), &argc, &argv);
}
