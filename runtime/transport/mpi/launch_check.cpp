#include "transport/mpi/launch_check.hpp"

#include <charconv>
#include <cstring>

namespace steadfarm::transport {
namespace {

std::optional<int> number(const char* text) {
  if (text == nullptr) return std::nullopt;
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> lonely_rank_reason(int world_size, const EnvironmentLookup& lookup) {
  if (world_size != 1) return std::nullopt;
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (number(lookup(name)) == 1) return std::nullopt;
  }
  // The step is nearer than the job: `srun -n 1` inside a job of many tasks is one rank by intent.
  for (const char* name : {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}) {
    const std::optional<int> tasks = number(lookup(name));
    if (!tasks) continue;
    if (*tasks <= 1) return std::nullopt;
    return "MPI says rank 0 of 1, but " + std::string(name) + "=" + std::to_string(*tasks) +
           ": srun without its PMI plugin starts every task alone. Start with `srun --mpi=pmix` or "
           "with mpirun (one rank on purpose: mpirun -n 1).";
  }
  return std::nullopt;
}

bool launcher_lets_others_live(const EnvironmentLookup& lookup) {
  if (number(lookup("OMPI_MCA_orte_enable_recovery")) == 1) return true;
  // Below an mpirun that srun started there is a step too, but then mpirun has the say.
  return lookup("SLURM_STEP_ID") != nullptr && lookup("OMPI_COMM_WORLD_SIZE") == nullptr &&
         lookup("PMI_SIZE") == nullptr;
}

}  // namespace steadfarm::transport
