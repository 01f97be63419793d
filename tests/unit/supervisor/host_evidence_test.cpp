#include "supervisor/host_evidence.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

std::string host_in(std::string_view line) {
  const auto trouble = trouble_in_line(line);
  return trouble ? trouble->host : "";
}

// Lines as the programs write them.
TEST(TroubleInLine, mpirun_4_and_5) {
  EXPECT_EQ("node3", host_in("  Remote daemon: [[47794,0],3] on node node3"));
  EXPECT_EQ("node3", host_in("  Remote daemon: [prterun-head-34@0,1] on node node3"));
  EXPECT_EQ("node2", host_in("  target node:  node2"));
  EXPECT_EQ("", host_in("  HNP daemon   : [[47794,0],0] on node head"));
}

TEST(TroubleInLine, ssh) {
  EXPECT_EQ("node2", host_in("ssh: connect to host node2 port 22: No route to host\r"));
  EXPECT_EQ("node2", host_in("ssh: Could not resolve hostname node2: Name or service not known"));
  EXPECT_EQ("node2", host_in("Connection to node2 closed by remote host.\r"));
  EXPECT_EQ("10.0.0.4", host_in("Timeout, server 10.0.0.4 not responding."));
}

TEST(TroubleInLine, srun) {
  EXPECT_EQ("node2", host_in("srun: error: Node failure on node2"));
  EXPECT_EQ("node2", host_in("srun: error: Task launch for StepId=7.0 failed on node node2: "
                             "Communication connection failure"));
}

// What happens to ranks, and what mentions hosts by the way.
TEST(TroubleInLine, is_not_found_where_no_host_is_lost) {
  for (const char* line :
       {"", "steadfarm: worker 4 is lost (silent for longer than the time-out)",
        "mpirun noticed that process rank 2 with PID 0 on node node2 exited on signal 9 (Killed).",
        "srun: error: node2: task 3: Killed",
        "slurmstepd: error: *** STEP 3.0 ON node1 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE "
        "FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***",
        "Connection to a far away place", "ssh: connect to host ", "Connection to node2 closed."}) {
    EXPECT_EQ("", host_in(line)) << line;
  }
}

TEST(LauncherTalk, puts_lines_together_and_names_each_host_once) {
  LauncherTalk talk;
  talk.add("first line\nssh: connect to ");
  talk.add("host node2 port 22: No route to host\nsrun: error: Node failure on node3\n");
  talk.add("Connection to node2 closed by remote host.\n");
  const auto found = talk.take();
  ASSERT_EQ(2U, found.size());
  EXPECT_EQ("node2", found[0].host);
  EXPECT_EQ("node3", found[1].host);
  EXPECT_TRUE(talk.take().empty());
}

TEST(LauncherTalk, takes_a_last_line_without_end_and_forgets_long_ones) {
  LauncherTalk talk;
  talk.add(std::string(10'000'000, 'x') + "srun: error: Node failure on node1");
  EXPECT_TRUE(talk.take().empty());
  talk.add("srun: error: Node failure on node4");
  ASSERT_EQ(1U, talk.take().size());
}

TEST(HostsOfSinfo, knows_who_is_up) {
  const auto hosts = hosts_of_sinfo(
      "node1 allocated\nnode2 down*\nnode3 allocated*\nnode4 draining\nnode5 idle\nnode5 idle\n"
      "node6 down\nnode7 failing\nnode8 powered_down\nnode9 unknown\nnonsense\n");
  ASSERT_EQ(9U, hosts.size());
  std::string up;
  for (const SlurmHost& host : hosts) {
    if (host.up) up += host.name + " ";
  }
  EXPECT_EQ("node1 node4 node5 ", up);
  EXPECT_EQ("down*", hosts[1].state);
}

TEST(NodeListOfJob, is_not_that_of_the_request) {
  EXPECT_EQ("node[1,3]", node_list_of_job("JobId=3 ReqNodeList=node[1-3] ExcNodeList=(null) "
                                          "NodeList=node[1,3] BatchHost=node1\n"));
  EXPECT_EQ(std::nullopt, node_list_of_job("JobId=3 NodeList=(null) A=b"));
  EXPECT_EQ(std::nullopt, node_list_of_job("slurm_load_jobs error"));
}

}  // namespace
}  // namespace steadfarm::supervisor
