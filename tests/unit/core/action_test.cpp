#include "core/action.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace steadfarm::core {
namespace {

TEST(Outcome, has_the_exit_code_that_scripts_rely_on) {
  EXPECT_EQ(exit_code(Outcome::complete), 0);
  EXPECT_EQ(exit_code(Outcome::complete_failed), 3);
  EXPECT_EQ(exit_code(Outcome::fenced), 65);
  EXPECT_EQ(exit_code(Outcome::refused), 64);
  EXPECT_EQ(exit_code(Outcome::no_workers), 70);
  EXPECT_EQ(exit_code(Outcome::not_durable), 74);
  EXPECT_EQ(exit_code(Outcome::stopped), 75);
}

TEST(Outcome, and_note_have_a_name_of_their_own_for_every_value) {
  std::set<std::string> outcomes;
  for (int i = 0; i <= static_cast<int>(Outcome::no_workers); ++i) {
    outcomes.insert(to_string(static_cast<Outcome>(i)));
  }
  EXPECT_EQ(outcomes.size(), static_cast<std::size_t>(Outcome::no_workers) + 1);
  EXPECT_FALSE(outcomes.contains("unknown"));
  std::set<std::string> notes;
  for (int i = 0; i <= static_cast<int>(NoteKind::settled); ++i) {
    notes.insert(to_string(static_cast<NoteKind>(i)));
  }
  EXPECT_EQ(notes.size(), static_cast<std::size_t>(NoteKind::settled) + 1);
  EXPECT_FALSE(notes.contains("unknown"));
}

}  // namespace
}  // namespace steadfarm::core
