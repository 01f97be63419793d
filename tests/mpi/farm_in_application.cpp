// A farm inside an application that has its own MPI: initialised before, at the thread level given
// as the first argument, on communicators that the application made. Two farms run at the same
// time, on the even and on the odd ranks, then a third on everybody; the application's own traffic
// on MPI_COMM_WORLD goes on beside them.
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "steadfarm/byte_farm.hpp"

namespace {

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "farm_in_application: failed: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

std::uint64_t number(steadfarm::ByteView bytes) {
  std::uint64_t value = 0;
  check(bytes.size() == sizeof value, "eight bytes");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

steadfarm::Bytes bytes_of(std::uint64_t value) {
  steadfarm::Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// The sum of the squares below `count`, each unit spawning one child that adds 1.
std::uint64_t run_farm(MPI_Comm communicator, std::uint64_t count, const char* name) {
  steadfarm::Options options;
  options.identity = name;
  options.communicator = MPI_Comm_c2f(communicator);
  steadfarm::ByteFarm farm(options);
  int rank = -1;
  int size = 0;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  check(farm.rank() == rank && farm.rank_count() == size, "rank and size are the communicator's");
  for (std::uint64_t i = 0; i < count; ++i) farm.submit(bytes_of(i));
  farm.work([](steadfarm::UnitCall& call) {
    if (call.key().is_index()) {
      const std::uint64_t i = number(call.payload());
      call.set_result(bytes_of(i * i));
      call.spawn(bytes_of(1), 0);
    } else {
      call.set_result(bytes_of(number(call.payload())));
    }
  });
  std::uint64_t sum = 0;
  steadfarm::ByteFarm::Fold fold;
  fold.apply = [&sum](const steadfarm::UnitKey&, steadfarm::ByteView result) {
    sum += number(result);
  };
  farm.fold(std::move(fold));
  const steadfarm::Outcome outcome = farm.run();
  check(outcome.exit_code == 0, "the farm completes");
  if (farm.is_master()) check(outcome.units_accepted == 2 * count, "every unit and its child");
  return sum;
}

std::uint64_t expected(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += i * i + 1;
  return sum;
}

int thread_level(const std::string& name) {
  if (name == "single") return MPI_THREAD_SINGLE;
  if (name == "funneled") return MPI_THREAD_FUNNELED;
  if (name == "serialized") return MPI_THREAD_SERIALIZED;
  if (name == "multiple") return MPI_THREAD_MULTIPLE;
  std::fprintf(stderr, "farm_in_application: unknown thread level %s\n", name.c_str());
  std::exit(64);
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = thread_level(argc > 1 ? argv[1] : "");
  int provided = -1;
  MPI_Init_thread(&argc, &argv, wanted, &provided);
  check(provided >= wanted, "the thread level is to be had");
  int rank = -1;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Errhandler before = MPI_ERRHANDLER_NULL;
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &before);

  // A message of the application that stays under way while the farms run, with any tag and source.
  int inbox = -1;
  MPI_Request receive = MPI_REQUEST_NULL;
  MPI_Irecv(&inbox, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &receive);

  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  const std::uint64_t count = rank % 2 == 0 ? 500 : 700;
  const std::uint64_t sum = run_farm(half, count, rank % 2 == 0 ? "even" : "odd");
  if (rank < 2) check(sum == expected(count), "the halves' answers");
  const std::uint64_t all = run_farm(MPI_COMM_WORLD, 300, "all");
  if (rank == 0) check(all == expected(300), "everybody's answer");

  const int mine = 1000 + rank;
  MPI_Send(&mine, 1, MPI_INT, (rank + 1) % size, 7, MPI_COMM_WORLD);
  MPI_Wait(&receive, MPI_STATUS_IGNORE);
  check(inbox == 1000 + (rank + size - 1) % size, "the application's own message");
  MPI_Errhandler after = MPI_ERRHANDLER_NULL;
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &after);
  check(before == after, "the error handler of MPI_COMM_WORLD");
  MPI_Errhandler_free(&before);
  MPI_Errhandler_free(&after);
  MPI_Comm_free(&half);
  int finalized = 1;
  MPI_Finalized(&finalized);
  check(finalized == 0, "MPI is still the application's");
  MPI_Finalize();
  if (rank == 0) std::printf("farms on given communicators: all good\n");
  return 0;
}
