// What a generation costs while a job goes on: the same change again and again over a frontier of
// constant size, into a real store. Prints one JSON object: medians for the first and the last
// quarter of the generations, so that growth shows. No MPI.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/publication.hpp"
#include "checkpoint/store.hpp"

namespace {

using namespace steadfarm;  // NOLINT: one short program

struct Load {
  std::string store;
  std::uint64_t generations = 200;
  std::uint64_t frontier = 20'000;  // spawned units that are pending
  std::uint64_t change = 500;       // of these that are done, and made, in a generation
  std::uint64_t results = 1'000;
  std::uint64_t bytes = 200;  // of a unit and of a result
};

struct Cost {
  double prepare_ms = 0;  // what the loop waits for
  double write_ms = 0;
  double maintain_ms = 0;
  double bytes = 0;
};

class Job {
 public:
  explicit Job(const Load& load) : load_(load) {}

  core::GenerationDelta next() {
    core::GenerationDelta delta;
    delta.epoch = Epoch(++epoch_);
    const std::uint64_t born = live_.empty() ? load_.frontier : load_.change;
    if (!live_.empty()) {
      for (std::uint64_t i = 0; i < load_.change; ++i) {
        delta.removed.push_back(live_.front());
        live_.pop_front();
      }
    }
    for (std::uint64_t i = 0; i < born; ++i) {
      live_.push_back(child_key(UnitKey::index(0), units_++));
      delta.added.push_back({live_.back(), 0, 0, 0, Bytes(load_.bytes, std::byte{3})});
    }
    const Bytes result(load_.bytes, std::byte{5});
    for (std::uint64_t i = 0; i < load_.results; ++i) {
      delta.results.add(UnitKey::index(accepted_++), result);
    }
    delta.counters.accepted = accepted_;
    delta.counters.spawned = units_;
    return delta;
  }

 private:
  Load load_;
  std::deque<UnitKey> live_;
  std::uint64_t epoch_ = 0;
  std::uint64_t units_ = 0;
  std::uint64_t accepted_ = 0;
};

class Watch {
 public:
  double lap_ms() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

int failed(const Error& error) {
  std::fprintf(stderr, "bench_store: error: %s\n", error.message.c_str());
  return 65;
}

std::string quarter(const std::vector<Cost>& costs, std::size_t begin, std::size_t end) {
  const auto of = [&](double Cost::*member, bool mean) {
    std::vector<double> values;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      values.push_back(costs[i].*member);
      sum += values.back();
    }
    std::sort(values.begin(), values.end());
    return mean ? sum / static_cast<double>(values.size()) : values[values.size() / 2];
  };
  char text[256];
  // Compaction comes now and then, so its share shows in the mean alone.
  std::snprintf(text, sizeof text,
                "{\"prepare_ms\": %.3f, \"write_ms\": %.3f, \"write_ms_mean\": %.3f, "
                "\"maintain_ms_mean\": %.3f, \"bytes_mean\": %.0f}",
                of(&Cost::prepare_ms, false), of(&Cost::write_ms, false), of(&Cost::write_ms, true),
                of(&Cost::maintain_ms, true), of(&Cost::bytes, true));
  return text;
}

int run(const Load& load) {
  checkpoint::PosixFileSystem files;
  checkpoint::StoreOptions options;
  options.path = load.store;
  options.fresh = true;
  checkpoint::OpenReport report;
  auto store = checkpoint::Store::open(files, options, report);
  if (!store) return failed(store.error());
  Job job(load);
  std::vector<Cost> costs;
  // The first one writes the whole frontier; it is not a change.
  for (std::uint64_t i = 0; i <= load.generations; ++i) {
    const auto delta = std::make_shared<const core::GenerationDelta>(job.next());
    Cost cost;
    Watch watch;
    auto publication = store.value()->prepare(delta);
    if (!publication) return failed(publication.error());
    cost.prepare_ms = watch.lap_ms();
    const Result<Generation> done = store.value()->write(*publication.value());
    if (!done) return failed(done.error());
    cost.write_ms = watch.lap_ms();
    store.value()->maintain();
    cost.maintain_ms = watch.lap_ms();
    cost.bytes = static_cast<double>(store.value()->last_publish_bytes());
    if (i > 0) costs.push_back(cost);
  }
  const auto by_prepare = [](const Cost& a, const Cost& b) { return a.prepare_ms < b.prepare_ms; };
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const std::size_t part = std::max<std::size_t>(costs.size() / 4, 1);
  std::printf(
      "{\"generations\": %zu, \"first_quarter\": %s, \"last_quarter\": %s, "
      "\"prepare_ms_max\": %.3f, \"peak_mib\": %.0f}\n",
      costs.size(), quarter(costs, 0, part).c_str(),
      quarter(costs, costs.size() - part, costs.size()).c_str(),
      std::max_element(costs.begin(), costs.end(), by_prepare)->prepare_ms,
      static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  CLI::App app("Store benchmark: what a generation costs, from the first to the last.");
  app.add_option("--store", load.store, "a folder for it; what it holds is discarded")->required();
  app.add_option("--generations", load.generations, "generations")->check(CLI::Range(4, 1'000'000));
  app.add_option("--frontier", load.frontier, "spawned units that are pending");
  app.add_option("--change", load.change, "of these that are done, and made, in a generation");
  app.add_option("--results", load.results, "results in a generation");
  app.add_option("--bytes", load.bytes, "bytes of a unit and of a result");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(load);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_store: error: %s\n", e.what());
    return 70;
  }
}
