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
  delta.failed = {{UnitKey::index(2), 3, 1, "no such file"}, {UnitKey::index(4), 1, 0, ""}};
  delta.results.add(UnitKey::index(5), bytes_of("five"));
  delta.results.add(UnitKey::index(6), {});
  delta.results.add(UnitKey::index(1), bytes_of("one"));
  delta.shared = core::SharedValue{std::numeric_limits<std::int64_t>::min(), bytes_of("proof")};
  delta.fold_state = bytes_of("sum");
  delta.counters = {1, 2, 3, 4};
  return delta;
}

SegmentView view_of_all(const core::GenerationDelta& delta) {
  SegmentView view;
  view.header = {Generation(3), OwnerEpoch(2), delta.epoch, Digest{8, 9}};
  view.full = &delta;
  view.removed = delta.removed;
  view.added = delta.added;
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
  EXPECT_EQ(a.failed, b.failed);
  EXPECT_EQ(a.results, b.results);
  EXPECT_EQ(a.shared, b.shared);
  EXPECT_EQ(a.fold_state, b.fold_state);
  EXPECT_EQ(a.counters, b.counters);
}

class Codec : public testing::TestWithParam<const SegmentCodec*> {};

const SegmentCodec* plain() {
  static const PlainCodec codec;
  return &codec;
}

TEST_P(Codec, gives_back_everything) {
  for (const bool complete : {false, true}) {
    core::GenerationDelta delta = example();
    delta.complete = complete;
    const Result<Bytes> bytes = GetParam()->encode(view_of_all(delta));
    ASSERT_TRUE(bytes) << bytes.error().message;
    const Result<Segment> back = GetParam()->decode(bytes.value());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(back.value().has_full);
    EXPECT_EQ(back.value().header, view_of_all(delta).header);
    expect_equal(back.value().delta, delta);
  }
}

TEST_P(Codec, gives_back_nothing_for_nothing) {
  SegmentView view;
  view.header.generation = Generation(1);
  const Result<Segment> back = GetParam()->decode(GetParam()->encode(view).value());
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
  const Result<Segment> back = GetParam()->decode(GetParam()->encode(view).value());
  ASSERT_TRUE(back) << back.error().message;
  core::ResultBatch expected;
  for (std::uint64_t i = 2; i < 4; ++i) expected.add(UnitKey::index(i), Bytes(i, std::byte{9}));
  EXPECT_EQ(back.value().delta.results, expected);
}

TEST_P(Codec, makes_equal_bytes_of_equal_content) {
  const core::GenerationDelta delta = example();
  EXPECT_EQ(GetParam()->encode(view_of_all(delta)).value(),
            GetParam()->encode(view_of_all(delta)).value());
}

TEST_P(Codec, refuses_bytes_that_are_no_segment) {
  EXPECT_FALSE(GetParam()->decode({}));
  EXPECT_FALSE(GetParam()->decode(bytes_of("\211HDF and then nothing of the kind")));
  const Bytes good = GetParam()->encode(view_of_all(example())).value();
  EXPECT_FALSE(GetParam()->decode(ByteView(good).first(good.size() / 2)));
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

}  // namespace
}  // namespace steadfarm::checkpoint
