#include "transport/mpi/broken_pipe.hpp"

#include <csignal>

namespace steadfarm::transport {
namespace {

void live_on(int /*signal*/) {}

}  // namespace

void outlive_broken_pipes() {
  struct sigaction now = {};
  if (sigaction(SIGPIPE, nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL) return;
  // A handler, because exec would hand on that a signal is ignored.
  struct sigaction harmless = {};
  harmless.sa_handler = live_on;
  harmless.sa_flags = SA_RESTART;
  sigemptyset(&harmless.sa_mask);
  sigaction(SIGPIPE, &harmless, nullptr);
}

}  // namespace steadfarm::transport
