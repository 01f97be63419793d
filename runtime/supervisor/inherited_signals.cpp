#include "supervisor/inherited_signals.hpp"

#include <csignal>

namespace steadfarm::supervisor {
namespace {

bool interrupt_ignored = false;
bool hangup_ignored = false;

bool found_ignored(int signal) {
  struct sigaction now = {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void look_at_inherited() {
  interrupt_ignored = found_ignored(SIGINT);
  hangup_ignored = found_ignored(SIGHUP);
}

// The dynamic linker calls these of a program before the initialisers of all its libraries.
[[gnu::section(".preinit_array"), gnu::used]] void (*look_first)() = look_at_inherited;

}  // namespace

bool started_ignoring(int signal) {
  return (signal == SIGINT && interrupt_ignored) || (signal == SIGHUP && hangup_ignored);
}

}  // namespace steadfarm::supervisor
