#include "driver/process_watch.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/unit/driver/child.hpp"

namespace steadfarm::driver {
namespace {

using Means = ProcessWatch::Means;

int lowest_free_descriptor() {
  const int lowest = dup(STDERR_FILENO);
  EXPECT_GT(lowest, STDERR_FILENO);
  close(lowest);
  return lowest;
}

// Meanwhile this process can open so many files more, as where a unit has nearly all open that it
// may.
class FilesLeft {
 public:
  explicit FilesLeft(int count) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(lowest_free_descriptor() + count);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FilesLeft() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }
  FilesLeft(const FilesLeft&) = delete;
  FilesLeft& operator=(const FilesLeft&) = delete;

 private:
  rlimit before_{};
};

std::vector<Rank> wait_for_ended(ProcessWatch& watch) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (Clock::now() < deadline) {
    std::vector<Rank> ended = watch.take_ended();
    if (!ended.empty()) return ended;
    std::this_thread::yield();
  }
  return {};
}

class ProcessWatchBy : public testing::TestWithParam<Means> {};

TEST_P(ProcessWatchBy, sees_a_killed_process_end_and_nobody_else) {
  Child killed;
  Child living;
  ProcessWatch watch(GetParam());
  ASSERT_TRUE(watch.watch(Rank(1), killed.name()));
  ASSERT_TRUE(watch.watch(Rank(2), living.name()));
  EXPECT_TRUE(watch.take_ended().empty());
  killed.kill();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
  EXPECT_TRUE(watch.take_ended().empty());  // said once
  living.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(2)});
}

TEST_P(ProcessWatchBy, a_process_that_ended_before_it_was_watched_has_ended) {
  Child child;
  const ProcessName name = child.name();
  child.end();
  ProcessWatch watch(GetParam());
  ASSERT_TRUE(watch.watch(Rank(1), name));
  EXPECT_EQ(watch.take_ended(), std::vector<Rank>{Rank(1)});
}

TEST_P(ProcessWatchBy, is_not_taken_in_by_another_process_with_the_same_id) {
  Child child;
  ProcessName earlier = child.name();
  --earlier.started;
  ProcessWatch watch(GetParam());
  ASSERT_TRUE(watch.watch(Rank(1), earlier));
  EXPECT_EQ(watch.take_ended(), std::vector<Rank>{Rank(1)});
}

TEST_P(ProcessWatchBy, watches_a_later_process_of_a_rank_in_place_of_the_earlier_one) {
  Child earlier;
  Child later;
  ProcessWatch watch(GetParam());
  ASSERT_TRUE(watch.watch(Rank(1), earlier.name()));
  ASSERT_TRUE(watch.watch(Rank(1), later.name()));
  earlier.end();
  EXPECT_TRUE(watch.take_ended().empty());
  later.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
}

// What cannot be looked at has not ended: nobody would take the word back.
TEST_P(ProcessWatchBy, calls_nobody_dead_because_no_file_can_be_opened) {
  Child before;
  Child meanwhile;
  ProcessWatch watch(GetParam());
  ASSERT_TRUE(watch.watch(Rank(1), before.name()));
  {
    const FilesLeft none(0);
    ASSERT_EQ(dup(STDERR_FILENO), -1);
    ASSERT_TRUE(watch.watch(Rank(2), meanwhile.name()));
    EXPECT_EQ(watch.take_ended(), std::vector<Rank>());
  }
  EXPECT_EQ(watch.take_ended(), std::vector<Rank>());
  before.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
  meanwhile.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(2)});
}

// With the last descriptor it gets a pidfd, and cannot read any more whose it is.
TEST(ProcessWatch, calls_nobody_dead_with_the_last_file_that_can_be_opened) {
  Child child;
  ProcessWatch watch;
  std::vector<Rank> ended;
  {
    const FilesLeft last(1);
    ASSERT_TRUE(watch.watch(Rank(1), child.name()));
    const int taken = dup(STDERR_FILENO);  // if it was given back
    ended = watch.take_ended();
    if (taken >= 0) close(taken);
  }
  EXPECT_EQ(ended, std::vector<Rank>());
  child.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
}

TEST(ProcessWatch, sees_the_end_of_more_processes_than_it_can_have_files) {
  constexpr std::int32_t kRanks = 40;
  Child child;
  ProcessWatch watch;
  const FilesLeft last(1);
  ASSERT_LT(lowest_free_descriptor(), kRanks);
  for (std::int32_t rank = 1; rank <= kRanks; ++rank) {
    ASSERT_TRUE(watch.watch(Rank(rank), child.name()));
  }
  EXPECT_TRUE(watch.take_ended().empty());
  child.kill();
  // That of the first has the last file until then.
  std::vector<Rank> all = wait_for_ended(watch);
  if (all.size() < kRanks) {
    const std::vector<Rank> others = wait_for_ended(watch);
    all.insert(all.end(), others.begin(), others.end());
  }
  EXPECT_EQ(all.size(), std::size_t{kRanks});
}

auto open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// A worker is told anew whom to watch whenever something changes there.
TEST_P(ProcessWatchBy, keeps_no_file_open_for_what_it_watches_no_more) {
  Child ended;
  Child living;
  const auto before = open_files();
  {
    ProcessWatch watch(GetParam());
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(watch.watch(Rank(1), ended.name()));
      ASSERT_TRUE(watch.watch(Rank(2), living.name()));
    }
    ended.end();
    EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
    ASSERT_TRUE(watch.watch(Rank(1), ended.name()));  // whose id may be another one's by now
  }
  EXPECT_EQ(open_files(), before);
}

// A unit that closes a file twice closes ours, and may get its number for the next one.
TEST_P(ProcessWatchBy, calls_nobody_dead_because_somebody_has_closed_its_file) {
  Child child;
  ProcessWatch watch(GetParam());
  const int number = lowest_free_descriptor();
  ASSERT_TRUE(watch.watch(Rank(1), child.name()));
  close(number);
  EXPECT_TRUE(watch.take_ended().empty());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(ends[0] == number || ends[1] == number);
  EXPECT_TRUE(watch.take_ended().empty());
  child.end();
  EXPECT_EQ(wait_for_ended(watch), std::vector<Rank>{Rank(1)});
  close(ends[0]);
  close(ends[1]);
}

INSTANTIATE_TEST_SUITE_P(Means, ProcessWatchBy, testing::Values(Means::any, Means::proc));

TEST(ProcessWatch, watches_nothing_that_it_cannot_see) {
  Child child;
  ProcessWatch watch;
  ProcessName elsewhere = child.name();
  elsewhere.machine += "0";
  EXPECT_FALSE(watch.watch(Rank(1), elsewhere));
  ProcessName unknown = child.name();
  unknown.machine.clear();
  EXPECT_FALSE(watch.watch(Rank(1), unknown));
  EXPECT_FALSE(watch.watch(Rank(0), own_process()));  // nor itself
  child.end();
  EXPECT_TRUE(watch.take_ended().empty());
}

TEST(OwnProcess, has_a_name_that_differs_from_others_here) {
  const ProcessName own = own_process();
  EXPECT_EQ(own.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_NE(own.machine.find('/'), std::string::npos);
  EXPECT_GT(own.started, 0U);
  Child child;
  EXPECT_NE(child.name().pid, own.pid);
}

}  // namespace
}  // namespace steadfarm::driver
