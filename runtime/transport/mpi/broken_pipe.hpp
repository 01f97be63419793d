// A peer that is gone must not take this process with it.
#pragma once

namespace steadfarm::transport {

/// From now on a write to a connection whose other end is gone fails with EPIPE and no longer ends
/// the process, which is what SIGPIPE does by default. Open MPI leaves it at that, and over TCP
/// writes to dead peers. A handler or a choice to ignore it that the application made before stays,
/// and one made later holds. For the life of the process: MPI_Finalize writes as well. Programs
/// that it starts have the default again.
void outlive_broken_pipes();

}  // namespace steadfarm::transport
