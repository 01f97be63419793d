# wire and core: pure. They link base only, so neither MPI nor HDF5 can be reached from here.
steadfarm_layer(wire
  SOURCES runtime/wire/batches.cpp runtime/wire/messages.cpp
  PUBLIC steadfarm_base)

steadfarm_layer(core
  SOURCES
    runtime/core/action.cpp
    runtime/core/delta_log.cpp
    runtime/core/epochs.cpp
    runtime/core/interval.cpp
    runtime/core/interval_set.cpp
    runtime/core/master.cpp
    runtime/core/master_answers.cpp
    runtime/core/master_check.cpp
    runtime/core/master_dispatch.cpp
    runtime/core/master_epochs.cpp
    runtime/core/master_losses.cpp
    runtime/core/master_members.cpp
    runtime/core/master_policy.cpp
    runtime/core/master_respawn.cpp
    runtime/core/master_tail.cpp
    runtime/core/master_take_over.cpp
    runtime/core/membership.cpp
    runtime/core/neighbours.cpp
    runtime/core/ordered_hold.cpp
    runtime/core/placed_queue.cpp
    runtime/core/policy.cpp
    runtime/core/policy/chunk_rule.cpp
    runtime/core/policy/factoring.cpp
    runtime/core/policy/guided.cpp
    runtime/core/policy/hash_ring.cpp
    runtime/core/policy/load_index.cpp
    runtime/core/policy/names.cpp
    runtime/core/policy/speeds.cpp
    runtime/core/policy/trapezoid.cpp
    runtime/core/ready_queue.cpp
    runtime/core/respawns.cpp
    runtime/core/saved_states.cpp
    runtime/core/succession.cpp
    runtime/core/suspicion.cpp
    runtime/core/unit_table.cpp
    runtime/core/wall_time.cpp
    runtime/core/worker.cpp
    runtime/core/worker_neighbours.cpp
    runtime/core/worker_retention.cpp
  PUBLIC steadfarm_wire)
