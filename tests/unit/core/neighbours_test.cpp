#include "core/neighbours.hpp"

#include <gtest/gtest.h>

#include <map>

namespace steadfarm::core {
namespace {

using Part = Neighbours::Part;

wire::Process process(std::int32_t rank) {
  const auto number = static_cast<std::uint32_t>(rank);
  return {Rank(rank), 100 + number, 1000 + number};
}

class NeighboursTest : public testing::Test {
 protected:
  void introduce(std::int32_t rank, const std::string& machine) {
    introduce(process(rank), machine);
  }
  void introduce(const wire::Process& own, const std::string& machine) {
    neighbours_.introduce(own.rank, {"host", own.pid, true, machine, own.started});
  }
  void set(std::int32_t rank, Part part) {
    parts_[Rank(rank)] = part;
    neighbours_.changed(Rank(rank));
  }
  // "2: 3 4; 3: 2"
  std::string orders() {
    std::string out;
    const auto part_of = [this](Rank rank) {
      const auto found = parts_.find(rank);
      return found == parts_.end() ? Part::watches : found->second;
    };
    for (const Neighbours::Order& order : neighbours_.take_orders(part_of)) {
      out += (out.empty() ? "" : "; ") + std::to_string(order.to.value) + ":";
      for (const wire::Process& each : order.list.processes) {
        out += " " + std::to_string(each.rank.value);
      }
    }
    return out;
  }

  Neighbours neighbours_{"own"};
  std::map<Rank, Part> parts_;
};

TEST_F(NeighboursTest, the_lowest_watches_all_others_and_the_next_one_watches_it) {
  for (const std::int32_t rank : {5, 3, 4, 9}) introduce(rank, rank == 9 ? "c" : "b");
  introduce(1, "own");  // the master's own affair
  introduce(2, "");     // nobody knows where
  EXPECT_EQ(orders(), "3: 4 5; 4: 3");
  EXPECT_EQ(orders(), "");  // said once
  introduce(4, "b");        // a repeated Hello
  EXPECT_EQ(orders(), "");
}

TEST_F(NeighboursTest, the_silent_are_watched_and_do_not_watch) {
  for (const std::int32_t rank : {3, 4, 5}) introduce(rank, "b");
  EXPECT_EQ(orders(), "3: 4 5; 4: 3");
  set(3, Part::is_watched);
  EXPECT_EQ(orders(), "4: 3 5; 5: 4");
  set(3, Part::watches);
  EXPECT_EQ(orders(), "4: 3; 5:");  // rank 3 was told before
}

TEST_F(NeighboursTest, the_dead_are_not_watched) {
  for (const std::int32_t rank : {3, 4, 5}) introduce(rank, "b");
  EXPECT_EQ(orders(), "3: 4 5; 4: 3");
  set(3, Part::none);
  EXPECT_EQ(orders(), "4: 5; 5: 4");
  set(5, Part::none);
  EXPECT_EQ(orders(), "4:");
}

TEST_F(NeighboursTest, who_may_have_missed_it_is_told_again) {
  for (const std::int32_t rank : {3, 4, 5}) introduce(rank, "b");
  EXPECT_EQ(orders(), "3: 4 5; 4: 3");
  neighbours_.tell_again(Rank(4));
  EXPECT_EQ(orders(), "4: 3");
  neighbours_.tell_again(Rank(5));  // it was told nothing
  EXPECT_EQ(orders(), "");
  neighbours_.tell_again(Rank(1));  // nobody knows where that is
  EXPECT_EQ(orders(), "");
}

TEST_F(NeighboursTest, a_worker_can_see_the_processes_on_its_machine_but_for_its_own) {
  for (const std::int32_t rank : {3, 4}) introduce(rank, "b");
  introduce(5, "c");
  introduce(1, "own");
  EXPECT_TRUE(neighbours_.can_see(Rank(3), process(4)));
  EXPECT_TRUE(neighbours_.can_see(Rank(4), process(3)));
  EXPECT_FALSE(neighbours_.can_see(Rank(3), process(3)));
  EXPECT_FALSE(neighbours_.can_see(Rank(3), process(5)));
  EXPECT_FALSE(neighbours_.can_see(Rank(3), process(1)));
  EXPECT_FALSE(neighbours_.can_see(Rank(1), process(3)));
  EXPECT_FALSE(neighbours_.can_see(Rank(3), process(8)));
  wire::Process other = process(4);
  --other.started;
  EXPECT_FALSE(neighbours_.can_see(Rank(3), other));
  other = process(4);
  ++other.pid;
  EXPECT_FALSE(neighbours_.can_see(Rank(3), other));
}

// What was seen of the process before is nothing of this one.
TEST_F(NeighboursTest, another_process_of_a_rank_takes_the_place_of_the_one_before) {
  for (const std::int32_t rank : {3, 4, 5}) introduce(rank, "b");
  EXPECT_EQ(orders(), "3: 4 5; 4: 3");
  wire::Process later = process(5);
  ++later.started;
  introduce(later, "b");
  EXPECT_EQ(orders(), "3: 4 5");
  EXPECT_TRUE(neighbours_.can_see(Rank(3), later));
  EXPECT_FALSE(neighbours_.can_see(Rank(3), process(5)));
}

TEST_F(NeighboursTest, a_process_does_not_move_to_another_machine) {
  for (const std::int32_t rank : {3, 4}) introduce(rank, "b");
  for (const std::int32_t rank : {5, 6}) introduce(rank, "c");
  EXPECT_EQ(orders(), "3: 4; 4: 3; 5: 6; 6: 5");
  introduce(4, "c");
  introduce(6, "own");
  EXPECT_EQ(orders(), "");
  EXPECT_TRUE(neighbours_.can_see(Rank(3), process(4)));
  EXPECT_FALSE(neighbours_.can_see(Rank(5), process(4)));
  EXPECT_TRUE(neighbours_.can_see(Rank(5), process(6)));
}

}  // namespace
}  // namespace steadfarm::core
