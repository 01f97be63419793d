#include "supervisor/launch_line.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

using Launcher = LaunchLine::Launcher;
using Words = std::vector<std::string>;

Words placed(const Words& words, const Placement& placement, const std::string& hostfile = "") {
  return placed_words(words, read_launch_line(words), placement, hostfile);
}

TEST(LaunchLine, reads_mpirun_up_to_its_program) {
  const LaunchLine line = read_launch_line({"/usr/bin/mpirun",
                                            "--mca",
                                            "btl",
                                            "tcp,self",
                                            "-x",
                                            "A=1",
                                            "--hostfile",
                                            "hosts",
                                            "-n",
                                            "6",
                                            "--enable-recovery",
                                            "-host",
                                            "a:2,b",
                                            "--mca",
                                            "plm_rsh_agent",
                                            "ssh -F config",
                                            "prog",
                                            "-n",
                                            "3",
                                            "--host",
                                            "x"});
  EXPECT_EQ(Launcher::mpirun, line.launcher);
  EXPECT_EQ(6, line.ranks);
  EXPECT_EQ("hosts", line.hostfile);
  EXPECT_EQ((Words{"a:2,b"}), line.host_lists);
  EXPECT_EQ("ssh -F config", line.remote_shell);
  EXPECT_FALSE(line.several_programs);
}

TEST(LaunchLine, reads_srun_in_all_its_forms) {
  const LaunchLine line =
      read_launch_line({"srun", "--mpi=pmix", "--no-kill", "--kill-on-bad-exit=0", "-lN3", "-n6",
                        "--nodelist", "node[1-3]", "-x", "node9", "--mem", "2G", "prog", "-n4"});
  EXPECT_EQ(Launcher::srun, line.launcher);
  EXPECT_EQ(6, line.ranks);
  EXPECT_EQ((Words{"node[1-3]"}), line.host_lists);
  EXPECT_EQ("node9", line.excluded);
}

TEST(LaunchLine, finds_the_folder_that_ranks_start_in) {
  EXPECT_EQ("a", read_launch_line({"mpirun", "-wdir", "a", "p", "--wdir", "b"}).folder);
  EXPECT_EQ("a", read_launch_line({"mpirun", "--wd", "a", "p"}).folder);
  EXPECT_EQ("a", read_launch_line({"srun", "--chdir=a", "p", "-D", "b"}).folder);
  EXPECT_EQ("a", read_launch_line({"srun", "-D", "a", "p"}).folder);
  EXPECT_EQ(std::nullopt, read_launch_line({"mpirun", "p", "--wdir", "b"}).folder);
}

TEST(LaunchLine, finds_the_launcher_after_env) {
  EXPECT_EQ(2U, read_launch_line({"env", "A=1", "mpirun", "p"}).at);
  EXPECT_EQ(Launcher::srun, read_launch_line({"env", "-u", "A", "-i", "srun", "p"}).launcher);
  EXPECT_EQ(Launcher::none, read_launch_line({"env", "A=1"}).launcher);
  EXPECT_EQ(Launcher::none, read_launch_line({"bash", "-c", "mpirun p"}).launcher);
  EXPECT_EQ(Launcher::none, read_launch_line({}).launcher);
}

TEST(LaunchLine, sees_several_programs) {
  EXPECT_TRUE(read_launch_line({"mpirun", "-n", "1", "a", ":", "-n", "2", "b"}).several_programs);
  EXPECT_TRUE(read_launch_line({"srun", "--multi-prog", "file"}).several_programs);
}

TEST(LaunchLine, survives_options_without_their_words) {
  EXPECT_EQ(std::nullopt, read_launch_line({"mpirun", "-n"}).ranks);
  EXPECT_EQ(std::nullopt, read_launch_line({"mpirun", "--mca", "x"}).ranks);
  EXPECT_EQ(std::nullopt, read_launch_line({"srun", "-n"}).ranks);
  EXPECT_EQ(std::nullopt, read_launch_line({"mpirun", "-n", "many", "p"}).ranks);
}

TEST(PlacedWords, mpirun_with_a_hostfile) {
  const Placement placement{{{"a", 2, "a slots=2"}}, 2, {"b"}};
  EXPECT_EQ((Words{"mpirun", "--hostfile", "new", "-n", "2", "-x", "V", "prog", "-n", "9"}),
            placed({"mpirun", "-n", "4", "-x", "V", "--hostfile", "old", "prog", "-n", "9"},
                   placement, "new"));
}

TEST(PlacedWords, mpirun_with_hosts_by_name) {
  const Placement placement{{{"a", 2, ""}, {"c", 0, ""}}, std::nullopt, {"b"}};
  EXPECT_EQ((Words{"env", "A=1", "mpirun", "--host", "a:2,c", "prog"}),
            placed({"env", "A=1", "mpirun", "-host", "a:2,b:2,c", "prog"}, placement));
}

TEST(PlacedWords, srun_gets_its_nodes_and_what_to_leave_out) {
  const Placement placement{{{"n1", 0, ""}, {"n3", 0, ""}}, 4, {"n2"}};
  EXPECT_EQ((Words{"srun", "--nodes=2", "--nodelist=n1,n3", "--exclude=n2,n9", "--ntasks=4", "-l",
                   "prog"}),
            placed({"srun", "-N", "3", "--ntasks=6", "-l", "--exclude=n9", "prog"}, placement));
}

TEST(PlacedWords, leaves_other_commands_alone) {
  EXPECT_EQ((Words{"prog", "-n", "4"}), placed({"prog", "-n", "4"}, {{{"a", 1, ""}}, 2, {}}));
}

TEST(HostfileText, keeps_the_lines_of_a_hostfile) {
  EXPECT_EQ("a slots=2 max_slots=3\nb slots=4\nc\n",
            hostfile_text({{"a", 2, "a slots=2 max_slots=3"}, {"b", 4, ""}, {"c", 0, ""}}));
}

}  // namespace
}  // namespace steadfarm::supervisor
