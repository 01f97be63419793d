// What a generation costs while a job goes on: the same change again and again over a frontier of
// constant size, into a real store that grows. Prints one JSON object: medians for the first and
// the last quarter of the generations, so that growth shows; with --raw also the cost of each. With
// --read: what it takes to verify or to open the store that is there. No MPI.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/publication.hpp"
#include "checkpoint/shard_writer.hpp"
#include "checkpoint/store.hpp"

namespace {

using namespace steadfarm;  // NOLINT: one short program

struct Load {
  std::string store;
  std::uint64_t generations = 200;
  std::uint64_t frontier = 20'000;  // spawned units that are pending
  std::uint64_t change = 500;       // of these that are done, and made, in a generation
  std::uint64_t results = 1'000;
  std::uint64_t bytes = 200;        // of a unit and of a result
  std::uint64_t large_results = 0;  // in a generation, beside the others
  std::uint64_t large_bytes = 16'384;
  bool shards = false;  // these go into one
  bool raw = false;
  std::string read;           // not empty: nothing is made, but what is there is read
  std::uint32_t threads = 1;  // that read
};

struct Cost {
  double shard_ms = 0;    // what a worker does before: no part of the others
  double prepare_ms = 0;  // what the loop waits for
  double write_ms = 0;
  double cpu_ms = 0;  // of the three steps of a generation
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
    delta.counters.spawned = units_;
    return delta;
  }

  /// The next large results, which go into a shard.
  std::shared_ptr<const core::ResultBatch> large() {
    auto batch = std::make_shared<core::ResultBatch>();
    const Bytes result(load_.large_bytes, std::byte{7});
    for (std::uint64_t i = 0; i < load_.large_results; ++i) {
      batch->add(UnitKey::index(accepted_++), result);
    }
    return batch;
  }
  /// The delta is whole.
  void count(core::GenerationDelta& delta) const { delta.counters.accepted = accepted_; }

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

double cpu_ms() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

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

/// As a worker does: writes the job's next large results, and tells the delta where they lie.
Status write_shard(checkpoint::ShardWriter& writer, Job& job, core::GenerationDelta& delta) {
  const std::shared_ptr<const core::ResultBatch> results = job.large();
  const Result<checkpoint::LaidOutShard> laid_out = writer.lay_out(results);
  if (!laid_out) return laid_out.error();
  const Result<ShardInfo> shard = writer.write(laid_out.value());
  if (!shard) return shard.error();
  for (std::uint64_t row = 0; row < results->size(); ++row) {
    delta.sharded.add(results->keys[row], {shard.value(), row, results->payload(row).size()});
  }
  return {};
}

Status publish(checkpoint::Store& store, std::shared_ptr<const core::GenerationDelta> delta,
               Cost& cost) {
  const double cpu_before_ms = cpu_ms();
  Watch watch;
  auto publication = store.prepare(std::move(delta));
  if (!publication) return publication.error();
  cost.prepare_ms = watch.lap_ms();
  const Result<Generation> done = store.write(*publication.value());
  if (!done) return done.error();
  cost.write_ms = watch.lap_ms();
  store.maintain();
  cost.maintain_ms = watch.lap_ms();
  cost.cpu_ms = cpu_ms() - cpu_before_ms;
  cost.bytes = static_cast<double>(store.last_publish_bytes());
  return {};
}

void print_raw(const char* name, const std::vector<Cost>& costs, double (*of)(const Cost&)) {
  std::printf(", \"%s\": [", name);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    std::printf("%s%.3f", i == 0 ? "" : ", ", of(costs[i]));
  }
  std::printf("]");
}

int read(const Load& load) {
  checkpoint::PosixFileSystem files;
  Watch watch;
  std::uint64_t good = 0;
  if (load.read == "verify") {
    const auto verified = checkpoint::verify(files, load.store, nullptr, load.threads);
    if (!verified) return failed(verified.error());
    if (!verified.value().bad.empty()) {
      return failed({ErrorCode::corrupt, verified.value().bad.front()});
    }
    good = verified.value().newest_good.value;
  } else {
    checkpoint::StoreOptions options;
    options.path = load.store;
    options.read_threads = load.threads;
    checkpoint::OpenReport report;
    const auto store = checkpoint::Store::open(files, options, report);
    if (!store) return failed(store.error());
    good = report.generation.value;
  }
  std::printf("{\"read\": \"%s\", \"threads\": %u, \"generation\": %llu, \"ms\": %.1f}\n",
              load.read.c_str(), load.threads, static_cast<unsigned long long>(good),
              watch.lap_ms());
  return 0;
}

int run(const Load& load) {
  checkpoint::PosixFileSystem files;
  checkpoint::StoreOptions options;
  options.path = load.store;
  options.fresh = true;
  checkpoint::OpenReport report;
  auto store = checkpoint::Store::open(files, options, report);
  if (!store) return failed(store.error());
  checkpoint::ShardWriter shards(
      files, {load.store, {report.owner_epoch, report.fingerprint}, "", nullptr});
  Job job(load);
  std::vector<Cost> costs;
  // The first one writes the whole frontier; it is not a change.
  for (std::uint64_t i = 0; i <= load.generations; ++i) {
    const auto delta = std::make_shared<core::GenerationDelta>(job.next());
    Cost cost;
    Watch watch;
    if (!load.shards) {
      const auto large = job.large();
      for (std::size_t k = 0; k < large->size(); ++k) {
        delta->results.add(large->keys[k], large->payload(k));
      }
    } else if (load.large_results > 0) {
      if (Status done = write_shard(shards, job, *delta); !done) return failed(done.error());
    }
    cost.shard_ms = watch.lap_ms();
    job.count(*delta);
    if (Status done = publish(*store.value(), delta, cost); !done) return failed(done.error());
    if (i > 0) costs.push_back(cost);
  }
  const auto by_prepare = [](const Cost& a, const Cost& b) { return a.prepare_ms < b.prepare_ms; };
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const std::size_t part = std::max<std::size_t>(costs.size() / 4, 1);
  std::printf(
      "{\"generations\": %zu, \"first_quarter\": %s, \"last_quarter\": %s, "
      "\"prepare_ms_max\": %.3f, \"peak_mib\": %.0f",
      costs.size(), quarter(costs, 0, part).c_str(),
      quarter(costs, costs.size() - part, costs.size()).c_str(),
      std::max_element(costs.begin(), costs.end(), by_prepare)->prepare_ms,
      static_cast<double>(usage.ru_maxrss) / 1024);
  if (load.raw) {
    print_raw("shard_ms", costs, [](const Cost& cost) { return cost.shard_ms; });
    print_raw("wall_ms", costs,
              [](const Cost& cost) { return cost.prepare_ms + cost.write_ms + cost.maintain_ms; });
    print_raw("cpu_ms", costs, [](const Cost& cost) { return cost.cpu_ms; });
    print_raw("written_bytes", costs, [](const Cost& cost) { return cost.bytes; });
  }
  std::printf("}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  CLI::App app("Store benchmark: what a generation costs, from the first to the last.");
  app.add_option("--store", load.store, "a folder for it; without --read its content is discarded")
      ->required();
  app.add_option("--generations", load.generations, "generations")->check(CLI::Range(4, 1'000'000));
  app.add_option("--frontier", load.frontier, "spawned units that are pending");
  app.add_option("--change", load.change, "of these that are done, and made, in a generation");
  app.add_option("--results", load.results, "results in a generation");
  app.add_option("--bytes", load.bytes, "bytes of a unit and of a result");
  app.add_option("--large-results", load.large_results, "large results in a generation");
  app.add_flag("--shards", load.shards, "these go into a shard");
  app.add_option("--large-bytes", load.large_bytes, "bytes of such a result");
  app.add_flag("--raw", load.raw, "print the cost of every generation");
  app.add_option("--read", load.read, "make nothing; read the store that is there")
      ->check(CLI::IsMember({"verify", "open"}));
  app.add_option("--threads", load.threads, "that read")->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  try {
    return load.read.empty() ? run(load) : read(load);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_store: error: %s\n", e.what());
    return 70;
  }
}
