// Error texts, live keys, and files made durable.
#include <gtest/gtest.h>

#include <cerrno>

#include "checkpoint/compaction.hpp"
#include "checkpoint/durable_file.hpp"
#include "checkpoint/live_keys.hpp"
#include "checkpoint/os_error.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;
using test::store_path;

TEST(OsError, tells_full_missing_and_taken_from_the_rest) {
  EXPECT_EQ(os_error(ENOSPC, "x").code, ErrorCode::no_space);
  EXPECT_EQ(os_error(EDQUOT, "x").code, ErrorCode::no_space);
  EXPECT_EQ(os_error(ENOENT, "x").code, ErrorCode::not_found);
  EXPECT_EQ(os_error(EEXIST, "x").code, ErrorCode::exists);
  for (const int number : {EIO, EROFS, EACCES, EMFILE, ESTALE}) {
    EXPECT_EQ(os_error(number, "x").code, ErrorCode::io);
  }
}

TEST(OsError, says_what_where_why_and_what_to_do) {
  const std::string message = os_error(EROFS, "write /data/run/segment-1").message;
  for (const char* part : {"cannot write", "/data/run/segment-1", "Read-only", "--store"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part;
  }
}

UnitKey key(std::uint64_t n) { return {1ULL << 63U, n}; }

core::GenerationDelta delta(const std::vector<std::uint64_t>& added,
                            const std::vector<std::uint64_t>& removed) {
  core::GenerationDelta out;
  for (const std::uint64_t n : added) out.added.push_back({key(n), 0, 0, 0, {}});
  for (const std::uint64_t n : removed) out.removed.push_back(key(n));
  return out;
}

TEST(LiveKeys, count_each_unit_once) {
  LiveKeys keys;
  keys.apply(delta({1, 2, 3}, {}));
  keys.apply(delta({3, 4}, {1, 99}));
  EXPECT_EQ(keys.count(), 3U);
  keys.apply(delta({2}, {2}));  // removed first, then there again
  EXPECT_EQ(keys.count(), 3U);
}

TEST(LiveKeys, forget_a_delta_that_was_not_published) {
  LiveKeys keys;
  keys.apply(delta({1, 2}, {}));
  keys.apply(delta({2, 3, 4}, {1, 2}));
  EXPECT_EQ(keys.count(), 3U);
  keys.undo();
  EXPECT_EQ(keys.count(), 2U);
  keys.apply(delta({}, {1, 2}));
  EXPECT_EQ(keys.count(), 0U);
  keys.reset({{key(7), 0, 0, 0, {}}});
  EXPECT_EQ(keys.count(), 1U);
}

class Durable : public testing::Test {
 protected:
  Durable() : files_(3), folder_(std::move(files_.open_folder(store_path, Access::own)).value()) {}
  MemoryFileSystem files_;
  std::unique_ptr<Folder> folder_;
};

TEST_F(Durable, a_file_is_synced_and_read_only_before_it_is_named) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const Result<std::string> temp = durable.write(bytes_of("text"));
  ASSERT_TRUE(temp);
  EXPECT_TRUE(files_.disk(store_path).find(temp.value())->durable());
  EXPECT_TRUE(files_.disk(store_path).find(temp.value())->read_only);
  ASSERT_TRUE(durable.give_name(temp.value(), "final"));
  EXPECT_EQ(folder_->list().value(), std::vector<std::string>{"final"});
}

TEST_F(Durable, a_failed_file_goes_and_its_name_is_never_used_again) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const std::string first = durable.write(bytes_of("a")).value();
  for (std::uint64_t n = 1; n <= 6; ++n) {  // create, write, sync, read-only, close, read back
    files_.faults().fail_operation(files_.faults().operations() + n, {EIO, Effect::none}, false);
    ASSERT_FALSE(durable.write(bytes_of("b"))) << n;
    EXPECT_EQ(folder_->list().value(), std::vector<std::string>{first}) << n;
  }
  const std::string next = durable.write(bytes_of("c")).value();
  EXPECT_EQ(parse_temp_name(next)->sequence, parse_temp_name(first)->sequence + 7);
}

TEST_F(Durable, a_disk_that_gives_back_other_bytes_is_found_out) {
  class Flip final : public FileObserver {
   public:
    explicit Flip(MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
    void changed(Operation operation, const std::string& folder, const std::string& name,
                 const std::string& /*to*/) override {
      if (operation == Operation::sync) files_.disk(folder).find(name)->content[1] ^= std::byte{1};
    }

   private:
    MemoryFileSystem& files_;
  };
  Flip flip(files_);
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const Result<std::string> refused = durable.write(bytes_of("text"));
  files_.set_observer(nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_NE(refused.error().message.find("reads back"), std::string::npos);
}

TEST_F(Durable, a_taken_name_is_left_alone) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  ASSERT_TRUE(durable.give_name(durable.write(bytes_of("first")).value(), "final"));
  const Status refused = durable.give_name(durable.write(bytes_of("second")).value(), "final");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exists);
  EXPECT_EQ(folder_->read_all("final", 100).value(), bytes_of("first"));
  EXPECT_EQ(folder_->list().value().size(), 1U);
}

TEST(Compaction, is_due_when_there_is_much_to_gain) {
  const auto manifest = [](const std::vector<std::pair<std::uint64_t, std::uint64_t>>& states) {
    Manifest out;
    for (const auto& [generation, bytes] : states) {
      out.segments.push_back({segment_name({Generation(generation), OwnerEpoch(1), generation}),
                              SegmentRole::state,
                              0,
                              bytes,
                              {}});
    }
    out.segments.push_back({segment_name({Generation(99), OwnerEpoch(1), 99}),
                            SegmentRole::results,
                            5,
                            1U << 30U,
                            {}});
    return out;
  };
  EXPECT_FALSE(compaction_is_due(manifest({}), 2));
  EXPECT_FALSE(compaction_is_due(manifest({{1, 10}, {2, 10}}), 2));
  EXPECT_TRUE(compaction_is_due(manifest({{1, 10}, {2, 10}, {3, 10}}), 2));
  // Several segments of the generation that compacted last are one base.
  EXPECT_FALSE(compaction_is_due(manifest({{1, 10}, {1, 10}, {1, 10}, {2, 10}}), 2));
  // A large state is not written anew for a few small changes, until there are many.
  EXPECT_FALSE(compaction_is_due(manifest({{1, 1000}, {2, 10}, {3, 10}, {4, 10}}), 2));
  EXPECT_TRUE(compaction_is_due(
      manifest({{1, 1000}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {9, 1}}), 2));
}

}  // namespace
}  // namespace steadfarm::checkpoint
