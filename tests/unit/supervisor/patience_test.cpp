#include "supervisor/patience.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

using Verdict = Patience::Verdict;

constexpr TimeUs kSecondUs = 1'000'000;
constexpr PatienceLimits kLimits{.launch_ms = 60'000, .stall_ms = 0, .silence_ms = 30'000};

// A start that is looked at whenever it asks for it.
class Start {
 public:
  explicit Start(PatienceLimits limits, std::uint64_t generation = 7)
      : patience_(limits, 0, generation) {
    store_.state = StoreView::State::good;
    store_.generation = generation;
  }

  void publishes() { ++store_.generation; }
  void completes() { store_.complete = true; }
  void signs() { sign_ = sign_.value_or(0) + 1; }
  void hides_its_signs() { sign_.reset(); }
  void hides_its_store() { store_.state = StoreView::State::unknown; }

  Verdict look_at(TimeUs now) {
    now_ = now;
    return patience_.look(now, sign_, [this] {
      ++reads_;
      return store_;
    });
  }
  // Looks for so long; stops at the first verdict.
  Verdict look_for(TimeUs us) {
    const TimeUs until = now_ + us;
    Verdict verdict = Verdict::wait;
    while (verdict == Verdict::wait && patience_.is_bounded() && patience_.next_look() <= until) {
      verdict = look_at(patience_.next_look());
    }
    return verdict;
  }
  [[nodiscard]] TimeUs now() const { return now_; }
  [[nodiscard]] int reads() const { return reads_; }
  [[nodiscard]] const Patience& patience() const { return patience_; }

 private:
  Patience patience_;
  StoreView store_;
  std::optional<std::int64_t> sign_ = 0;
  TimeUs now_ = 0;
  int reads_ = 0;
};

TEST(Patience, a_start_that_publishes_nothing_is_over_after_the_launch_limit) {
  Start start(kLimits);
  EXPECT_EQ(start.look_for(59 * kSecondUs), Verdict::wait);
  EXPECT_EQ(start.look_for(10 * kSecondUs), Verdict::launch_over);
  EXPECT_EQ(start.now(), 60 * kSecondUs);
  EXPECT_EQ(start.patience().limit_ms(Verdict::launch_over), 60'000);
}

TEST(Patience, signs_from_before_the_launch_do_not_count) {
  Start start(kLimits);
  Verdict verdict = Verdict::wait;
  while (verdict == Verdict::wait && start.now() < 100 * kSecondUs) {
    start.signs();
    verdict = start.look_for(5 * kSecondUs);
  }
  EXPECT_EQ(verdict, Verdict::launch_over);
}

TEST(Patience, whoever_gives_signs_may_publish_nothing_for_hours) {
  Start start(kLimits);
  start.publishes();
  for (int i = 0; i < 1000; ++i) {
    start.signs();
    ASSERT_EQ(start.look_for(25 * kSecondUs), Verdict::wait) << i;
  }
  EXPECT_LT(start.reads(), 5) << "the store is read though nobody is silent";
}

TEST(Patience, silence_after_the_launch_is_over) {
  Start start(kLimits);
  start.publishes();
  start.signs();
  EXPECT_EQ(start.look_for(200 * kSecondUs), Verdict::silence_over);
  EXPECT_LE(start.now(), 36 * kSecondUs);
  EXPECT_EQ(start.patience().limit_ms(Verdict::silence_over), 30'000);
}

TEST(Patience, a_generation_is_a_sign_as_well) {
  Start start(kLimits);
  for (int i = 0; i < 20; ++i) {
    start.publishes();
    ASSERT_EQ(start.look_for(25 * kSecondUs), Verdict::wait) << i;
  }
}

TEST(Patience, a_program_may_work_for_hours_after_its_farm) {
  PatienceLimits limits = kLimits;
  limits.stall_ms = 20'000;
  Start start(limits);
  start.publishes();
  start.completes();
  for (int i = 0; i < 1000; ++i) {
    start.signs();
    ASSERT_EQ(start.look_for(25 * kSecondUs), Verdict::wait) << i;
  }
}

// Some launchers never return after the death of a rank, though the others have done all the work.
TEST(Patience, a_launcher_that_stays_after_the_end_of_the_farm_is_over) {
  Start start(kLimits);
  start.publishes();
  start.completes();
  EXPECT_EQ(start.look_for(200 * kSecondUs), Verdict::silence_over);
  EXPECT_LE(start.now(), 36 * kSecondUs);
}

TEST(Patience, a_launcher_that_hangs_before_it_finds_its_store_complete_is_over) {
  Start start(kLimits);
  start.completes();
  EXPECT_EQ(start.look_for(200 * kSecondUs), Verdict::launch_over);
}

TEST(Patience, signs_that_cannot_be_asked_for_prove_nothing) {
  Start start(kLimits);
  start.publishes();
  ASSERT_EQ(start.look_for(10 * kSecondUs), Verdict::wait);
  start.hides_its_signs();
  start.hides_its_store();
  EXPECT_EQ(start.look_for(1000 * kSecondUs), Verdict::wait);
}

// As after SIGSTOP of the supervisor, or a file server that hung for all.
TEST(Patience, what_it_slept_through_proves_nothing) {
  Start start(kLimits);
  start.publishes();
  ASSERT_EQ(start.look_for(6 * kSecondUs), Verdict::wait);
  EXPECT_EQ(start.look_at(start.now() + 3600 * kSecondUs), Verdict::wait);
  EXPECT_EQ(start.look_for(60 * kSecondUs), Verdict::silence_over);
}

TEST(Patience, the_stall_limit_wants_generations_and_no_signs) {
  PatienceLimits limits = kLimits;
  limits.stall_ms = 20'000;
  Start start(limits);
  start.publishes();
  Verdict verdict = Verdict::wait;
  while (verdict == Verdict::wait && start.now() < 100 * kSecondUs) {
    start.signs();
    verdict = start.look_for(2 * kSecondUs);
  }
  EXPECT_EQ(verdict, Verdict::stall_over);
  EXPECT_LE(start.now(), 22 * kSecondUs);
}

TEST(Patience, a_farm_that_publishes_in_time_is_not_stalled) {
  PatienceLimits limits = kLimits;
  limits.stall_ms = 20'000;
  Start start(limits);
  for (int i = 0; i < 20; ++i) {
    start.publishes();
    ASSERT_EQ(start.look_for(15 * kSecondUs), Verdict::wait) << i;
  }
}

// What is read of it then is no generation.
TEST(Patience, a_store_that_cannot_be_read_is_no_launch) {
  Start start(kLimits);
  start.hides_its_store();
  start.publishes();
  EXPECT_EQ(start.look_for(200 * kSecondUs), Verdict::launch_over);
}

TEST(Patience, every_limit_may_be_any_time) {
  Start none({.launch_ms = 0, .stall_ms = 0, .silence_ms = 0});
  EXPECT_FALSE(none.patience().is_bounded());
  Start no_launch({.launch_ms = 0, .stall_ms = 0, .silence_ms = 30'000});
  EXPECT_EQ(no_launch.look_for(1000 * kSecondUs), Verdict::wait);
  no_launch.publishes();
  EXPECT_EQ(no_launch.look_for(100 * kSecondUs), Verdict::silence_over);
  Start no_silence({.launch_ms = 60'000, .stall_ms = 0, .silence_ms = 0});
  no_silence.publishes();
  EXPECT_EQ(no_silence.look_at(10 * kSecondUs), Verdict::wait);
  EXPECT_FALSE(no_silence.patience().is_bounded());
}

}  // namespace
}  // namespace steadfarm::supervisor
