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
  EXPECT_EQ(folds.description(), "");
  folds.add(diary.fold(false));
  EXPECT_EQ(folds.description(), "") << "stores of earlier programs stay theirs";
  folds.add(diary.fold(true));
  EXPECT_EQ(folds.description(), "folds in any order, in key order");
  Folds one;
  one.add(diary.fold(true));
  EXPECT_EQ(one.description(), "folds in key order");
}

}  // namespace
}  // namespace steadfarm::api
