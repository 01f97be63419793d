#include "checkpoint/store.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/order_checker.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/unit/checkpoint/store_steps.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

TEST(Store, is_new_when_the_folder_is_empty) {
  MemoryFileSystem files(1);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  ASSERT_TRUE(store);
  EXPECT_FALSE(report.recovered.has_value());
  EXPECT_EQ(report.generation, Generation(1));
  EXPECT_EQ(store->owner_epoch(), OwnerEpoch(1));
  EXPECT_TRUE(report.warnings.empty());
}

TEST(Store, is_still_new_when_it_was_opened_and_never_published_to) {
  MemoryFileSystem files(1);
  OpenReport report;
  ASSERT_TRUE(open_store(files, test_options(), report));
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_FALSE(report.recovered.has_value());
  EXPECT_EQ(report.owner_epoch, OwnerEpoch(2));
}

TEST(Store, gives_back_what_was_published) {
  MemoryFileSystem files(1);
  Workload work(42);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  ASSERT_TRUE(store);
  for (int i = 0; i < 12; ++i) {
    publish_steps(*store, work, 1);
    OpenReport again;
    // A copy: the store itself is not to be taken over yet.
    const auto copy = file_system_with(files_of(files));
    ASSERT_TRUE(open_store(*copy, test_options(), again));
    ASSERT_TRUE(again.recovered.has_value());
    EXPECT_EQ(difference(*again.recovered, work.snapshot()), "");
    EXPECT_EQ(results_difference(*copy, store_path, work.snapshot()), "");
    EXPECT_EQ(again.recovered->generation, store->generation());
    EXPECT_TRUE(again.warnings.empty());
  }
}

TEST(Store, counts_pending_accepted_and_failed_units_in_the_manifest) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 6);
  const Result<Inspection> seen = inspect(files, store_path);
  ASSERT_TRUE(seen) << seen.error().message;
  const Snapshot snapshot = work.snapshot();
  std::uint64_t pending = snapshot.state.units.size();
  for (const core::Interval& run : snapshot.state.pending_indices) pending += run.count();
  EXPECT_EQ(seen.value().pending, pending);
  EXPECT_EQ(seen.value().accepted, snapshot.state.counters.accepted);
  EXPECT_EQ(seen.value().failed, snapshot.state.counters.failed);
  EXPECT_EQ(seen.value().description, "the test job | seed 0 | 0 submitted units");
  EXPECT_EQ(seen.value().generation, store->generation());
}

TEST(Store, keeps_as_many_generations_as_asked) {
  for (const std::uint32_t keep : {2U, 3U, 5U}) {
    MemoryFileSystem files(1);
    Workload work(3);
    StoreOptions options = test_options();
    options.keep = keep;
    OpenReport report;
    const auto store = open_store(files, options, report);
    publish_steps(*store, work, 9);
    std::size_t manifests = 0;
    for (const auto& [name, bytes] : files_of(files)) {
      if (parse_manifest_name(name)) ++manifests;
    }
    EXPECT_EQ(manifests, keep);
  }
}

TEST(Store, keeps_the_old_generations_over_many_restarts_without_progress) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 5);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(open_store(files, test_options(), report));
  std::vector<std::string> manifests;
  for (const auto& [name, bytes] : files_of(files)) {
    if (parse_manifest_name(name)) manifests.push_back(name);
  }
  // Generations 4, 5 and 6 hold work; 16 is the newest take-over, and 15 stays below it.
  const std::vector<std::string> expected = {
      manifest_name(Generation(4)), manifest_name(Generation(5)), manifest_name(Generation(6)),
      manifest_name(Generation(15)), manifest_name(Generation(16))};
  EXPECT_EQ(manifests, expected);
}

TEST(Store, refuses_to_keep_fewer_than_two) {
  MemoryFileSystem files(1);
  StoreOptions options = test_options();
  options.keep = 1;
  OpenReport report;
  const auto store = Store::open(files, options, report);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::usage);
}

TEST(Store, cuts_a_large_delta_and_gives_it_back_whole) {
  MemoryFileSystem files(1);
  Workload work(5);
  work.result_bytes_max = 4000;
  StoreOptions options = test_options();
  options.segment_bytes_max = 300;
  options.inline_results_bytes_max = 100;
  OpenReport report;
  publish_steps(*open_store(files, options, report), work, 10);
  ASSERT_TRUE(open_store(files, options, report));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
  EXPECT_EQ(results_difference(files, store_path, work.snapshot()), "");
  EXPECT_GT(inspect(files, store_path).value().segments.size(), 20U);
}

TEST(Store, compaction_changes_nothing_that_can_be_read) {
  MemoryFileSystem files(1);
  OrderChecker checker(files);
  Workload work(6);
  StoreOptions options = test_options();
  options.compact_every = 4;
  options.inline_results_bytes_max = 60;  // some results ride, some do not
  OpenReport report;
  const auto store = open_store(files, options, report);
  for (int i = 0; i < 60; ++i) {
    publish_steps(*store, work, 1);
    const auto copy = file_system_with(files_of(files));
    OpenReport again;
    ASSERT_TRUE(open_store(*copy, options, again));
    ASSERT_EQ(difference(*again.recovered, work.snapshot()), "") << "generation " << i;
    ASSERT_EQ(results_difference(*copy, store_path, work.snapshot()), "") << "generation " << i;
  }
  EXPECT_TRUE(store->take_warnings().empty());
  EXPECT_EQ(checker.breaches(), std::vector<std::string>());
  // Neither files nor manifest grow with the number of state segments.
  std::size_t states = 0;
  MemoryFileSystem& live = files;
  auto folder = live.open_folder(store_path, Access::read).value();
  const Result<StoredManifest> newest = read_manifest(*folder, store->generation());
  for (const SegmentEntry& entry : newest.value().manifest.segments) {
    if (entry.role == SegmentRole::state) ++states;
  }
  EXPECT_LE(states, 1 + 4U * options.compact_every);
}

// Compaction knows a segment's lists by name; one that it does not know is lost with it.
TEST(Store, a_store_that_was_compacted_and_reopened_has_the_hints_of_its_units) {
  MemoryFileSystem files(1);
  StoreOptions options = test_options();
  options.compact_every = 2;
  OpenReport report;
  const UnitKey key = child_key(UnitKey::index(0), 0);
  const UnitHints hints{3'600'000'000, 17, false};
  core::GenerationDelta delta;
  delta.counters.spawned = 1;
  delta.added = {{key, 0, 0, 0, bytes_of("payload"), hints}};
  std::string first;
  std::string last;
  {
    const auto store = open_store(files, options, report);
    for (std::uint64_t i = 1; i < 20; ++i) {
      delta.epoch = Epoch(i);
      ASSERT_TRUE(store->publish(delta));
      delta.added.clear();
      auto folder = files.open_folder(store_path, Access::read).value();
      const auto newest = read_manifest(*folder, store->generation());
      if (i == 1) first = newest.value().manifest.segments.front().file;
      last = newest.value().manifest.segments.front().file;
    }
  }
  EXPECT_NE(first, last);  // it was compacted
  const auto store = open_store(files, options, report);
  ASSERT_EQ(report.recovered->units.size(), 1U);
  EXPECT_EQ(report.recovered->units[0].hints, hints);
}

TEST(Store, a_generation_costs_what_it_changes_over_200_generations) {
  MemoryFileSystem files(1);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  std::vector<std::uint64_t> bytes;
  core::GenerationDelta delta;
  for (std::uint64_t i = 0; i < 200; ++i) {
    delta.epoch = Epoch(i + 1);
    delta.pending_indices = {{i + 1, 1000}};
    delta.results = {};
    delta.results.add(UnitKey::index(i), bytes_of("the result of a unit"));
    delta.counters.accepted = i + 1;
    ASSERT_TRUE(store->publish(delta));
    bytes.push_back(store->last_publish_bytes());
  }
  // The manifest has one short line per live segment, and compaction bounds their number.
  const std::uint64_t last = *std::max_element(bytes.end() - 70, bytes.end());
  EXPECT_LT(last, bytes[1] + 20000);
  EXPECT_LT(inspect(files, store_path).value().segments.size(), 100U);
}

TEST(Store, refuses_another_jobs_store_and_says_how_to_discard_it) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  const Files before = files_of(files);
  StoreOptions other = test_options();
  other.job.job.identity = "quite another job";
  const auto refused = Store::open(files, other, report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::foreign);
  for (const char* part : {"the test job", "quite another job", "--fresh", store_path}) {
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(files_of(files), before);
}

TEST(Store, fresh_starts_anew_and_puts_the_old_content_away) {
  MemoryFileSystem files(1);
  OrderChecker checker(files);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 4);
  const Files before = files_of(files);
  StoreOptions other = test_options();
  other.job.job.identity = "quite another job";
  other.fresh = true;
  {
    const auto store = open_store(files, other, report);
    EXPECT_FALSE(report.recovered.has_value());
    EXPECT_GT(store->generation(), Generation(5));
  }
  const Files after = files_of(files);
  for (const auto& [name, bytes] : before) {
    const auto moved = after.find("discarded/" + name);
    ASSERT_NE(moved, after.end()) << name;
    EXPECT_EQ(moved->second, bytes);
    EXPECT_FALSE(after.contains(name)) << name;
  }
  other.fresh = false;
  ASSERT_TRUE(open_store(files, other, report));
  EXPECT_FALSE(report.recovered.has_value());
  EXPECT_EQ(checker.breaches(), std::vector<std::string>());
}

TEST(Store, fresh_opens_what_nothing_else_opens) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  for (const auto& [name, file] : files.disk(store_path).visible())
    file->content[20] ^= std::byte{1};
  StoreOptions options = test_options();
  const auto refused = Store::open(files, options, report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  options.fresh = true;
  ASSERT_TRUE(open_store(files, options, report));
  EXPECT_FALSE(report.recovered.has_value());
  EXPECT_GT(report.set_aside, 0U);
}

// Else a crash could bring back the name that was just given up, or neither.
TEST(Store, what_is_set_aside_stays_there_after_a_crash) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  std::string newest;
  {
    const auto store = open_store(files, test_options(), report);
    publish_steps(*store, work, 2);
    newest = manifest_name(store->generation());
  }
  MemoryDisk& disk = files.disk(store_path);
  disk.find(newest)->content[20] ^= std::byte{1};
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_TRUE(disk.is_durable("bad/" + newest));
  EXPECT_FALSE(disk.durable().contains(newest));
}

// The manifest lies about a segment that is sound, and that the base names as well.
TEST(Store, names_the_file_that_it_sets_aside_and_not_the_one_that_stays) {
  Files content;
  std::string newest;
  std::string shared;
  {
    MemoryFileSystem files(1);
    Workload work(3);
    OpenReport report;
    const auto store = open_store(files, test_options(), report);
    publish_steps(*store, work, 2);
    newest = manifest_name(store->generation());
    content = files_of(files);
    Manifest manifest = decode_manifest(content.at(newest)).value();
    shared = manifest.segments.front().file;
    manifest.segments.front().bytes = UINT64_MAX;
    content.at(newest) = encode_manifest(manifest);
  }
  const auto files = file_system_with(content);
  OpenReport report;
  ASSERT_TRUE(open_store(*files, test_options(), report));
  EXPECT_TRUE(files->disk(store_path).exists(shared));
  EXPECT_TRUE(files->disk(store_path).exists("bad/" + newest));
  ASSERT_FALSE(report.warnings.empty());
  EXPECT_NE(report.warnings.front().find("; " + newest + " is set aside in the folder bad"),
            std::string::npos)
      << report.warnings.front();
  for (const std::string& warning : report.warnings) {
    EXPECT_EQ(warning.find("; set aside"), std::string::npos) << warning;
  }
}

/// Takes the first segment that it decodes for a damaged one, once: memory that was at fault.
class WrongOnce final : public SegmentCodec {
 public:
  Result<EncodedSegment> encode(const SegmentView& view) const override {
    return hdf5_codec().encode(view);
  }
  Result<core::GenerationDelta> decode_lists(ByteView bytes,
                                             const FileIndex& index) const override {
    return hdf5_codec().decode_lists(bytes, index);
  }
  Result<Segment> decode(ByteView bytes) const override {
    if (calls_++ == 0) return Error{ErrorCode::corrupt, "it seems damaged"};
    return hdf5_codec().decode(bytes);
  }

 private:
  mutable int calls_ = 0;
};

// The newest generation is passed over for it; the next one names it as well, and goes on with it.
TEST(Store, a_segment_that_seemed_damaged_and_then_was_not_stays_in_its_place) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  Generation newest;
  {
    const auto store = open_store(files, test_options(), report);
    publish_steps(*store, work, 2);
    newest = store->generation();
  }
  const Files content = files_of(files);
  const WrongOnce codec;
  StoreOptions options = test_options();
  options.codec = &codec;
  ASSERT_TRUE(open_store(files, options, report));
  const Manifest base =
      decode_manifest(content.at(manifest_name(Generation(newest.value - 1)))).value();
  for (const SegmentEntry& entry : base.segments) {
    EXPECT_TRUE(files.disk(store_path).exists(entry.file)) << entry.file;
  }
  EXPECT_TRUE(files.disk(store_path).exists("bad/" + manifest_name(newest)));
  ASSERT_TRUE(open_store(files, test_options(), report)) << "it is whole";
}

/// Shows a host what it had not seen of the folder, at the moment when it has taken the store over.
class RevealAtLink final : public FileObserver {
 public:
  explicit RevealAtLink(MemoryFileSystem& files) : files_(files) {}
  void changed(Operation operation, const std::string& /*folder*/, const std::string& /*name*/,
               const std::string& to) override {
    if (operation == Operation::link && parse_manifest_name(to)) files_.unreadable().clear();
  }

 private:
  MemoryFileSystem& files_;
};

// Its listing was so old that a number seemed free which newer generations had left behind.
TEST(Store, a_host_that_had_not_seen_newer_generations_removes_nothing_of_theirs) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  StoreOptions options = test_options();
  options.keep = 100;
  options.compact_every = 100;
  publish_steps(*open_store(files, options, report), work, 6);
  Files content = files_of(files);
  content.erase(manifest_name(Generation(4)));
  const auto stale = file_system_with(content);
  for (const auto& [name, bytes] : content) {
    const auto segment = parse_segment_name(name);
    const auto manifest = parse_manifest_name(name);
    const Generation of = segment ? segment->generation : manifest.value_or(Generation(0));
    if (of > Generation(4)) stale->unreadable().add(name, ENOENT, 1);
  }
  RevealAtLink observer(*stale);
  stale->set_observer(&observer);
  ASSERT_TRUE(open_store(*stale, options, report));
  ASSERT_EQ(report.generation, Generation(4));
  const Files after = files_of(*stale);
  for (const auto& [name, bytes] : content) EXPECT_TRUE(after.contains(name)) << name;
  ASSERT_FALSE(report.warnings.empty());
  EXPECT_NE(report.warnings.front().find("came into sight only now"), std::string::npos)
      << report.warnings.front();
}

TEST(Store, never_starts_over_when_only_the_manifests_are_gone) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  Files content = files_of(files);
  std::erase_if(content, [](const auto& entry) { return parse_manifest_name(entry.first); });
  const auto rest = file_system_with(content);
  const auto refused = Store::open(*rest, test_options(), report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_of(*rest), content);
}

TEST(Store, a_full_disk_is_no_space_and_the_old_generation_stays) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 3);
  const Snapshot good = work.snapshot();
  const Generation last = store->generation();
  const std::uint64_t used = files.disk(store_path).used_bytes();
  files.set_capacity_bytes(used + 100);
  const Result<Generation> refused = store->publish(work.next());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  const auto copy = file_system_with(files_of(files));
  OpenReport again;
  ASSERT_TRUE(open_store(*copy, test_options(), again));
  EXPECT_EQ(difference(*again.recovered, good), "");
  files.set_capacity_bytes(used + (1U << 20U));
  const Result<Generation> done = store->publish(work.next());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done.value(), last.next());
  work.committed();
  ASSERT_TRUE(open_store(files, test_options(), again));
  EXPECT_EQ(difference(*again.recovered, work.snapshot()), "");
}

TEST(Store, leaves_no_temporary_and_no_superfluous_file) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 5);
  std::set<std::string> named;
  auto folder = files.open_folder(store_path, Access::read).value();
  const Listing listing = list_store(*folder).value();
  for (const Generation generation : listing.manifests) {
    const StoredManifest stored = read_manifest(*folder, generation).value();
    for (const SegmentEntry& entry : stored.manifest.segments) {
      named.insert(entry.file);
    }
  }
  EXPECT_TRUE(listing.temps.empty());
  EXPECT_EQ(named, std::set<std::string>(listing.segments.begin(), listing.segments.end()));
}

TEST(Store, removes_what_a_dead_owner_left_half_written) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  Files content = files_of(files);
  const std::string temp = temp_name({OwnerEpoch(1), 99, 7});
  const std::string segment = segment_name({Generation(4), OwnerEpoch(1), 9});
  content[temp] = bytes_of("half a segm");
  content[segment] = bytes_of("a segment that no manifest names");
  content["notes.txt"] = bytes_of("the user's own file");
  const auto left = file_system_with(content);
  ASSERT_TRUE(open_store(*left, test_options(), report));
  const Files after = files_of(*left);
  EXPECT_FALSE(after.contains(temp));
  EXPECT_FALSE(after.contains(segment));
  EXPECT_TRUE(after.contains("notes.txt"));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

// Shards of this very job that no generation names yet: a worker may still hand them in.
TEST(Store, keeps_the_shards_that_were_written_for_earlier_masters_of_this_job) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  const ShardGrant grant{report.owner_epoch, report.fingerprint};
  ShardWriter writer(files, {store_path, grant, {}, test_options().codec});
  const auto results = std::make_shared<core::ResultBatch>();
  results->add(UnitKey::index(0), bytes_of("a result"));
  const Result<ShardInfo> written = writer.write(writer.lay_out(results).value());
  ASSERT_TRUE(written) << written.error().message;
  const std::string shard = shard_name(written.value().name);
  StoreOptions taking_over = test_options();
  taking_over.shards_from = report.owner_epoch;
  ASSERT_TRUE(open_store(files, taking_over, report));
  EXPECT_TRUE(files_of(files).contains(shard));
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_FALSE(files_of(files).contains(shard)) << "a new start";
}

TEST(Store, says_who_owned_it_before) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 2);
  EXPECT_EQ(report.previous_owner, OwnerEpoch(0));
  const OwnerEpoch first = report.owner_epoch;
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_EQ(report.previous_owner, first);
  const OwnerEpoch second = report.owner_epoch;
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_EQ(report.previous_owner, second);
  Files content = files_of(files);
  content[manifest_name(report.generation)][3] ^= std::byte{1};
  ASSERT_TRUE(open_store(*file_system_with(content), test_options(), report));
  EXPECT_EQ(report.previous_owner, OwnerEpoch(0)) << "the newest manifest is damaged";
}

// Its manifest is not there, but a segment's name proves that there was one.
TEST(Store, sets_what_a_lost_newer_owner_wrote_aside_and_goes_above_its_number) {
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  publish_steps(*open_store(files, test_options(), report), work, 1);
  Files content = files_of(files);
  const std::string temp = temp_name({OwnerEpoch(50), 99, 7});
  const std::string segment = segment_name({Generation(51), OwnerEpoch(50), 9});
  content[temp] = bytes_of("x");
  content[segment] = bytes_of("y");
  const auto newer = file_system_with(content);
  ASSERT_TRUE(open_store(*newer, test_options(), report));
  EXPECT_EQ(report.generation, Generation(51));
  const Files after = files_of(*newer);
  EXPECT_FALSE(after.contains(temp));
  EXPECT_FALSE(after.contains(segment));
  EXPECT_EQ(after.at("bad/" + segment), bytes_of("y"));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("generation 50"), std::string::npos) << report.warnings[0];
}

// What is left is the take-over of a new store: going on from it would be starting over.
TEST(Store, does_not_start_over_where_a_published_manifest_is_lost) {
  MemoryFileSystem files(1);
  OpenReport report;
  ASSERT_TRUE(open_store(files, test_options(), report));
  Files content = files_of(files);
  content[segment_name({Generation(51), OwnerEpoch(50), 9})] = bytes_of("y");
  const auto newer = file_system_with(content);
  const auto refused = Store::open(*newer, test_options(), report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_of(*newer), content);
}

TEST(Store, a_manifest_of_a_newer_format_is_refused_and_not_set_aside) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  publish_steps(*open_store(files, test_options(), report), work, 1);
  Files content = files_of(files);
  std::string text = "steadfarm-manifest 3\nall is different here\n";
  text += "digest " + to_hex(digest(std::string_view(text))) + "\n";
  content[manifest_name(Generation(3))] = bytes_of(text);
  const auto newer = file_system_with(content);
  const auto refused = Store::open(*newer, test_options(), report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_EQ(files_of(*newer), content);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
