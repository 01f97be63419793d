#include "supervisor/host_book.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

// "a b / 4": hosts and ranks of a plan; "-" if the command's own words say the same.
std::string next_of(HostBook& book) {
  const HostBook::Plan plan = book.next();
  std::string text = plan.as_given ? "- " : "";
  for (const Host& host : plan.placement.hosts) text += host.name + " ";
  return text + "/ " + (plan.placement.ranks ? std::to_string(*plan.placement.ranks) : "all");
}

HostBook three_hosts(std::optional<int> ranks, const std::string& spares = "") {
  return HostBook(hosts_of_option("a:2,b:2,c:2"), hosts_of_option(spares), ranks);
}

TEST(HostBook, leaves_the_words_alone_while_nothing_is_lost) {
  HostBook book = three_hosts(6);
  EXPECT_EQ("- a b c / 6", next_of(book));
  EXPECT_EQ("- a b c / 6", next_of(book));
  EXPECT_FALSE(book.lost_one());
}

TEST(HostBook, goes_on_with_fewer_ranks_without_a_lost_host) {
  HostBook book = three_hosts(6);
  EXPECT_EQ("- a b c / 6", next_of(book));
  book.lose("b", "gone");
  EXPECT_TRUE(book.lost_one());
  const HostBook::Plan plan = book.next();
  EXPECT_EQ(4, plan.placement.ranks);
  EXPECT_EQ((std::vector<std::string>{"b"}), plan.placement.left_out);
  ASSERT_EQ(1U, plan.notes.size());
  EXPECT_EQ(HostNote::Kind::lost, plan.notes[0].kind);
  EXPECT_EQ("host b is lost: gone", plan.notes[0].text);
}

TEST(HostBook, keeps_all_ranks_where_the_rest_has_room) {
  HostBook book = three_hosts(4);
  EXPECT_EQ("- a b c / 4", next_of(book));
  book.lose("b", "gone");
  EXPECT_EQ("a c / 4", next_of(book));
}

TEST(HostBook, leaves_the_number_to_the_launcher_if_the_command_does) {
  HostBook book = three_hosts(std::nullopt);
  EXPECT_EQ("- a b c / all", next_of(book));
  book.lose("a", "gone");
  EXPECT_EQ("b c / all", next_of(book));
}

TEST(HostBook, second_chance_then_never_again_and_says_so) {
  HostBook book = three_hosts(6);
  EXPECT_EQ("- a b c / 6", next_of(book));
  book.lose("b", "gone");
  EXPECT_EQ("a c / 4", next_of(book));
  HostBook::Plan plan = book.next();  // something else went wrong
  EXPECT_EQ(3U, plan.placement.hosts.size());
  ASSERT_EQ(1U, plan.notes.size());
  EXPECT_EQ(HostNote::Kind::taken_back, plan.notes[0].kind);
  book.lose("b", "gone again");
  plan = book.next();
  ASSERT_EQ(1U, plan.notes.size());
  EXPECT_EQ(HostNote::Kind::lost_for_good, plan.notes[0].kind);
  EXPECT_EQ(
      "WARNING: host b is lost: gone again; it has failed 2 times and is not used again. Have a "
      "look at it",
      plan.notes[0].text);
  EXPECT_EQ("a c / 4", next_of(book));
  book.vouch("b");
  EXPECT_EQ("a c / 4", next_of(book));
}

TEST(HostBook, a_host_that_answers_a_probe_is_used_at_once) {
  HostBook book = three_hosts(6);
  EXPECT_EQ("- a b c / 6", next_of(book));
  book.lose("b", "gone");
  book.vouch("b");
  const HostBook::Plan plan = book.next();
  EXPECT_TRUE(plan.as_given);
  ASSERT_EQ(2U, plan.notes.size());
  EXPECT_EQ(HostNote::Kind::lost, plan.notes[0].kind);
  EXPECT_EQ(HostNote::Kind::taken_back, plan.notes[1].kind);
}

TEST(HostBook, spares_stand_in_and_come_before_second_chances) {
  HostBook book = three_hosts(6, "s:2,t:2");
  EXPECT_EQ("- a b c / 6", next_of(book));
  book.lose("b", "gone");
  EXPECT_EQ("a c s / 6", next_of(book));
  EXPECT_EQ("a c s / 6", next_of(book));
  book.lose("s", "gone");
  EXPECT_EQ("a c t / 6", next_of(book));
  book.lose("a", "gone");
  book.vouch("s");
  EXPECT_EQ("c s t / 6", next_of(book));
}

TEST(HostBook, tries_what_it_has_just_lost_only_if_there_is_nothing_else) {
  HostBook book(hosts_of_option("a:2"), hosts_of_option("s:2"), 2);
  EXPECT_EQ("- a / 2", next_of(book));
  book.lose("a", "gone");
  EXPECT_EQ("s / 2", next_of(book));
  book.lose("s", "gone");
  EXPECT_EQ("- a / 2", next_of(book));
  book.lose("a", "gone");
  EXPECT_EQ("s / 2", next_of(book));
  book.lose("s", "gone");
  EXPECT_EQ("/ 2", next_of(book));  // nowhere
}

TEST(HostBook, a_host_that_is_down_now_is_not_used_and_not_blamed) {
  HostBook book = three_hosts(6);
  book.avoid("c");
  EXPECT_EQ("a b / 4", next_of(book));
  EXPECT_EQ("- a b c / 6", next_of(book));
}

TEST(HostBook, takes_hosts_without_slots_for_equal) {
  HostBook book(hosts_of_hostfile("a\nb\nc\n"), {}, 9);
  EXPECT_EQ("- a b c / 9", next_of(book));
  book.lose("c.example.org", "gone");
  EXPECT_EQ("a b / 6", next_of(book));
}

TEST(HostBook, a_farm_keeps_a_worker) {
  HostBook book(hosts_of_option("a:1,b:8"), {}, 8);
  EXPECT_EQ("- a b / 8", next_of(book));
  book.lose("b", "gone");
  EXPECT_EQ("a / 2", next_of(book));
}

TEST(HostBook, counts_one_loss_a_start_and_only_of_hosts_in_it) {
  HostBook book = three_hosts(6);
  EXPECT_EQ("- a b c / 6", next_of(book));
  book.lose("b", "gone");
  book.lose("b", "gone as somebody else sees it");
  EXPECT_EQ("a c / 4", next_of(book));
  book.lose("b", "still gone");
  book.lose("stranger", "gone");
  EXPECT_FALSE(book.lost_one());
  EXPECT_EQ("- a b c / 6", next_of(book));
}

}  // namespace
}  // namespace steadfarm::supervisor
