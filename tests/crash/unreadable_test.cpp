// Files that cannot be read now: while a store is opened, every read fails for a moment, each file
// for a while or for good, one file or two, beside damage or alone. Nothing that the chosen
// generation leads to ever moves, and no older one is chosen because a newer one cannot be read.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <iostream>
#include <optional>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/patience.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

constexpr std::int64_t limit_ms = 90'000;
constexpr int transient_errors[] = {EIO, ESTALE, EMFILE, ENFILE};

/// A store of at most six files, with what it must give back.
struct SmallStore {
  std::string what;
  Files files;
  Generation newest;
  std::uint64_t accepted = 0;
};

std::uint64_t accepted_of(const OpenReport& report) {
  return report.recovered ? report.recovered->counters.accepted : 0;
}

StoreOptions small_options() {
  StoreOptions options = crash_options();
  options.keep = 3;
  options.compact_every = 100;
  options.inline_results_bytes_max = 1'000'000;  // one segment a generation
  return options;
}

/// Generations that share their segments, as incremental ones do.
SmallStore several_generations(int count) {
  MemoryFileSystem files(7);
  OpenReport report;
  Workload work(5);
  auto store = std::move(Store::open(files, small_options(), report)).value();
  SmallStore made{std::to_string(count) + " generations", {}, {}, 0};
  for (int i = 0; i < count; ++i) {
    const core::GenerationDelta delta = work.next();
    made.newest = store->publish(delta).value();
    made.accepted = delta.counters.accepted;
    work.committed();
  }
  made.files = files_of(files);
  return made;
}

/// Two generations, the second one with a shard.
SmallStore with_a_shard() {
  MemoryFileSystem files(8);
  OpenReport report;
  auto store = std::move(Store::open(files, small_options(), report)).value();
  const ShardGrant grant{report.owner_epoch, report.fingerprint};
  ShardWriter writer(files, {store_path, grant, "", &fast_codec()});
  core::GenerationDelta delta;
  delta.epoch = Epoch(1);
  delta.pending_indices = {{0, 4}};
  static_cast<void>(store->publish(delta).value());
  auto results = std::make_shared<core::ResultBatch>();
  for (std::uint64_t i = 0; i < 2; ++i) results->add(UnitKey::index(i), bytes_of("a large result"));
  const ShardInfo shard = writer.write(writer.lay_out(results).value()).value();
  for (std::uint64_t i = 0; i < 2; ++i) delta.sharded.add(UnitKey::index(i), {shard, i, 14});
  delta.epoch = Epoch(2);
  delta.pending_indices = {{2, 4}};
  delta.counters.accepted = 2;
  delta.counters.executions = 2;
  const Generation newest = store->publish(delta).value();
  return {"a shard", files_of(files), newest, 2};
}

std::vector<SmallStore> small_stores() {
  return {several_generations(1), several_generations(2), several_generations(3), with_a_shard()};
}

/// The clock of one opening. Waiting lets the files' clock go on.
class Clock {
 public:
  explicit Clock(MemoryFileSystem& files)
      : patience_(limit_ms, {[this] { return now_ms_; },
                             [this, &files](std::int64_t ms) {
                               now_ms_ += ms;
                               files.unreadable().set_now_ms(now_ms_);
                               return true;
                             }}) {}
  Patience* patience() { return &patience_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }

 private:
  std::int64_t now_ms_ = 0;
  Patience patience_;
};

struct Opened {
  std::optional<Error> error;
  OpenReport report;
  std::int64_t waited_ms = 0;
};

Opened open(MemoryFileSystem& files) {
  Clock clock(files);
  StoreOptions options = small_options();
  options.patience = clock.patience();
  Opened opened;
  const Result<std::unique_ptr<Store>> store = Store::open(files, options, opened.report);
  if (!store) opened.error = store.error();
  opened.waited_ms = clock.now_ms();
  return opened;
}

/// What the files of `before` have become, if one of them is no longer what it was.
std::string changed(const Files& before, const Files& after) {
  for (const auto& [name, bytes] : before) {
    const auto there = after.find(name);
    if (there == after.end()) return name + " is gone";
    if (there->second != bytes) return name + " has changed";
  }
  return {};
}

/// All is as if nothing had been the matter.
std::string judge_sound(const SmallStore& store, MemoryFileSystem& files, const Opened& opened) {
  if (opened.error) return "it does not open: " + opened.error->message;
  if (opened.report.set_aside != 0) return "something was set aside";
  if (accepted_of(opened.report) != store.accepted) return "another state came back";
  const Result<Verification> checked = verify(files, store_path, &fast_codec());
  if (!checked) return checked.error().message;
  if (!checked.value().bad.empty()) return "damaged: " + checked.value().bad.front();
  return checked.value().newest_good == opened.report.generation ? "" : "the newest is not good";
}

/// The start ended, says that it could not read, and left everything as it was.
std::string judge_untouched(const SmallStore& store, MemoryFileSystem& files,
                            const Opened& opened) {
  if (!opened.error) return "it opened";
  if (opened.error->code != ErrorCode::unreadable) return "code: " + opened.error->message;
  if (opened.error->message.find("--fresh") != std::string::npos) return "it advises --fresh";
  if (files_of(files) != store.files) return changed(store.files, files_of(files)) + " (changed)";
  return {};
}

std::uint64_t operations_of_an_opening(const SmallStore& store) {
  const auto files = file_system_with(store.files);
  const Opened opened = open(*files);
  const std::uint64_t operations = files->faults().operations();
  EXPECT_EQ(judge_sound(store, *files, opened), "") << store.what;
  return operations;
}

TEST(Unreadable, a_moment_at_any_one_or_two_operations_of_an_opening_changes_nothing) {
  std::uint64_t openings = 0;
  std::uint64_t hits = 0;
  for (const SmallStore& store : small_stores()) {
    ASSERT_LE(store.files.size(), 6U) << store.what;
    // Writes are among the operations: what fails there, and how, other tests say.
    const std::uint64_t operations = operations_of_an_opening(store);
    for (const int error_number : transient_errors) {
      for (std::uint64_t one = 2; one <= operations; ++one) {
        for (std::uint64_t two = one; two <= operations + 2; ++two) {
          const auto files = file_system_with(store.files);
          files->faults().fail_also(one, {error_number, Effect::none});
          files->faults().fail_also(two, {error_number, Effect::none});
          const Opened opened = open(*files);
          files->faults().clear();
          ++openings;
          if (files->faults().script_hit()) ++hits;
          const bool wrote = opened.error && opened.error->code != ErrorCode::unreadable;
          const std::string wrong =
              wrote ? changed(store.files, files_of(*files)) : judge_sound(store, *files, opened);
          // Old files may stay when they cannot be removed now; none may be damaged or moved.
          ASSERT_EQ(wrong, "") << store.what << ", operations " << one << " and " << two
                               << ", errno " << error_number;
        }
      }
    }
  }
  EXPECT_GT(openings, 2'000U);
  EXPECT_EQ(hits, openings);
  std::cout << openings << " openings with an error or two at their operations\n";
}

/// Files that an opening of this store reads.
std::vector<std::string> names_in(const SmallStore& store) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : store.files) names.push_back(name);
  return names;
}

TEST(Unreadable, any_two_files_for_a_while_are_waited_for) {
  std::uint64_t waited = 0;
  for (const SmallStore& store : small_stores()) {
    const std::vector<std::string> names = names_in(store);
    for (const int error_number : {EIO, ESTALE, EMFILE}) {
      for (const std::string& one : names) {
        for (const std::string& two : names) {
          const auto files = file_system_with(store.files);
          files->unreadable().add(one, error_number, 3'000);
          files->unreadable().add(two, EIO, 70'000);
          const Opened opened = open(*files);
          ASSERT_EQ(judge_sound(store, *files, opened), "")
              << store.what << ", " << one << ", " << two;
          if (opened.waited_ms >= 3'000) ++waited;
        }
      }
    }
  }
  EXPECT_GT(waited, 100U);
}

TEST(Unreadable, any_file_for_good_ends_the_start_with_nothing_changed) {
  std::uint64_t refused = 0;
  for (const SmallStore& store : small_stores()) {
    for (const std::string& name : names_in(store)) {
      for (const int error_number : {EIO, ESTALE, EMFILE, EACCES}) {
        const auto files = file_system_with(store.files);
        files->unreadable().add(name, error_number, INT64_MAX);
        const Opened opened = open(*files);
        // A shard is needed by the newest generation, as is every segment here.
        ASSERT_EQ(judge_untouched(store, *files, opened), "") << store.what << ", " << name;
        ASSERT_NE(opened.error->message.find(name), std::string::npos) << opened.error->message;
        EXPECT_EQ(opened.waited_ms, error_number == EACCES ? 0 : limit_ms);
        ++refused;
      }
    }
  }
  EXPECT_GE(refused, 60U);
}

TEST(Unreadable, what_comes_into_sight_late_is_waited_for) {
  for (const SmallStore& store : small_stores()) {
    for (const std::string& name : names_in(store)) {
      const std::optional<Generation> manifest = parse_manifest_name(name);
      if (manifest && *manifest != store.newest) continue;  // what is late is new
      const auto files = file_system_with(store.files);
      files->unreadable().add(name, ENOENT, 60'000);
      const Opened opened = open(*files);
      EXPECT_EQ(judge_sound(store, *files, opened), "") << store.what << ", " << name;
      EXPECT_GE(opened.waited_ms, 60'000) << name;
      EXPECT_LT(opened.waited_ms, 63'000) << name;
    }
  }
}

TEST(Unreadable, a_file_that_stays_away_counts_as_damage_and_only_its_generation_goes) {
  const SmallStore store = several_generations(3);
  const Manifest newest = decode_manifest(store.files.at(manifest_name(store.newest))).value();
  const std::string gone = newest.segments.back().file;
  Files without = store.files;
  without.erase(gone);
  const auto files = file_system_with(without);
  const Opened opened = open(*files);
  ASSERT_FALSE(opened.error) << opened.error->message;
  EXPECT_EQ(opened.waited_ms, limit_ms);
  EXPECT_EQ(opened.report.recovered->generation, Generation(store.newest.value - 1));
  const Files after = files_of(*files);
  EXPECT_TRUE(after.contains("bad/" + manifest_name(store.newest)));
  for (const std::string& warning : opened.report.warnings) {
    EXPECT_EQ(warning.find("--fresh"), std::string::npos) << warning;
  }
  EXPECT_NE(opened.report.warnings.front().find("steadfarm restore"), std::string::npos);
}

// The fault that destroyed stores: the newest manifest damns a file that an older one needs.
TEST(Unreadable, a_manifest_that_lies_takes_no_file_from_the_generation_that_is_used) {
  const SmallStore store = several_generations(3);
  const std::string name = manifest_name(store.newest);
  const Manifest honest = decode_manifest(store.files.at(name)).value();
  for (std::size_t at = 0; at < honest.segments.size(); ++at) {
    Manifest lying = honest;
    lying.segments[at].bytes = UINT64_MAX;
    Files files_in = store.files;
    files_in[name] = encode_manifest(lying);
    const auto files = file_system_with(files_in);
    const Opened opened = open(*files);
    ASSERT_FALSE(opened.error) << opened.error->message;
    const Files after = files_of(*files);
    EXPECT_TRUE(after.contains("bad/" + name));
    // What the lying one alone names is another matter.
    const Manifest base =
        decode_manifest(store.files.at(manifest_name(Generation(store.newest.value - 1)))).value();
    for (const SegmentEntry& entry : base.segments) {
      EXPECT_TRUE(after.contains(entry.file)) << entry.file << " was moved";
    }
    const Result<Verification> checked = verify(*files, store_path, &fast_codec());
    EXPECT_EQ(checked.value().newest_good, opened.report.generation);
  }
}

// Of the newest generation something is damaged by proof, and what all share cannot be read for
// good: going back would be a choice made blind.
TEST(Unreadable, beside_damage_still_moves_nothing) {
  const SmallStore store = several_generations(3);
  const Manifest newest = decode_manifest(store.files.at(manifest_name(store.newest))).value();
  SmallStore damaged = store;
  damaged.files.at(newest.segments.back().file).back() ^= std::byte{1};
  for (std::size_t at = 0; at + 1 < newest.segments.size(); ++at) {
    const auto files = file_system_with(damaged.files);
    files->unreadable().add(newest.segments[at].file, EIO, INT64_MAX);
    EXPECT_EQ(judge_untouched(damaged, *files, open(*files)), "") << newest.segments[at].file;
  }
  // Readable again after a while, the older generation is used and whole.
  const auto files = file_system_with(damaged.files);
  files->unreadable().add(newest.segments.front().file, EIO, 5'000);
  const Opened opened = open(*files);
  ASSERT_FALSE(opened.error) << opened.error->message;
  EXPECT_EQ(opened.report.recovered->generation, Generation(store.newest.value - 1));
  EXPECT_EQ(verify(*files, store_path, &fast_codec()).value().newest_good,
            opened.report.generation);
}

TEST(Unreadable, a_stop_while_it_waits_proves_nothing_against_a_missing_file) {
  const SmallStore store = several_generations(2);
  for (const std::string& name : names_in(store)) {
    if (parse_manifest_name(name)) continue;
    const auto files = file_system_with(store.files);
    files->unreadable().add(name, ENOENT, INT64_MAX);
    int waits = 0;
    Patience patience(
        limit_ms, {[] { return std::int64_t{0}; }, [&waits](std::int64_t) { return ++waits < 4; }});
    StoreOptions options = small_options();
    options.patience = &patience;
    OpenReport report;
    const Result<std::unique_ptr<Store>> opened = Store::open(*files, options, report);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unreadable) << opened.error().message;
    EXPECT_EQ(waits, 4);
    EXPECT_EQ(files_of(*files), store.files);
  }
}

// After a failover the job knows what its last master had written.
TEST(Unreadable, a_manifest_that_is_known_to_be_there_is_waited_for) {
  const SmallStore store = several_generations(2);
  const auto files = file_system_with(store.files);
  files->unreadable().add(manifest_name(store.newest), ENOENT, 20'000);
  Clock clock(*files);
  StoreOptions options = small_options();
  options.patience = clock.patience();
  options.known = store.newest;
  OpenReport report;
  ASSERT_TRUE(Store::open(*files, options, report));
  EXPECT_EQ(report.recovered->generation, store.newest);
  EXPECT_GE(clock.now_ms(), 20'000);
  // Nobody else's number was tried meanwhile.
  EXPECT_EQ(report.generation, store.newest.next());
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
