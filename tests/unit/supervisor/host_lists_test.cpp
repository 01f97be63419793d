#include "supervisor/host_lists.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

using Names = std::vector<std::string>;
using Counts = std::vector<int>;

TEST(HostsOfHostfile, keeps_order_slots_and_lines) {
  const auto hosts = hosts_of_hostfile(
      "# my hosts\n\n  node1 slots=4 max_slots=8  # fast\nnode2:2\r\nme@node3 count=1\nnode4");
  ASSERT_EQ(4U, hosts.size());
  EXPECT_EQ((Host{"node1", 4, "node1 slots=4 max_slots=8"}), hosts[0]);
  EXPECT_EQ((Host{"node2", 2, "node2:2"}), hosts[1]);
  EXPECT_EQ((Host{"node3", 1, "me@node3 count=1"}), hosts[2]);
  EXPECT_EQ((Host{"node4", 0, "node4"}), hosts[3]);
}

TEST(HostsOfHostfile, adds_up_a_host_that_is_named_twice) {
  const auto hosts = hosts_of_hostfile("a slots=2\nb slots=1\na slots=3\n");
  ASSERT_EQ(2U, hosts.size());
  EXPECT_EQ((Host{"a", 5, "a slots=5"}), hosts[0]);
}

TEST(HostsOfOption, counts_slots_as_mpirun_does) {
  const auto hosts = hosts_of_option("a:4,b,c,b");
  ASSERT_EQ(3U, hosts.size());
  EXPECT_EQ((Host{"a", 4, ""}), hosts[0]);
  EXPECT_EQ((Host{"b", 2, ""}), hosts[1]);
  EXPECT_EQ((Host{"c", 1, ""}), hosts[2]);
  EXPECT_TRUE(hosts_of_option("").empty());
}

TEST(ExpandSlurmNames, opens_brackets) {
  EXPECT_EQ((Names{"node1"}), expand_slurm_names("node1"));
  EXPECT_EQ((Names{"node1", "node2", "node3", "node07", "head"}),
            expand_slurm_names("node[1-3,07],head"));
  EXPECT_EQ((Names{"r08", "r09", "r10"}), expand_slurm_names("r[08-10]"));
  EXPECT_EQ((Names{"a1-b3", "a1-b4", "a2-b3", "a2-b4"}), expand_slurm_names("a[1-2]-b[3-4]"));
  EXPECT_EQ((Names{"n1-ib", "n2-ib"}), expand_slurm_names("n[1-2]-ib"));
  EXPECT_EQ(Names{}, expand_slurm_names(""));
}

TEST(ExpandSlurmNames, takes_no_nonsense) {
  EXPECT_EQ(Names{}, expand_slurm_names("a[x-y]"));
  EXPECT_EQ((Names{"a[1"}), expand_slurm_names("a[1"));
  EXPECT_LE(expand_slurm_names("a[1-2000000000]").size(), 100'000U);
}

TEST(ExpandSlurmCounts, repeats) {
  EXPECT_EQ((Counts{4, 4, 3}), expand_slurm_counts("4(x2),3"));
  EXPECT_EQ((Counts{2}), expand_slurm_counts("2"));
  EXPECT_EQ(Counts{}, expand_slurm_counts("two"));
}

TEST(SameHost, with_and_without_domain) {
  EXPECT_TRUE(same_host("node1", "node1"));
  EXPECT_TRUE(same_host("node1", "node1.example.org"));
  EXPECT_TRUE(same_host("node1.example.org", "node1"));
  EXPECT_FALSE(same_host("node1.example.org", "node1.example.com"));
  EXPECT_FALSE(same_host("10.0.0.1", "10.0.0.2"));
  EXPECT_FALSE(same_host("node1", "node11"));
  EXPECT_FALSE(same_host("", "."));
}

}  // namespace
}  // namespace steadfarm::supervisor
