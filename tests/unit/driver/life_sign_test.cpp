#include "driver/life_sign.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include "checkpoint/posix_file_system.hpp"
#include "tests/unit/driver/comes_true.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::driver {
namespace {

using namespace std::chrono_literals;

TEST(LifeSign, shows_at_once_and_again_whatever_is_thrown) {
  std::atomic<int> shown{0};
  std::atomic<int> open_to_signals{0};
  const LifeSign sign(
      [&] {
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        if (sigismember(&blocked, SIGUSR2) != 1) ++open_to_signals;
        ++shown;
        throw std::runtime_error("no");
      },
      1000);
  EXPECT_TRUE(comes_true([&] { return shown >= 3; }));
  EXPECT_EQ(open_to_signals, 0);
}

TEST(LifeSign, ends_at_once_and_shows_nothing_afterwards) {
  std::atomic<int> shown{0};
  {
    const LifeSign sign([&] { ++shown; }, kHourUs);
    EXPECT_TRUE(comes_true([&] { return shown == 1; }));
  }
  EXPECT_EQ(shown, 1);
}

TEST(LifeSign, does_not_wait_for_a_call_that_never_returns) {
  struct Gate {
    std::promise<void> opened;
    std::promise<void> passed;
    std::atomic<bool> entered{false};
  };
  const auto gate = std::make_shared<Gate>();
  {
    const LifeSign sign(
        [gate] {
          gate->entered = true;
          gate->opened.get_future().wait();
          gate->passed.set_value();
        },
        kHourUs);
    EXPECT_TRUE(comes_true([&] { return gate->entered.load(); }));
  }
  gate->opened.set_value();
  EXPECT_EQ(gate->passed.get_future().wait_for(60s), std::future_status::ready);
}

TEST(LifeSign, changes_the_time_of_the_folder_again_and_again) {
  const ScratchFolder folder;
  const auto time = [&] { return checkpoint::folder_time_ns(folder.path()).value(); };
  std::int64_t before = time();
  const auto sign = show_life(folder.path(), 1000);
  ASSERT_TRUE(sign);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(comes_true([&] { return time() > before; })) << i;
    before = time();
  }
}

TEST(LifeSign, is_kept_until_another_one_is) {
  // Not the test's own: they live on.
  const auto first = std::make_shared<std::atomic<int>>(0);
  const auto second = std::make_shared<std::atomic<int>>(0);
  keep_to_the_end(std::make_unique<LifeSign>([first] { ++*first; }, 1000));
  const int before = *first;
  EXPECT_TRUE(comes_true([&] { return *first >= before + 3; }));
  keep_to_the_end(std::make_unique<LifeSign>([second] { ++*second; }, 1000));
  const int at_end = *first;
  EXPECT_TRUE(comes_true([&] { return *second >= 3; }));
  EXPECT_EQ(*first, at_end);
}

TEST(LifeSign, is_refused_by_a_folder_that_cannot_be_touched) {
  const auto sign = show_life("/nowhere/at/all", 1000);
  ASSERT_FALSE(sign);
  EXPECT_NE(sign.error().message.find("--silence 0"), std::string::npos) << sign.error().message;
  EXPECT_FALSE(checkpoint::folder_time_ns("/nowhere/at/all"));
}

}  // namespace
}  // namespace steadfarm::driver
