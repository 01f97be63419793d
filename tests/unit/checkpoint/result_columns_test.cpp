#include "checkpoint/result_columns.hpp"

#include <gtest/gtest.h>

#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ResultColumns, hold_each_field_of_one_result_after_the_other) {
  core::ResultBatch batch;
  batch.add(UnitKey::index(4), bytes_of("aBBccccdd and more"));
  batch.add(UnitKey::index(2), bytes_of("eFFgggghh"));
  batch.add(UnitKey::index(9), bytes_of("iJJkkkkll..."));
  ResultsView view = view_of(batch);
  const ResultFields fields = parse_result_fields("one:u8 two:i16 -:f32 pair:u8[2] ...").value();
  const auto columns = columns_of(view, fields);
  ASSERT_EQ(columns.size(), 3U);
  EXPECT_EQ(columns[0].field.name, "one");
  EXPECT_EQ(text_of(columns[0].bytes), "aei");
  EXPECT_EQ(text_of(columns[1].bytes), "BBFFJJ");
  EXPECT_EQ(text_of(columns[2].bytes), "ddhhll");
  // A part of the batch: offsets that do not begin at 0.
  view.keys = view.keys.subspan(1);
  view.offsets = view.offsets.subspan(1);
  EXPECT_EQ(text_of(columns_of(view, fields)[1].bytes), "FFJJ");
}

TEST(ResultColumns, are_none_if_one_result_does_not_fit) {
  core::ResultBatch batch;
  batch.add(UnitKey::index(0), bytes_of("12345678"));
  const ResultFields fields = parse_result_fields("x:f64").value();
  EXPECT_EQ(columns_of(view_of(batch), fields).size(), 1U);
  batch.add(UnitKey::index(1), bytes_of("123"));
  EXPECT_TRUE(columns_of(view_of(batch), fields).empty());
  EXPECT_TRUE(columns_of(view_of(batch), ResultFields()).empty());
}

}  // namespace
}  // namespace steadfarm::checkpoint
