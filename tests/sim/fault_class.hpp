// What can go wrong in a simulated run, and how often it did. "Injected" is what the simulation
// did; "took effect" is what the runtime had to answer. A class that is injected and never takes
// effect tests nothing, so the fresh seeds fail then.
//
// clang-format off
//   class          injected when                          took effect when
//   worker_death   a live worker process is ended         the master lost it while it held units
//   worker_freeze  a live worker process is stopped       it was lost meanwhile and came back
//   master_freeze  the owner's master is stopped          it woke to workers silent for a time-out
//   job_kill       all processes are ended                the next start restored accepted units
//   delay          a message is held back                 it came later than a heartbeat interval
//   reorder        a message may pass earlier ones        it came before one sent earlier
//   duplicate      a message is sent twice                both copies came to a live process
//   drop           a message is lost                      a live process missed it, no heartbeat
//   partition      links are cut                          a message, no heartbeat, was held or lost
//   unit_throw     a unit's execution fails               the master counted the try
//   poison_unit    a unit kills its worker                the unit was quarantined
//   torn_write     the power goes inside a publish        a file was left torn
//   failed_write   a file operation but a sync fails      a publish or an opening failed with it
//   failed_sync    an fsync of file or folder fails       a publish or an opening failed with it
//   unsynced_loss  the machine goes down                  unsynced bytes or names are gone
//   no_space       the disk is made full                  a publish failed for want of space
//   second_master  a second job takes the store over      the first one found itself fenced
//   slow_worker    a live worker works many times slower  units were taken back from it, or one of
//                                                         them was executed a second time
//   load           heartbeats come late for a while      a worker was suspected, and spoke again
//   failed_spawn   a replacement fails to start, hangs,   the master heard of it, gave up or lost
//                  or dies at its start                   one that never worked
//   master_death   the master's process is ended          a worker took over and work went on
//   false_word     a worker says that a process ended     it came to the master, of a live worker
//                  that is an earlier one, its own, or
//                  on another machine
//   unreadable_file  a file of the store cannot be      an opening met it, and waited or gave up
//                  read for a while, or is not visible
// clang-format on
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace steadfarm::sim {

enum class FaultClass : std::uint8_t {
  worker_death,
  worker_freeze,
  master_freeze,
  job_kill,
  delay,
  reorder,
  duplicate,
  drop,
  partition,
  unit_throw,
  poison_unit,
  torn_write,
  failed_write,
  failed_sync,
  unsynced_loss,
  no_space,
  second_master,
  slow_worker,
  load,
  failed_spawn,
  master_death,
  false_word,
  unreadable_file,
};
inline constexpr std::size_t kFaultClasses = 23;

[[nodiscard]] const char* to_string(FaultClass fault);

struct FaultTally {
  struct Count {
    std::uint64_t injected = 0;
    std::uint64_t took_effect = 0;
  };
  std::array<Count, kFaultClasses> counts{};

  void injected(FaultClass fault) { ++counts[static_cast<std::size_t>(fault)].injected; }
  void took_effect(FaultClass fault) { ++counts[static_cast<std::size_t>(fault)].took_effect; }
  void add(const FaultTally& other) {
    for (std::size_t i = 0; i < kFaultClasses; ++i) {
      counts[i].injected += other.counts[i].injected;
      counts[i].took_effect += other.counts[i].took_effect;
    }
  }
};

}  // namespace steadfarm::sim
