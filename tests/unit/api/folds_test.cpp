#include "api/folds.hpp"

#include <gtest/gtest.h>

#include <string>

#include "steadfarm/serialise.hpp"

namespace steadfarm::api {
namespace {

/// Writes down what it is given.
struct Diary {
  std::string text;

  [[nodiscard]] ByteFarm::Fold fold(bool in_key_order) {
    ByteFarm::Fold fold;
    fold.apply = [this](const UnitKey& key, ByteView) { text += to_string(key) + " "; };
    fold.save = [this] { return to_bytes(text); };
    fold.load = [this](ByteView bytes) { return from_bytes(bytes, text); };
    fold.in_key_order = in_key_order;
    return fold;
  }
};

TEST(Folds, apply_only_to_those_of_their_kind) {
  Diary first;
  Diary second;
  Diary ordered;
  Folds folds;
  EXPECT_TRUE(folds.empty());
  folds.add(first.fold(false));
  folds.add(ordered.fold(true));
  folds.add(second.fold(false));
  folds.apply(false, UnitKey::index(7), {});
  folds.apply(true, UnitKey::index(8), {});
  EXPECT_EQ(first.text, "7 ");
  EXPECT_EQ(second.text, "7 ");
  EXPECT_EQ(ordered.text, "8 ");
  EXPECT_TRUE(folds.any(true));
  EXPECT_TRUE(folds.any(false));
}

/// Adds up what `reduce` makes of each result: its size.
struct Sizes {
  std::uint64_t sum = 0;
  int reductions = 0;

  [[nodiscard]] ByteFarm::Fold fold() {
    ByteFarm::Fold fold;
    fold.reduce = [this](ByteView result) {
      ++reductions;
      return to_bytes(std::uint64_t{result.size()});
    };
    fold.apply = [this](const UnitKey&, ByteView reduced) {
      std::uint64_t size = 0;
      ASSERT_TRUE(from_bytes(reduced, size));
      sum += size;
    };
    return fold;
  }
};

TEST(Folds, give_the_same_of_a_result_and_of_what_was_made_of_it_elsewhere) {
  Sizes here;
  Sizes also_here;
  Folds folds;
  folds.add(here.fold());
  folds.add(also_here.fold());
  folds.apply(false, UnitKey::index(1), Bytes(1000));
  EXPECT_EQ(here.sum, 1000U);
  const Bytes reduced = folds.reduce(Bytes(70'000));  // in another process
  EXPECT_LT(reduced.size(), 100U) << "the result itself does not travel";
  here.reductions = also_here.reductions = 0;
  EXPECT_TRUE(folds.apply_reduced(UnitKey::index(2), reduced));
  EXPECT_EQ(here.sum, 71'000U);
  EXPECT_EQ(also_here.sum, 71'000U);
  EXPECT_EQ(here.reductions + also_here.reductions, 0);
}

TEST(Folds, refuse_what_was_reduced_for_others_and_change_nothing) {
  Sizes sizes;
  Folds folds;
  folds.add(sizes.fold());
  const Bytes of_one = folds.reduce(Bytes(10));
  EXPECT_FALSE(folds.apply_reduced(UnitKey::index(0), Bytes(3)));
  EXPECT_FALSE(folds.apply_reduced(UnitKey::index(0), {}));
  folds.add(sizes.fold());
  EXPECT_FALSE(folds.apply_reduced(UnitKey::index(0), of_one));
  EXPECT_EQ(sizes.sum, 0U);
}

TEST(Folds, all_reduce_if_none_wants_whole_results_or_an_order) {
  Sizes sizes;
  Folds folds;
  EXPECT_TRUE(folds.all_reduce()) << "nobody wants anything of a result";
  folds.add(sizes.fold());
  EXPECT_TRUE(folds.all_reduce());
  Folds with_order = folds;
  ByteFarm::Fold ordered = sizes.fold();
  ordered.in_key_order = true;
  with_order.add(ordered);
  EXPECT_FALSE(with_order.all_reduce());
  Diary diary;
  folds.add(diary.fold(false));
  EXPECT_FALSE(folds.all_reduce());
}

TEST(Folds, keep_the_bytes_of_a_single_state_as_they_are) {
  Diary diary;
  Folds folds;
  folds.add(diary.fold(false));
  diary.text = "hello";
  EXPECT_EQ(folds.save(), to_bytes(std::string("hello")));
  EXPECT_TRUE(folds.load(to_bytes(std::string("bye"))));
  EXPECT_EQ(diary.text, "bye");
}

TEST(Folds, bring_back_the_states_of_several) {
  Diary first{"one"};
  Diary second{"two"};
  Folds folds;
  folds.add(first.fold(false));
  folds.add(second.fold(true));
  const Bytes saved = folds.save();
  first.text = second.text = "forgotten";
  ASSERT_TRUE(folds.load(saved));
  EXPECT_EQ(first.text, "one");
  EXPECT_EQ(second.text, "two");
  folds.add(second.fold(false));
  EXPECT_FALSE(folds.load(saved)) << "a fold more than were saved";
  EXPECT_FALSE(folds.load(Bytes(5)));
}

TEST(Folds, cannot_be_saved_if_one_of_them_cannot) {
  Diary diary;
  Folds folds;
  folds.add(diary.fold(false));
  EXPECT_TRUE(folds.can_be_saved());
  ByteFarm::Fold lost = diary.fold(true);
  lost.load = nullptr;
  folds.add(std::move(lost));
  EXPECT_FALSE(folds.can_be_saved());
}

TEST(Folds, are_part_of_what_the_store_remembers) {
  Diary diary;
  Folds folds;
  EXPECT_EQ(folds.description_format_1(), "");
  folds.add(diary.fold(false));
  EXPECT_EQ(folds.description_format_1(), "") << "stores of earlier programs stay theirs";
  folds.add(diary.fold(true));
  EXPECT_EQ(folds.description_format_1(), "folds in any order, in key order");
  Folds one;
  one.add(diary.fold(true));
  EXPECT_EQ(one.description_format_1(), "folds in key order");
}

}  // namespace
}  // namespace steadfarm::api
