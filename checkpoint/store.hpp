// The checkpoint store: one folder, immutable segments, a numbered chain of manifests. FORMAT.md
// beside this file says what the bytes are and what holds after a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "checkpoint/job_record.hpp"
#include "checkpoint/put_away.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

class FileSystem;
class Patience;
class SegmentCodec;

struct StoreOptions {
  std::string path;        // the folder; made (0700) if it is not there
  JobClaim job;            // what job this is
  std::uint32_t keep = 3;  // generations that stay; at least 2
  bool fresh = false;      // discard another job's or an older run's content
  std::uint64_t segment_bytes_max = 256ULL << 20U;  // a larger delta is cut into several segments
  std::uint64_t inline_results_bytes_max = 1ULL << 20U;  // fewer ride in the state segment
  std::uint32_t compact_every = 64;  // state segments after which the live state is written anew
  // Result segments of less than a quarter of it are merged, so many bytes at a time, in memory.
  std::uint64_t merge_bytes_max = 32ULL << 20U;
  std::uint32_t read_threads = 1;       // that read and digest when the store is opened
  std::string result_fields;            // how results are to be read: see result_fields.hpp
  const SegmentCodec* codec = nullptr;  // null: HDF5; the simulation has a faster one
  // Shards that were written for owners from this one on are not tidied away: workers of this very
  // job have them and may still hand them in. 0: all owners before this one are history.
  OwnerEpoch shards_from;
  // Bears with what cannot be read now while the store is opened. Null: a few tries at once.
  Patience* patience = nullptr;
  // A manifest of this number or a higher one is known to be there: seeing less means that this
  // host does not see it yet. 0: nothing is known.
  Generation known;
};

/// What opening found. `warnings` are complete one-line sentences for the user.
struct OpenReport {
  // Empty: a new store. Its generation is the one it was read from, its owner epoch that one's.
  std::optional<core::RecoveredState> recovered;
  std::vector<std::string> warnings;
  Generation generation;  // the manifest that made us the owner
  OwnerEpoch owner_epoch;
  // Of the owner before us, who published the manifest that we follow. 0: the store is new, or its
  // newest manifest is damaged, so nobody knows.
  OwnerEpoch previous_owner;
  std::uint32_t set_aside = 0;  // bad files moved to the folder `bad`
  Digest fingerprint;           // what segments and shards of this store carry
};

struct Publication;

/// The owner's end of a store. `files` must outlive it.
///
/// A generation is published in two steps, so that the application waits for the first one alone:
/// `prepare` on the thread that makes the run's HDF5 calls, `write` and `maintain` on any one
/// thread. One publication at a time: nothing is prepared before the one before is written. The
/// other members may be called at any time from the first thread.
class Store {
 public:
  /// Opens or makes the store, finds the newest generation that verifies in full, and takes the
  /// store over by publishing a manifest with a higher owner epoch. Errors: foreign (another
  /// job's and not `fresh`), corrupt (no generation verifies and not `fresh`), unreadable (a file
  /// cannot be read now, which says nothing against it; no older generation is taken instead),
  /// no_memory (the message names the need), unsupported (made by a newer program), fenced
  /// (another run took it at this moment), io, no_space. On an error the folder holds what it held;
  /// after `fresh` the old content is in its folder `discarded`.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(FileSystem& files, StoreOptions options,
                                                           OpenReport& report);
  virtual ~Store() = default;

  /// Lays out the files of the next generation, which will hold `delta` on top of the last one.
  /// Takes the time of a few HDF5 calls, whatever the size; touches no disk. `delta` must not
  /// change any more; the publication points into it.
  [[nodiscard]] virtual Result<std::unique_ptr<Publication>> prepare(
      std::shared_ptr<const core::GenerationDelta> delta) = 0;

  /// Makes it durable as the next generation. When this returns a generation, its segments, its
  /// manifest and the folder entries are on disk. After an error other than `fenced` the caller
  /// may try again with a delta that contains this one, which then counts from the last generation
  /// that was returned. A restart in between finds that generation or, if the failure came after
  /// the last step had begun, this one: whole in either case. Memory that runs out is such an
  /// error. `fenced`: somebody else owns the store now; stop.
  [[nodiscard]] virtual Result<Generation> write(Publication& publication) = 0;

  /// What can wait until the generation is reported: removes superseded files, and reads what is
  /// to be compacted. Call it after each `write` that went well.
  virtual void maintain() = 0;
  /// The run ends: nothing is compacted any more, neither by a `maintain` that runs nor later. From
  /// any thread.
  virtual void hurry() {}
  /// Rises with every file operation, so that a slow disk can be told from one that hangs. From any
  /// thread.
  [[nodiscard]] virtual std::uint64_t steps() const = 0;

  /// All of it at once.
  [[nodiscard]] Result<Generation> publish(const core::GenerationDelta& delta);

  /// Of the last generation that was written.
  [[nodiscard]] virtual Generation generation() const = 0;
  [[nodiscard]] virtual OwnerEpoch owner_epoch() const = 0;
  /// Bytes written for the last published generation, segments and manifest.
  [[nodiscard]] virtual std::uint64_t last_publish_bytes() const = 0;
  /// What publishing met and went on after (an old file that cannot be removed), one line each.
  [[nodiscard]] virtual std::vector<std::string> take_warnings() = 0;
};

/// Files of large results in a store. A run that is live has orphans that are about to be named.
struct ShardCount {
  std::uint64_t named = 0;  // by the generations that were looked at
  std::uint64_t named_bytes = 0;
  std::uint64_t orphans = 0;  // there, and named by none
};

struct SegmentInfo {
  std::string file;
  std::uint64_t bytes = 0;
  Digest digest;
};

/// What the manifest of a generation says.
struct Glance {
  bool complete = false;
  Generation generation;
  OwnerEpoch owner_epoch;
  std::uint64_t accepted = 0;
  std::uint64_t committed = 0;
  std::uint64_t pending = 0;
  std::uint64_t failed = 0;
  std::string description;
  std::vector<SegmentInfo> segments;
  std::vector<std::string> warnings;  // newer generations passed over, and why
  std::optional<JobRecord> job;       // nothing: a store of format 1
  PutAway put_away;                   // what `steadfarm clean` would remove
};

// All of these read only, and are safe while a run is live (a file that retention removed meanwhile
// is looked up again in a newer manifest). Of their errors, `corrupt` and `not_found` speak of the
// store; `io`, `shortage`, `no_memory`, `denied` and `timeout` say that it cannot be read now. The
// memory they take does not grow with the files: a megabyte a thread and 8 bytes for each megabyte
// of the store; about 200 bytes for each spawned unit that is to be done, and 100 for each result
// in a shard, of which the state segments speak; 64 MiB for keys.

/// The newest generation whose files are there with their sizes. No content is read: for those who
/// look often.
[[nodiscard]] Result<Glance> glance(FileSystem& files, const std::string& path);

/// What `steadfarm inspect` shows.
struct Inspection : Glance {
  ShardCount shards;  // of this generation
};

/// The newest generation that verifies in full: each of its files is read, on `threads` threads.
[[nodiscard]] Result<Inspection> inspect(FileSystem& files, const std::string& path,
                                         const SegmentCodec* codec = nullptr,
                                         std::uint32_t threads = 1);

struct Verification {
  Generation newest_good;
  std::uint32_t generations_checked = 0;
  std::uint32_t files_checked = 0;
  ShardCount shards;                    // of all generations
  std::vector<std::string> bad;         // one line a bad file: its name and what is wrong with it
  std::vector<std::string> unreadable;  // cannot be read now, which says nothing about them
};

/// Reads every manifest and every file that any manifest leads to, and checks all of them. Reads
/// and digests on `threads` threads, which the file system must bear.
[[nodiscard]] Result<Verification> verify(FileSystem& files, const std::string& path,
                                          const SegmentCodec* codec = nullptr,
                                          std::uint32_t threads = 1);

/// Of the generation whose results are read.
struct ResultsInfo {
  Generation generation;
  bool complete = false;
  std::uint64_t accepted = 0;  // units, whether their results are kept or not
  std::uint64_t count = 0;     // results
  UnitKey last;                // the highest key, if there are results
  std::string fields;          // how results are to be read: see result_fields.hpp
  Bytes fold_state;            // on request
  std::vector<std::string> warnings;
};

struct ResultReading {
  /// Called once, before the first result.
  std::function<void(const ResultsInfo&)> begin;
  bool with_fold = false;
  std::uint64_t batch_bytes_max = 64ULL << 20U;  // memory for results; one larger result is whole
  const SegmentCodec* codec = nullptr;
  std::uint32_t threads = 1;  // that read and digest, before the first result
};

/// Calls `visit` for every result of the newest generation that verifies in full, by rising unit
/// key. Stops at the first error. Memory, beside that of `inspect`: 40 bytes a result, and one
/// batch or the largest result. What is handed out was compared with its digest.
[[nodiscard]] Status for_each_result(FileSystem& files, const std::string& path,
                                     const std::function<void(const UnitKey&, ByteView)>& visit,
                                     const ResultReading& reading = {});

}  // namespace steadfarm::checkpoint
