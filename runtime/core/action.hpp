// What the master machine wants done. A step gives one ordered batch; the driver carries it out in
// order, and every action may be carried out twice without harm.
//
// Order rule: all Accept and FoldInOrder actions of a step come before a Persist of the same step,
// so that the fold state the driver adds to the delta holds exactly the units the delta says are
// done. Nothing that claims durability (Committed, Finish of a complete run) comes before
// GenerationDurable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "core/event.hpp"
#include "core/generation.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

struct Send {
  Rank to;
  wire::Message message;
};
/// Apply a result to the fold. `payload` borrows from the event of this step.
struct Accept {
  UnitKey key;
  ByteView payload;
  // If the result lies in a shard, `payload` is what the folds take of it.
  std::optional<ShardPlace> place{};
};
/// Apply a result to the ordered fold: its turn has come. Comes in the order of the indices, after
/// the unit's Accept, in its step or a later one.
struct FoldInOrder {
  UnitKey key;
  Bytes payload;
};
/// Make this delta durable (the driver adds the fold state) and report back.
struct Persist {
  std::shared_ptr<GenerationDelta> delta;
};
/// Everything accepted up to this generation can no longer be lost.
struct Committed {
  Generation generation;
  std::uint64_t accepted = 0;
};
/// Never send to this rank again.
struct Forget {
  Rank rank;
};
/// Send to this rank again.
struct Readmit {
  Rank rank;
};
/// It has been silent for suspiciously long: send it nothing unasked until it is trusted again or
/// readmitted. Over TCP a send to the dead can end the sender.
struct Suspect {
  Rank rank;
};
struct Trust {
  Rank rank;
};

/// Start one more process of this program, as this rank, and report back. Takes its time.
struct Spawn {
  Rank rank;
};

enum class NoteKind : std::uint8_t {
  worker_joined,
  worker_suspected,
  worker_trusted,
  worker_lost,
  worker_returned,
  worker_left,
  worker_refused,
  work_went_on,
  unit_retried,
  unit_failed,
  unit_quarantined,
  unit_resumed,
  partial_refused,
  answer_duplicate,
  answer_stray,
  epoch_opened,
  generation_durable,
  generation_failed,
  shared_improved,
  link_reset,
  units_reclaimed,
  units_taken_back,
  unit_doubled,
  unit_overdue,
  dispatch_throttled,
  shard_trouble,
  replacement_wanted,
  replacement_started,
  replacement_failed,
  stopping,
  answers_handed_in,
  orphan_refused,
  settled,
};
[[nodiscard]] const char* to_string(NoteKind kind);

/// What is known of a lost worker.
struct Loss {
  LossKind how{};
  TimeUs silence_us = 0;  // from its last word until the loss was noticed
  double phi = 0;         // that decided, for LossKind::phi
  TimeUs redo_us = 0;     // it had worked so long on the unit that is to be done again
};

/// For the log. `count` is what the kind counts: leases held, 1 if the run ends for it, tries, an
/// epoch, a generation, the sequence of a saved state, microseconds.
struct Note {
  NoteKind kind{};
  Rank rank;
  UnitKey unit;
  std::uint64_t count = 0;
  std::string text;
  std::optional<Loss> loss{};  // of worker_lost
};

enum class Outcome : std::uint8_t {
  complete,         // every unit accepted
  complete_failed,  // all done, some units were given up
  stopped,          // asked to stop, or no worker left; run again to resume
  not_durable,      // the end state could not be made durable
  fenced,           // another owner has the store
  refused,          // a rank runs another program than the master
  no_workers,       // every worker is lost and there is no store to resume from
};
[[nodiscard]] const char* to_string(Outcome outcome);
[[nodiscard]] int exit_code(Outcome outcome);

struct Finish {
  Outcome outcome{};
  std::string reason;
};

using Action = std::variant<Send, Accept, FoldInOrder, Persist, Committed, Forget, Readmit, Suspect,
                            Trust, Spawn, Note, Finish>;
using Actions = std::vector<Action>;

}  // namespace steadfarm::core
