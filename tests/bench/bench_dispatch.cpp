// How fast units go out and results come back: null units, or units that spin for a given time.
// Run under mpirun; prints one JSON object. The reference is raw_mpi_loop beside it.
#include <malloc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "steadfarm/byte_farm.hpp"
#include "steadfarm/command_line.hpp"

namespace {

struct Load {
  std::uint64_t units = 1'000'000;
  std::uint64_t bytes = 64;
  std::uint64_t work_us = 0;
  bool range = false;
  bool no_fold = false;
};

void spin(std::uint64_t work_us) {
  if (work_us == 0) return;
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(work_us);
  while (std::chrono::steady_clock::now() < end) {
  }
}

std::size_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

std::size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  Load load;
  CLI::App app("Dispatch benchmark: units a second through a farm.");
  app.name("bench_dispatch");
  app.add_option("--units", load.units, "units")->check(CLI::Range(1ULL, 1ULL << 40U));
  app.add_option("--bytes", load.bytes, "bytes of a unit and of its result")
      ->check(CLI::Range(8, 1 << 30));
  app.add_option("--work-us", load.work_us, "microseconds that a unit spins");
  app.add_flag("--range", load.range, "units of an index range instead of submitted ones");
  app.add_flag("--keep-results", options.keep_results, "results go into the store");
  app.add_flag("--no-fold", load.no_fold, "results are not folded");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  if (options.identity.empty()) {
    options.identity = "bench_dispatch bytes " + std::to_string(load.bytes) + " work " +
                       std::to_string(load.work_us);
  }
  steadfarm::ByteFarm farm(options);
  const std::size_t before = allocated_bytes();
  if (load.range) {
    farm.range(load.units);
  } else {
    const steadfarm::Bytes payload(load.bytes, std::byte{1});
    for (std::uint64_t i = 0; i < load.units; ++i) farm.submit(payload);
  }
  const std::size_t after = allocated_bytes();
  farm.work([&load](steadfarm::UnitCall& call) {
    spin(load.work_us);
    call.set_result(steadfarm::Bytes(load.bytes, std::byte{2}));
  });
  std::uint64_t folded = 0;
  steadfarm::ByteFarm::Fold fold;
  fold.apply = [&folded](const steadfarm::UnitKey&, steadfarm::ByteView) { ++folded; };
  fold.reduce = [](steadfarm::ByteView) { return steadfarm::Bytes(); };
  fold.save = [&folded] {
    const auto* p = reinterpret_cast<const std::byte*>(&folded);
    return steadfarm::Bytes(p, p + sizeof folded);
  };
  fold.load = [&folded](steadfarm::ByteView bytes) {
    if (bytes.size() != sizeof folded) return false;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(&folded));
    return true;
  };
  if (!load.no_fold) farm.fold(std::move(fold));
  const std::size_t peak_before = peak_bytes();
  const steadfarm::Outcome outcome = farm.run();
  const bool ran = outcome.complete || outcome.exit_code == 75;
  if (!farm.is_master() || !ran) return outcome.exit_code;
  char extra[320];
  std::snprintf(
      extra, sizeof extra,
      "{\"units_per_s\": %.0f, \"bytes_per_pending_unit\": %.2f, \"generations\": %llu, "
      "\"stall_ms_max\": %.3f, \"peak_bytes_grown\": %zu}",
      static_cast<double>(outcome.units_accepted - outcome.units_restored) / outcome.seconds,
      static_cast<double>(after - before) / static_cast<double>(load.units),
      static_cast<unsigned long long>(outcome.generations_published), outcome.stall_ms_max,
      peak_bytes() - peak_before);
  const std::string answer = "{\"folded\": " + std::to_string(folded) + "}";
  std::printf("%s\n", outcome.json(answer, extra).c_str());
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_dispatch: error: %s\n", e.what());
    return 70;
  }
}
