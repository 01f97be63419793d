#include "checkpoint/segment.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "checkpoint/plain_codec.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;

core::GenerationDelta example() {
  core::GenerationDelta delta;
  delta.epoch = Epoch(5);
  delta.pending_indices = {{0, 3}, {7, ~0ULL}};
  delta.retried = {{1, ~0U, 2}, {9, 0, 0}};
  delta.removed = {UnitKey{1ULL << 63U, 4}};
  delta.added = {{UnitKey{1ULL << 63U, 5}, std::numeric_limits<std::int32_t>::min(), ~0U, 1, {}},
                 {UnitKey{~0ULL, ~0ULL}, 7, 0, 0, bytes_of("payload")}};
  delta.partials = {{UnitKey::index(1), 12, std::make_shared<const Bytes>(bytes_of("half of it"))},
                    {UnitKey{1ULL << 63U, 5}, ~0ULL, std::make_shared<const Bytes>()},
                    {UnitKey::index(9), 0, nullptr}};
  delta.failed = {{UnitKey::index(2), 3, 1, "no such file"}, {UnitKey::index(4), 1, 0, ""}};
  delta.results.add(UnitKey::index(5), bytes_of("five"));
  delta.results.add(UnitKey::index(6), {});
  delta.results.add(UnitKey::index(1), bytes_of("one"));
  delta.shared = core::SharedValue{std::numeric_limits<std::int64_t>::min(), bytes_of("proof")};
  delta.fold_state = bytes_of("sum");
  delta.held.add(UnitKey::index(5), bytes_of("its turn will come"));
  delta.held.add(UnitKey::index(6), {});
  delta.counters = {1, 2, 3, 4};
  return delta;
}

SegmentView view_of_all(const core::GenerationDelta& delta) {
  SegmentView view;
  view.header = {Generation(3), OwnerEpoch(2), delta.epoch, Digest{8, 9}};
  view.full = &delta;
  view.removed = delta.removed;
  view.added = delta.added;
  view.partials = delta.partials;
  view.failed = delta.failed;
  view.results = view_of(delta.results);
  return view;
}

void expect_equal(const core::GenerationDelta& a, const core::GenerationDelta& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.pending_indices, b.pending_indices);
  EXPECT_EQ(a.retried, b.retried);
  EXPECT_EQ(a.added, b.added);
  EXPECT_EQ(a.removed, b.removed);
  EXPECT_EQ(a.partials, b.partials);
  EXPECT_EQ(a.failed, b.failed);
  EXPECT_EQ(a.results, b.results);
  EXPECT_EQ(a.shared, b.shared);
  EXPECT_EQ(a.fold_state, b.fold_state);
  EXPECT_EQ(a.held, b.held);
  EXPECT_EQ(a.counters, b.counters);
}

class Codec : public testing::TestWithParam<const SegmentCodec*> {
 protected:
  [[nodiscard]] static Bytes encoded(const SegmentView& view) {
    Result<EncodedSegment> segment = GetParam()->encode(view);
    EXPECT_TRUE(segment) << segment.error().message;
    return segment.value().image.flatten();
  }
};

const SegmentCodec* plain() {
  static const PlainCodec codec;
  return &codec;
}

TEST_P(Codec, gives_back_everything) {
  for (const bool complete : {false, true}) {
    core::GenerationDelta delta = example();
    delta.complete = complete;
    const Result<Segment> back = GetParam()->decode(encoded(view_of_all(delta)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(back.value().has_full);
    EXPECT_EQ(back.value().header, view_of_all(delta).header);
    expect_equal(back.value().delta, delta);
  }
}

TEST_P(Codec, gives_back_nothing_for_nothing) {
  SegmentView view;
  view.header.generation = Generation(1);
  const Result<Segment> back = GetParam()->decode(encoded(view));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_FALSE(back.value().has_full);
  expect_equal(back.value().delta, {});
}

TEST_P(Codec, writes_a_run_of_results_from_the_middle_of_a_batch) {
  core::ResultBatch batch;
  for (std::uint64_t i = 0; i < 5; ++i) batch.add(UnitKey::index(i), Bytes(i, std::byte{9}));
  const ResultsView all = view_of(batch);
  SegmentView view;
  view.results = {all.keys.subspan(2, 2), all.offsets.subspan(2, 3), all.bytes};
  const Result<Segment> back = GetParam()->decode(encoded(view));
  ASSERT_TRUE(back) << back.error().message;
  core::ResultBatch expected;
  for (std::uint64_t i = 2; i < 4; ++i) expected.add(UnitKey::index(i), Bytes(i, std::byte{9}));
  EXPECT_EQ(back.value().delta.results, expected);
}

TEST_P(Codec, makes_equal_bytes_of_equal_content) {
  const core::GenerationDelta delta = example();
  EXPECT_EQ(encoded(view_of_all(delta)), encoded(view_of_all(delta)));
}

TEST_P(Codec, refuses_bytes_that_are_no_segment) {
  EXPECT_FALSE(GetParam()->decode({}));
  EXPECT_FALSE(GetParam()->decode(bytes_of("\211HDF and then nothing of the kind")));
  const Bytes good = encoded(view_of_all(example()));
  EXPECT_FALSE(GetParam()->decode(ByteView(good).first(good.size() / 2)));
}

// What compaction does in the background, where HDF5 must not be called.
TEST_P(Codec, reads_the_lists_again_by_their_index_alone) {
  const core::GenerationDelta delta = example();
  const EncodedSegment segment = GetParam()->encode(view_of_all(delta)).value();
  const Bytes bytes = segment.image.flatten();
  const FileIndex found = GetParam()->decode(bytes).value().index;
  for (const FileIndex* index : {&segment.index, &found}) {
    const Result<core::GenerationDelta> lists = GetParam()->decode_lists(bytes, *index);
    ASSERT_TRUE(lists) << lists.error().message;
    EXPECT_EQ(lists.value().added, delta.added);
    EXPECT_EQ(lists.value().removed, delta.removed);
    EXPECT_EQ(lists.value().failed, delta.failed);
    EXPECT_EQ(lists.value().results, delta.results);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Codec, testing::Values(&hdf5_codec(), plain()));

TEST(Segment, speaks_of_damage_as_corruption_and_prints_nothing) {
  testing::internal::CaptureStderr();
  const Result<Segment> refused = decode_segment(bytes_of("no HDF5 file"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(refused.error().message.find('\n'), std::string::npos);
}

TEST(Segment, an_index_of_another_file_is_noticed) {
  const core::GenerationDelta delta = example();
  const EncodedSegment segment = hdf5_codec().encode(view_of_all(delta)).value();
  Bytes bytes = segment.image.flatten();
  const Extent last = segment.index.at("results/bytes");
  bytes.resize(last.offset + last.bytes - 1);
  const Result<core::GenerationDelta> refused = hdf5_codec().decode_lists(bytes, segment.index);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace steadfarm::checkpoint
