#include "transport/mpi/launch_check.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace steadfarm::transport {
namespace {

std::optional<std::string> reason(int world_size, const std::map<std::string, std::string>& env) {
  return lonely_rank_reason(world_size, [&env](const char* name) -> const char* {
    const auto found = env.find(name);
    return found == env.end() ? nullptr : found->second.c_str();
  });
}

TEST(LaunchCheck, refuses_one_rank_in_a_step_of_several) {
  const auto why = reason(1, {{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_NTASKS", "4"}});
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("SLURM_STEP_NUM_TASKS=4"), std::string::npos);
  EXPECT_NE(why->find("srun --mpi=pmix"), std::string::npos);
  EXPECT_EQ(why->find('\n'), std::string::npos);
}

TEST(LaunchCheck, refuses_one_rank_in_a_job_of_several) {
  EXPECT_TRUE(reason(1, {{"SLURM_NTASKS", "2"}}).has_value());
}

TEST(LaunchCheck, a_launcher_that_says_four_is_not_believed_by_a_lonely_rank) {
  EXPECT_TRUE(reason(1, {{"SLURM_NTASKS", "4"}, {"PMI_SIZE", "4"}}).has_value());
}

TEST(LaunchCheck, accepts_one_rank_by_intent) {
  EXPECT_FALSE(reason(1, {}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", "1"}}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", "4"}, {"SLURM_STEP_NUM_TASKS", "1"}}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", "4"}, {"OMPI_COMM_WORLD_SIZE", "1"}}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", "4"}, {"PMI_SIZE", "1"}}).has_value());
}

TEST(LaunchCheck, accepts_a_real_job_and_nonsense_values) {
  EXPECT_FALSE(reason(4, {{"SLURM_NTASKS", "4"}}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", "4(x2)"}}).has_value());
  EXPECT_FALSE(reason(1, {{"SLURM_NTASKS", ""}}).has_value());
}

bool lets_live(const std::map<std::string, std::string>& env) {
  return launcher_lets_others_live([&env](const char* name) -> const char* {
    const auto found = env.find(name);
    return found == env.end() ? nullptr : found->second.c_str();
  });
}

TEST(LaunchCheck, others_live_on_where_the_launcher_says_so) {
  EXPECT_TRUE(lets_live({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_MCA_orte_enable_recovery", "1"}}));
  EXPECT_TRUE(lets_live({{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}}));
}

TEST(LaunchCheck, others_die_with_a_rank_of_a_plain_launcher) {
  EXPECT_FALSE(lets_live({}));
  EXPECT_FALSE(lets_live({{"OMPI_COMM_WORLD_SIZE", "4"}}));
  EXPECT_FALSE(lets_live({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_MCA_orte_enable_recovery", "0"}}));
  EXPECT_FALSE(lets_live({{"OMPI_COMM_WORLD_SIZE", "4"}, {"SLURM_STEP_ID", "0"}}));
  EXPECT_FALSE(lets_live({{"PMI_SIZE", "4"}, {"SLURM_STEP_ID", "0"}}));
}

}  // namespace
}  // namespace steadfarm::transport
