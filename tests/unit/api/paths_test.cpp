#include "api/paths.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "api/take_over.hpp"
#include "tests/unit/api/run_rig.hpp"

namespace steadfarm::api {
namespace {

TEST(Paths, are_named_from_the_root_once) {
  Options options;
  options.store = "st";
  options.log = "/var/log/farm";
  ASSERT_TRUE(make_paths_absolute(std::string("/home/me"), options).ok());
  EXPECT_EQ(options.store, "/home/me/st");
  EXPECT_EQ(options.log, "/var/log/farm");
  EXPECT_EQ(options.report, "") << "none stays none";
}

TEST(Paths, need_a_current_folder_only_if_one_is_relative) {
  const Error none{ErrorCode::usage, "the current folder cannot be told (No such file)"};
  Options options;
  options.store = "/home/me/st";
  EXPECT_TRUE(make_paths_absolute(none, options).ok());
  options.report = "end.json";
  const Status refused = make_paths_absolute(none, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_EQ(refused.error().message,
            "the current folder cannot be told (No such file), so --report 'end.json' names no "
            "place; give a path that begins with /, or start in a folder that exists");
}

TEST(Paths, that_name_no_place_are_refused_on_every_rank) {
  for (const int ranks : {1, 3}) {
    SumJob what;
    Job job = what.job();
    job.paths = Error{ErrorCode::usage, "no place"};
    if (ranks == 1) {
      const Outcome alone = run_alone(job);
      EXPECT_EQ(alone.exit_code, 64);
      EXPECT_EQ(alone.message, "no place");
      continue;
    }
    transport::LocalHub hub(2);
    const auto master = hub.take(Rank(0));
    const auto worker = hub.take(Rank(1));
    EXPECT_EQ(run_master(job, *master).exit_code, 64);
    EXPECT_EQ(run_worker(job, *worker).exit_code, 64);
  }
}

TEST(TermInStore, is_what_the_owner_epoch_has_risen_by) {
  const auto term = term_in_store("/st", OwnerEpoch(4), OwnerEpoch(6));
  ASSERT_TRUE(term.ok());
  EXPECT_EQ(term.value(), core::Term(2));
}

TEST(TermInStore, says_that_it_is_another_store_and_counts_nothing_below_zero) {
  for (const std::uint64_t owner_epoch : {1U, 4U}) {
    const auto term = term_in_store("/st", OwnerEpoch(4), OwnerEpoch(owner_epoch));
    ASSERT_FALSE(term.ok());
    EXPECT_EQ(term.error().code, ErrorCode::foreign);
    EXPECT_EQ(term.error().message,
              "the store '/st' is not the one that this job began with: its owner epoch is " +
                  std::to_string(owner_epoch) +
                  ", and the first master of this job had 4 already; was it moved, restored or "
                  "made anew meanwhile? Put the job's own store there and start the job again");
  }
}

TEST(TermInStore, has_an_end) {
  EXPECT_TRUE(term_in_store("/st", OwnerEpoch(0), OwnerEpoch(UINT32_MAX)).ok());
  const auto term = term_in_store("/st", OwnerEpoch(0), OwnerEpoch(1ULL << 32U));
  ASSERT_FALSE(term.ok());
  EXPECT_EQ(term.error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace steadfarm::api
