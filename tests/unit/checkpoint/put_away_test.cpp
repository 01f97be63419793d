#include "checkpoint/put_away.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

const SegmentCodec& codec() {
  static const PlainCodec plain;
  return plain;
}

StoreOptions options() {
  StoreOptions made = test_options();
  made.codec = &codec();
  made.compact_every = 100;
  return made;
}

/// Three generations that share segments, and a shard.
struct Built {
  Files files;
  Generation newest;
  std::string shard;
};

Built build() {
  MemoryFileSystem files(3);
  OpenReport report;
  auto store = std::move(Store::open(files, options(), report)).value();
  const ShardGrant grant{report.owner_epoch, report.fingerprint};
  ShardWriter writer(files, {store_path, grant, "", &codec()});
  core::GenerationDelta delta;
  Built built;
  for (std::uint64_t i = 0; i < 3; ++i) {
    auto results = std::make_shared<core::ResultBatch>();
    results->add(UnitKey::index(i), bytes_of("result"));
    delta = {};
    if (i == 1) {
      const ShardInfo info = writer.write(writer.lay_out(results).value()).value();
      delta.sharded.add(UnitKey::index(i), {info, 0, 6});
      built.shard = shard_name(info.name);
    }
    delta.epoch = Epoch(i + 1);
    delta.counters.accepted = delta.counters.executions = i + 1;
    delta.pending_indices = {{i + 1, 4}};
    built.newest = store->publish(delta).value();
  }
  built.files = files_of(files);
  return built;
}

/// All of it in `bad`, as a start that destroyed the store has left it.
Files all_put_away(const Built& built) {
  Files files;
  for (const auto& [name, bytes] : built.files) {
    files["bad/" + name.substr(name.rfind('/') + 1)] = bytes;
  }
  return files;
}

Generation newest_good(MemoryFileSystem& files) {
  const Result<Verification> checked = verify(files, store_path, &codec());
  return checked && checked.value().bad.empty() ? checked.value().newest_good : Generation();
}

TEST(Restore, puts_a_whole_store_back) {
  const Built built = build();
  const auto files = file_system_with(all_put_away(built));
  const Result<Restored> done = restore(*files, store_path, &codec());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done.value().newest_good, built.newest);
  EXPECT_EQ(done.value().back.size(), built.files.size());
  EXPECT_TRUE(done.value().left.empty());
  EXPECT_EQ(files_of(*files), built.files);
  EXPECT_EQ(newest_good(*files), built.newest);
  for (const auto& [name, bytes] : built.files) {
    EXPECT_TRUE(files->is_durable(store_path, name)) << name;
  }
}

TEST(Restore, puts_back_what_a_manifest_in_place_misses) {
  const Built built = build();
  for (const auto& [gone, bytes] : built.files) {
    Files before = built.files;
    before.erase(gone);
    before["bad/" + gone.substr(gone.rfind('/') + 1)] = bytes;
    const auto files = file_system_with(before);
    const Result<Restored> done = restore(*files, store_path, &codec());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done.value().back, std::vector<std::string>{gone});
    EXPECT_EQ(files_of(*files), built.files);
  }
}

TEST(Restore, leaves_what_does_not_verify_and_says_why) {
  const Built built = build();
  for (const auto& [name, bytes] : built.files) {
    Files before = all_put_away(built);
    const std::string away = "bad/" + name.substr(name.rfind('/') + 1);
    before.at(away).back() ^= std::byte{1};
    const auto files = file_system_with(before);
    const Result<Restored> done = restore(*files, store_path, &codec());
    ASSERT_TRUE(done) << done.error().message;
    const Files after = files_of(*files);
    EXPECT_TRUE(after.contains(away)) << name;
    EXPECT_FALSE(after.contains(name)) << name;
    const auto& left = done.value().left;
    EXPECT_TRUE(std::any_of(left.begin(), left.end(), [&](const std::string& line) {
      return line.starts_with(away);
    })) << name;
    // Every file is there still, here or there.
    EXPECT_EQ(after.size(), before.size());
  }
}

TEST(Restore, takes_the_copy_that_is_right_and_replaces_nothing) {
  const Built built = build();
  const auto& [name, bytes] =
      *std::find_if(built.files.begin(), built.files.end(),
                    [](const auto& entry) { return parse_segment_name(entry.first).has_value(); });
  Files before = built.files;
  before.erase(name);
  before["bad/" + name] = bytes_of("something else");
  before["bad/" + name + ".2"] = bytes;
  const auto files = file_system_with(before);
  ASSERT_TRUE(restore(*files, store_path, &codec()));
  Files after = files_of(*files);
  EXPECT_EQ(after.at(name), bytes);
  EXPECT_EQ(after.at("bad/" + name), bytes_of("something else"));
  EXPECT_FALSE(after.contains("bad/" + name + ".2"));

  // Its place is taken by a damaged file, which is not ours to remove.
  Files taken = built.files;
  taken.at(name).back() ^= std::byte{1};
  taken["bad/" + name] = bytes;
  const auto other = file_system_with(taken);
  const Result<Restored> done = restore(*other, store_path, &codec());
  EXPECT_EQ(files_of(*other), taken);
  EXPECT_EQ(done.value().left.size(), 1U);
}

TEST(Restore, does_not_make_a_store_where_there_is_none) {
  MemoryFileSystem files(1);
  const Result<Restored> done = restore(files, store_path, &codec());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::not_found);
}

TEST(Clean, removes_both_folders_and_says_what_they_held) {
  const Built built = build();
  Files before = built.files;
  before["bad/segment-000000000001-1-1.h5"] = Bytes(100);
  before["bad/manifest-000000000009"] = Bytes(20);
  before["discarded/manifest-000000000001"] = Bytes(7);
  const auto files = file_system_with(before);
  const Result<PutAway> held = clean(*files, store_path, false, &codec());
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held.value().bad.files, 2U);
  EXPECT_EQ(held.value().bad.bytes, 120U);
  EXPECT_EQ(held.value().discarded.files, 1U);
  EXPECT_EQ(held.value().discarded.bytes, 7U);
  EXPECT_EQ(files_of(*files), built.files);
}

// A folder `discarded` or `bad` of somebody else's, given by mistake.
TEST(Clean, removes_nothing_where_there_is_no_store) {
  const Files before = {{"discarded/thesis.txt", Bytes(7)}, {"bad/apples", Bytes(3)}};
  for (const bool force : {false, true}) {
    const auto files = file_system_with(before);
    const Result<PutAway> refused = clean(*files, store_path, force, &codec());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
    EXPECT_NE(refused.error().message.find("there is no store in"), std::string::npos);
    EXPECT_EQ(files_of(*files), before);
  }
}

TEST(Restore, says_where_there_is_no_store) {
  const auto files = file_system_with({{"notes.txt", Bytes(3)}});
  const Result<Restored> done = restore(*files, store_path, &codec());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::not_found);
  EXPECT_NE(done.error().message.find("there is no store in"), std::string::npos);
}

TEST(Clean, keeps_what_may_be_needed_unless_it_is_forced) {
  const Files before = all_put_away(build());
  const auto files = file_system_with(before);
  const Result<PutAway> refused = clean(*files, store_path, false, &codec());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_NE(refused.error().message.find("steadfarm restore"), std::string::npos);
  EXPECT_EQ(files_of(*files), before);
  ASSERT_TRUE(clean(*files, store_path, true, &codec()));
  EXPECT_TRUE(files_of(*files).empty());
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
