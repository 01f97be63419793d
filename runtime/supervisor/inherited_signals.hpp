// What this process was started with, before libraries changed it.
#pragma once

namespace steadfarm::supervisor {

/// True if whoever started this process had it ignore SIGINT or SIGHUP, as nohup and a script's
/// background jobs do. main() cannot see that where a library below MPI installs a handler when it
/// is loaded: UCX does so for SIGHUP. False for other signals.
[[nodiscard]] bool started_ignoring(int signal);

}  // namespace steadfarm::supervisor
