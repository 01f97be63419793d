// Bits flipped, ends cut, files swapped and copied: every damage is noticed before anything is
// believed, the newest generation that verifies is used, and nothing is overwritten.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/segment.hpp"
#include "tests/crash/scale.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

/// A store with several generations, and what each of them must give back.
struct Built {
  Files files;
  std::map<Generation, Snapshot> snapshots;
  Generation newest;
};

Built build(const SegmentCodec& codec) {
  MemoryFileSystem files(1);
  StoreOptions options = crash_options(codec);
  options.keep = 3;
  options.compact_every = 100;
  OpenReport report;
  Workload work(11);
  auto store = std::move(Store::open(files, options, report)).value();
  Built built;
  for (int i = 0; i < 6; ++i) {
    const core::GenerationDelta delta = work.next();
    const Generation generation = store->publish(delta).value();
    work.committed();
    built.snapshots[generation] = work.snapshot();
    built.newest = generation;
  }
  built.files = files_of(files);
  return built;
}

/// The generations of `built` that do not need `name`.
std::set<Generation> sound_without(const Built& built, const std::string& name) {
  std::set<Generation> sound;
  for (const auto& [file, bytes] : built.files) {
    if (!parse_manifest_name(file) || file == name) continue;
    const Manifest manifest = decode_manifest(bytes).value();
    const bool named = std::any_of(manifest.segments.begin(), manifest.segments.end(),
                                   [&](const SegmentEntry& entry) { return entry.file == name; });
    if (!named) sound.insert(manifest.generation);
  }
  return sound;
}

bool one_line(const std::string& text) { return text.find('\n') == std::string::npos; }

/// Opens a store in which `name` is damaged and says what is wrong with the outcome.
std::string open_damaged(const Built& built, const std::string& name, const Files& damaged,
                         const SegmentCodec& codec) {
  const auto files = file_system_with(damaged);
  const std::set<Generation> sound = sound_without(built, name);
  const Result<Verification> verified = verify(*files, store_path, &codec);
  if (!verified || verified.value().bad.empty()) return "verify does not notice";
  const bool named = std::any_of(verified.value().bad.begin(), verified.value().bad.end(),
                                 [&](const auto& line) { return line.find(name) != line.npos; });
  if (!named) return "verify does not name it: " + verified.value().bad.front();
  if (files_of(*files) != damaged) return "verify changed something";

  OpenReport report;
  const auto store = Store::open(*files, crash_options(codec), report);
  if (sound.empty()) {
    if (store) return "it opened though nothing in it is sound";
    if (store.error().code != ErrorCode::corrupt) return "another error: " + store.error().message;
    if (!one_line(store.error().message)) return "the message has several lines";
    return files_of(*files) == damaged ? "" : "a store that was refused was changed";
  }
  if (!store) return "it does not open: " + store.error().message;
  if (!report.recovered) return "nothing came back";
  const Generation base = *sound.rbegin();
  if (report.recovered->generation != base) return "not the newest sound generation";
  if (std::string d = difference(*report.recovered, built.snapshots.at(base)); !d.empty()) return d;
  const std::string results =
      results_difference(*files, store_path, built.snapshots.at(base), &codec);
  if (!results.empty()) return results;
  if (report.set_aside == 0 || report.warnings.empty()) return "it did not say so";
  for (const std::string& warning : report.warnings) {
    if (!one_line(warning)) return "a warning has several lines";
  }
  // Moved, byte for byte, and nothing else lost or replaced.
  const Files after = files_of(*files);
  if (!after.contains("bad/" + name)) return "it was not set aside";
  for (const auto& [file, bytes] : damaged) {
    const auto there = after.find(file);
    const auto moved = after.find("bad/" + file);
    if (there != after.end() && there->second != bytes) return file + " was overwritten";
    if (moved != after.end() && moved->second != bytes) return file + " changed on the way";
    const bool old = parse_manifest_name(file) && *parse_manifest_name(file) < base;
    if (there == after.end() && moved == after.end() && !old) return file + " is gone";
  }
  return store.value()->publish(Workload(5).next()).ok() ? "" : "it cannot be published to";
}

std::string newest_segment(const Built& built) {
  const Bytes& bytes = built.files.at(manifest_name(built.newest));
  return decode_manifest(bytes).value().segments.back().file;
}

Files with_bit_flipped(const Built& built, const std::string& name, std::size_t at, unsigned bit) {
  Files files = built.files;
  files.at(name).at(at) ^= static_cast<std::byte>(1U << bit);
  return files;
}

TEST(BitFlip, is_noticed_in_every_byte_of_the_newest_manifest) {
  const Built built = build(fast_codec());
  const std::string name = manifest_name(built.newest);
  for (std::size_t at = 0; at < built.files.at(name).size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      ASSERT_EQ(open_damaged(built, name, with_bit_flipped(built, name, at, bit), fast_codec()), "")
          << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(BitFlip, is_noticed_in_the_newest_segment_before_hdf5_sees_it) {
  const Built built = build(hdf5_codec());
  const std::string name = newest_segment(built);
  const std::size_t size = built.files.at(name).size();
  Tried tried("flipped bits of a segment");
  for (std::size_t at = 0; at < size; at += stride(149)) {
    ++tried;
    ASSERT_EQ(
        open_damaged(built, name, with_bit_flipped(built, name, at, static_cast<unsigned>(at % 8)),
                     hdf5_codec()),
        "")
        << "byte " << at;
  }
}

TEST(BitFlip, is_noticed_in_every_file) {
  const Built built = build(fast_codec());
  Prng prng(4);
  Tried tried("flipped bits of any file");
  std::size_t hopeless = 0;
  for (const auto& [name, bytes] : built.files) {
    if (sound_without(built, name).empty()) ++hopeless;
    for (std::uint64_t i = 0; i < times(40, 400); ++i) {
      ++tried;
      const auto at = static_cast<std::size_t>(prng.below(bytes.size()));
      const auto bit = static_cast<unsigned>(prng.below(8));
      const Files damaged = with_bit_flipped(built, name, at, bit);
      // An old manifest is not needed to go on: it is set aside, and the newest one is used.
      ASSERT_EQ(open_damaged(built, name, damaged, fast_codec()), "") << name << ", byte " << at;
    }
  }
  // Segments that all kept generations share were among them, and so were others.
  EXPECT_GT(hopeless, 0U);
  EXPECT_LT(hopeless, built.files.size());
}

TEST(Truncation, is_noticed_at_every_length_of_the_manifest) {
  const Built built = build(fast_codec());
  const std::string name = manifest_name(built.newest);
  for (std::size_t size = 0; size < built.files.at(name).size(); ++size) {
    Files damaged = built.files;
    damaged.at(name).resize(size);
    ASSERT_EQ(open_damaged(built, name, damaged, fast_codec()), "") << size << " bytes left";
  }
}

TEST(Truncation, is_noticed_at_many_lengths_of_the_segment) {
  const Built built = build(hdf5_codec());
  const std::string name = newest_segment(built);
  Tried tried("lengths of a cut segment");
  for (std::size_t size = 0; size < built.files.at(name).size(); size += stride(211)) {
    ++tried;
    Files damaged = built.files;
    damaged.at(name).resize(size);
    ASSERT_EQ(open_damaged(built, name, damaged, hdf5_codec()), "") << size << " bytes left";
  }
}

TEST(Truncation, more_at_the_end_is_noticed_too) {
  const Built built = build(fast_codec());
  for (const std::string& name : {manifest_name(built.newest), newest_segment(built)}) {
    Files damaged = built.files;
    damaged.at(name).push_back(std::byte{'\n'});
    EXPECT_EQ(open_damaged(built, name, damaged, fast_codec()), "") << name;
  }
}

TEST(Mixup, swapped_segments_are_noticed) {
  const Built built = build(hdf5_codec());
  std::vector<std::string> segments;
  for (const auto& [name, bytes] : built.files) {
    if (parse_segment_name(name)) segments.push_back(name);
  }
  ASSERT_GT(segments.size(), 3U);
  const std::string& last = segments.back();
  Files damaged = built.files;
  std::swap(damaged.at(last), damaged.at(segments.front()));
  const auto files = file_system_with(damaged);
  OpenReport report;
  const auto store = Store::open(*files, crash_options(hdf5_codec()), report);
  // The oldest segment is in every generation, so nothing is left to go on from.
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_of(*files), damaged);
}

TEST(Mixup, an_old_segment_over_a_new_name_is_noticed) {
  const Built built = build(hdf5_codec());
  const std::string name = newest_segment(built);
  Files damaged = built.files;
  const auto older = std::find_if(built.files.begin(), built.files.end(), [](const auto& entry) {
    return parse_segment_name(entry.first).has_value();
  });
  damaged.at(name) = older->second;
  EXPECT_EQ(open_damaged(built, name, damaged, hdf5_codec()), "");
}

TEST(Mixup, an_old_manifest_over_a_new_name_is_noticed) {
  const Built built = build(fast_codec());
  const std::string name = manifest_name(built.newest);
  Files damaged = built.files;
  damaged.at(name) = built.files.at(manifest_name(Generation(built.newest.value - 1)));
  EXPECT_EQ(open_damaged(built, name, damaged, fast_codec()), "");
  damaged.at(name) = {};
  EXPECT_EQ(open_damaged(built, name, damaged, fast_codec()), "");
}

TEST(Mixup, a_missing_segment_is_noticed) {
  const Built built = build(fast_codec());
  Files damaged = built.files;
  const std::string gone = newest_segment(built);
  damaged.erase(gone);
  const auto files = file_system_with(damaged);
  OpenReport report;
  ASSERT_TRUE(Store::open(*files, crash_options(), report));
  ASSERT_TRUE(report.recovered);
  EXPECT_EQ(report.recovered->generation, Generation(built.newest.value - 1));
  EXPECT_NE(report.warnings.front().find(gone), std::string::npos);
}

TEST(Mixup, another_jobs_newest_manifest_makes_the_store_another_jobs) {
  const Built built = build(fast_codec());
  MemoryFileSystem other_files(2);
  StoreOptions other = crash_options();
  other.job.job.identity = "quite another job";
  OpenReport report;
  ASSERT_TRUE(Store::open(other_files, other, report));
  Files mixed = built.files;
  Manifest foreign = decode_manifest(files_of(other_files).begin()->second).value();
  foreign.generation = built.newest.next();
  mixed[manifest_name(foreign.generation)] = encode_manifest(foreign);
  const auto files = file_system_with(mixed);
  const auto refused = Store::open(*files, crash_options(), report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::foreign);
  EXPECT_EQ(files_of(*files), mixed);
}

TEST(Mixup, a_segment_of_another_job_is_noticed_even_with_the_right_digest) {
  const Built built = build(hdf5_codec());
  const std::string name = newest_segment(built);
  Segment segment = decode_segment(built.files.at(name)).value();
  SegmentView view;
  view.header = segment.header;
  view.header.fingerprint = Digest{5, 5};
  view.full = &segment.delta;
  Files damaged = built.files;
  damaged.at(name) = encode_segment(view).value().image.flatten();
  Manifest manifest = decode_manifest(damaged.at(manifest_name(built.newest))).value();
  manifest.segments.back().bytes = damaged.at(name).size();
  manifest.segments.back().digest = digest(ByteView(damaged.at(name)));
  damaged.at(manifest_name(built.newest)) = encode_manifest(manifest);
  EXPECT_EQ(open_damaged(built, name, damaged, hdf5_codec()), "");
}

TEST(Damage, twice_in_a_row_goes_two_generations_back) {
  const Built built = build(fast_codec());
  Files damaged = built.files;
  for (std::uint64_t back = 0; back < 2; ++back) {
    damaged.at(manifest_name(Generation(built.newest.value - back))).at(30) ^= std::byte{4};
  }
  const auto files = file_system_with(damaged);
  OpenReport report;
  ASSERT_TRUE(Store::open(*files, crash_options(), report));
  EXPECT_EQ(report.recovered->generation, Generation(built.newest.value - 2));
  EXPECT_EQ(difference(*report.recovered, built.snapshots.at(report.recovered->generation)), "");
  EXPECT_EQ(report.set_aside >= 2, true);
  EXPECT_GT(report.generation, built.newest);
}

TEST(Damage, is_not_what_cannot_be_read) {
  const Built built = build(fast_codec());
  // Operation 1 opens the folder, 2 lists it; from the third on the manifests are read.
  for (std::uint64_t first = 2; first < 10; ++first) {
    const auto files = file_system_with(built.files);
    files->faults().fail_operation(first, {5, Effect::none}, true);
    OpenReport report;
    const auto refused = Store::open(*files, crash_options(), report);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unreadable);
    EXPECT_EQ(files_of(*files), built.files);
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
