// Kills a rank at a certain moment of its life, through LD_PRELOAD: STEADFARM_KILL_RANK says whom,
// STEADFARM_KILL_AT when: before or after it hands a message of a type to MPI (hello-before,
// hello-after, goodbye-before, goodbye-after), in MPI_Comm_dup (dup), with which the farm begins,
// or in MPI_Finalize (finalize). Only once: the file STEADFARM_KILL_MARK is made by it, and spares
// all later starts.
#include <fcntl.h>
#include <mpi.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// In every launcher that the tests know, MPI_COMM_WORLD is the farm's.
bool is_the_one() {
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const std::string_view wanted = variable("STEADFARM_KILL_RANK");
  return !wanted.empty() && std::to_string(rank) == wanted;
}

// Four bytes in: magic, version, type. See runtime/wire/FORMAT.md.
std::string_view type_of(const void* bytes, int count) {
  constexpr int kHeaderBytes = 16;
  const auto* byte = static_cast<const unsigned char*>(bytes);
  if (count < kHeaderBytes || byte[0] != 0x53 || byte[1] != 0x46) return "";
  constexpr unsigned char kHello = 0;
  constexpr unsigned char kGoodbye = 5;
  if (byte[3] == kHello) return "hello";
  return byte[3] == kGoodbye ? "goodbye" : "";
}

void die_if(std::string_view moment, std::string_view when) {
  const std::string_view at = variable("STEADFARM_KILL_AT");
  const bool now =
      at.size() == moment.size() + when.size() && at.starts_with(moment) && at.ends_with(when);
  if (!now || !is_the_one()) return;
  const std::string mark(variable("STEADFARM_KILL_MARK"));
  if (open(mark.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0) std::raise(SIGKILL);
}

}  // namespace

extern "C" {

int MPI_Isend(const void* bytes, int count, MPI_Datatype datatype, int to, int tag,
              MPI_Comm communicator, MPI_Request* request) {
  const std::string_view type = type_of(bytes, count);
  if (!type.empty()) die_if(type, "-before");
  const int code = PMPI_Isend(bytes, count, datatype, to, tag, communicator, request);
  if (!type.empty()) die_if(type, "-after");
  return code;
}

int MPI_Comm_dup(MPI_Comm communicator, MPI_Comm* copy) {
  die_if("dup", "");
  return PMPI_Comm_dup(communicator, copy);
}

int MPI_Finalize() {
  die_if("finalize", "");
  return PMPI_Finalize();
}
}
