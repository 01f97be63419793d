#include "api/worker_side.hpp"

#include <gtest/gtest.h>

#include "tests/unit/api/run_rig.hpp"
#include "tests/unit/driver/child.hpp"
#include "tests/unit/driver/comes_true.hpp"

namespace steadfarm::api {
namespace {

// A worker, with the master's end of its transport in the hands of the test.
class WorkerSideTest : public testing::Test {
 protected:
  void SetUp() override {
    side_.driver().start();
    say(wire::Welcome{1});
  }
  void say(wire::Body body) {
    ASSERT_TRUE(master_->send(Rank(1), wire::encode(job_.id, {Session(1), std::move(body)})).ok());
  }
  static wire::Process process(std::int32_t rank, const driver::Child& child) {
    return {Rank(rank), child.name().pid, child.name().started};
  }
  // What the worker has said until then.
  bool says(const wire::Process& ended) {
    return driver::comes_true([&] {
      side_.driver().turn();
      std::vector<transport::Incoming> incoming;
      master_->poll(incoming, 100);
      for (const transport::Incoming& one : incoming) {
        auto message = wire::decode(job_.id, one.bytes);
        if (const auto* word = std::get_if<wire::Ended>(&message.value().body)) {
          said_.push_back(word->process);
        }
      }
      return !said_.empty() && said_.back() == ended;
    });
  }

  SumJob sum_;
  Job job_ = sum_.job();
  transport::LocalHub hub_{2};
  std::unique_ptr<transport::Transport> master_ = hub_.take(Rank(0));
  std::unique_ptr<transport::Transport> worker_ = hub_.take(Rank(1));
  WorkerSide side_{job_, *worker_, true, false, nullptr};
  std::vector<wire::Process> said_;
};

TEST_F(WorkerSideTest, sees_for_its_master_who_ends_on_its_machine) {
  driver::Child first;
  driver::Child second;
  const wire::Process two = process(2, first);
  const wire::Process three = process(3, second);
  say(wire::Neighbours{{two, three}});
  first.end();
  ASSERT_TRUE(says(two));
  second.end();
  ASSERT_TRUE(says(three));
  EXPECT_EQ(said_, (std::vector<wire::Process>{two, three}));
}

TEST_F(WorkerSideTest, watches_those_of_the_newest_list_alone) {
  driver::Child first;
  driver::Child second;
  const wire::Process two = process(2, first);
  const wire::Process three = process(3, second);
  wire::Process before_three = three;  // that had its id; it has ended long ago
  --before_three.started;
  say(wire::Neighbours{{two, before_three}});
  ASSERT_TRUE(says(before_three));
  say(wire::Neighbours{{three}});
  side_.driver().turn();
  first.end();
  second.end();
  ASSERT_TRUE(says(three));
  EXPECT_EQ(said_, (std::vector<wire::Process>{before_three, three}));
}

}  // namespace
}  // namespace steadfarm::api
