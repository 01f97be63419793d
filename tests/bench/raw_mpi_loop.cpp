// The reference for bench_dispatch: a master that hands units to workers over bare MPI. Nothing is
// remembered, nothing survives; this is the speed of the messages themselves.
#include <mpi.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

constexpr int kTagUnits = 1;
constexpr int kTagStop = 2;

struct Settings {
  std::int64_t units = 1'000'000;
  int bytes = 64;  // of a unit, and of its result
  double work_us = 0;
  int batch = 1;        // units a message
  int outstanding = 1;  // messages a worker
  bool json = false;
};

// Blocking sends could wait for one another when messages are large, so the master's do not block:
// a worker answers in order, so the slot of the answered message is free again.
class Master {
 public:
  Master(const Settings& settings, int workers)
      : settings_(settings),
        slots_(static_cast<std::size_t>(workers)),
        answer_(static_cast<std::size_t>(settings.batch) *
                static_cast<std::size_t>(settings.bytes)) {
    for (Worker& worker : slots_) {
      worker.requests.resize(static_cast<std::size_t>(settings.outstanding), MPI_REQUEST_NULL);
      worker.buffers.resize(worker.requests.size(), answer_);
    }
  }

  void run() {
    for (int round = 0; round < settings_.outstanding; ++round) {
      for (std::size_t worker = 0; worker < slots_.size(); ++worker) hand_out(worker);
    }
    std::int64_t done = 0;
    while (done < settings_.units) {
      MPI_Status status;
      MPI_Recv(answer_.data(), static_cast<int>(answer_.size()), MPI_BYTE, MPI_ANY_SOURCE,
               kTagUnits, MPI_COMM_WORLD, &status);
      int size = 0;
      MPI_Get_count(&status, MPI_BYTE, &size);
      done += size / settings_.bytes;
      hand_out(static_cast<std::size_t>(status.MPI_SOURCE - 1));
    }
    for (std::size_t worker = 0; worker < slots_.size(); ++worker) {
      MPI_Waitall(settings_.outstanding, slots_[worker].requests.data(), MPI_STATUSES_IGNORE);
      MPI_Send(nullptr, 0, MPI_BYTE, static_cast<int>(worker) + 1, kTagStop, MPI_COMM_WORLD);
    }
  }

 private:
  struct Worker {
    std::vector<MPI_Request> requests;
    std::vector<std::vector<unsigned char>> buffers;
    std::size_t next = 0;
  };

  void hand_out(std::size_t index) {
    const std::int64_t count =
        std::min<std::int64_t>(settings_.batch, settings_.units - handed_out_);
    if (count <= 0) return;
    handed_out_ += count;
    Worker& worker = slots_[index];
    const std::size_t slot = worker.next++ % worker.requests.size();
    MPI_Wait(&worker.requests[slot], MPI_STATUS_IGNORE);
    MPI_Isend(worker.buffers[slot].data(), static_cast<int>(count) * settings_.bytes, MPI_BYTE,
              static_cast<int>(index) + 1, kTagUnits, MPI_COMM_WORLD, &worker.requests[slot]);
  }

  Settings settings_;
  std::vector<Worker> slots_;
  std::vector<unsigned char> answer_;
  std::int64_t handed_out_ = 0;
};

void work(const Settings& settings) {
  std::vector<unsigned char> buffer(static_cast<std::size_t>(settings.batch) *
                                    static_cast<std::size_t>(settings.bytes));
  for (;;) {
    MPI_Status status;
    MPI_Recv(buffer.data(), static_cast<int>(buffer.size()), MPI_BYTE, 0, MPI_ANY_TAG,
             MPI_COMM_WORLD, &status);
    if (status.MPI_TAG == kTagStop) return;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    if (settings.work_us > 0) {
      const double end = MPI_Wtime() + 1e-6 * settings.work_us * (size / settings.bytes);
      while (MPI_Wtime() < end) {
      }
    }
    MPI_Send(buffer.data(), size, MPI_BYTE, 0, kTagUnits, MPI_COMM_WORLD);
  }
}

void report(const Settings& settings, int ranks, double seconds) {
  const double rate = static_cast<double>(settings.units) / seconds;
  if (!settings.json) {
    std::printf("%lld units in %.3f s on %d ranks: %.0f units/s\n",
                static_cast<long long>(settings.units), seconds, ranks, rate);
    return;
  }
  std::printf(
      "{\"program\": \"raw_mpi_loop\", \"ranks\": %d, \"units\": %lld, \"bytes\": %d, "
      "\"work_us\": %g, \"batch\": %d, \"outstanding\": %d, \"seconds\": %.6f, "
      "\"units_per_s\": %.1f}\n",
      ranks, static_cast<long long>(settings.units), settings.bytes, settings.work_us,
      settings.batch, settings.outstanding, seconds, rate);
}

int run(const Settings& settings) {
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks < 2) {
    std::fprintf(stderr, "raw_mpi_loop: needs a master and a worker; start with mpirun -n 2\n");
    return 64;
  }
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  if (rank == 0) {
    Master(settings, ranks - 1).run();
    report(settings, ranks, MPI_Wtime() - start);
  } else {
    work(settings);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Master and workers over bare MPI: the reference for bench_dispatch");
  app.add_option("--units", settings.units, "Units in all")->check(CLI::PositiveNumber);
  app.add_option("--bytes", settings.bytes, "Bytes of a unit and of its result")
      ->check(CLI::PositiveNumber);
  app.add_option("--work-us", settings.work_us, "Microseconds of work a unit")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--batch", settings.batch, "Units a message")->check(CLI::PositiveNumber);
  app.add_option("--outstanding", settings.outstanding, "Messages outstanding a worker")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", settings.json, "One JSON object");
  MPI_Init(&argc, &argv);
  int result = 64;
  try {
    app.parse(argc, argv);
    result = run(settings);
  } catch (const CLI::ParseError& error) {
    result = app.exit(error) == 0 ? 0 : 64;
  }
  MPI_Finalize();
  return result;
}
