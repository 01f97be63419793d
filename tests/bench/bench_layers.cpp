// What a unit costs in each layer, without MPI: the messages' bytes, the master's machine, a
// segment of the store, its digest. Google Benchmark; see README.md beside this file.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "checkpoint/segment.hpp"
#include "core/master.hpp"
#include "wire/messages.hpp"

namespace steadfarm::bench {
namespace {

constexpr wire::JobId kJob{1};
constexpr std::uint64_t kBatch = 256;

wire::UnitBatch units(std::uint64_t count, std::size_t payload_bytes) {
  const Bytes payload(payload_bytes, std::byte{7});
  wire::UnitBatch batch;
  for (std::uint64_t i = 0; i < count; ++i) batch.add(UnitKey::index(i), Attempt(1), payload);
  return batch;
}

void assign_to_bytes_and_back(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::size_t>(state.range(0));
  const wire::Message message{Session(1), wire::Assign{1, units(kBatch, payload_bytes)}};
  for (auto _ : state) {
    const Bytes bytes = wire::encode(kJob, message);
    auto back = wire::decode(kJob, bytes);
    if (!back.ok()) state.SkipWithError("an Assign does not come back");
    benchmark::DoNotOptimize(back);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(kBatch) * state.iterations());
}
BENCHMARK(assign_to_bytes_and_back)->Arg(0)->Arg(64)->Arg(4096);

/// Answers every unit of what the last step assigned, as one worker would.
class LoneWorker {
 public:
  [[nodiscard]] core::MessageFrom answer(const core::Actions& actions) {
    auto answers = std::make_shared<wire::AnswerBatch>();
    for (const core::Action& action : actions) {
      const auto* send = std::get_if<core::Send>(&action);
      if (send == nullptr) continue;
      session_ = send->message.session;
      const auto* assign = std::get_if<wire::Assign>(&send->message.body);
      if (assign == nullptr) continue;
      seen_ = assign->assign_seq;
      for (const auto& run : assign->units.runs) {
        for (std::uint64_t i = 0; i < run.count; ++i) {
          wire::AnswerView answer;
          answer.key = UnitKey::index(run.begin + i);
          answer.attempt = run.attempt;
          answers->add(answer);
        }
      }
    }
    wire::Report report;
    report.report_seq = ++seq_;
    report.assigns_seen = seen_;
    report.executed = static_cast<std::uint32_t>(answers->size());
    report.busy_us = answers->size();
    report.answers = std::move(answers);
    return {Rank(1), {session_, std::move(report)}};
  }

 private:
  Session session_;
  std::uint32_t seen_ = 0;
  std::uint32_t seq_ = 0;
};

void master_hands_out_and_accepts(benchmark::State& state) {
  core::MasterOptions options;
  options.policy.kind = core::PolicyKind::fixed;
  options.policy.chunk = static_cast<std::uint32_t>(state.range(0));
  const core::IndexUnits endless{1ULL << 40U, {}, nullptr};
  core::Master master(options, endless, {Rank(1)}, 0, std::nullopt);
  LoneWorker worker;
  core::Actions actions;
  TimeUs now = 0;
  master.step(now, core::Started{}, actions);
  actions.clear();
  const core::MessageFrom hello{Rank(1), {Session(0), wire::Hello{"bench", 1, true}}};
  master.step(now, hello, actions);
  for (auto _ : state) {
    const core::MessageFrom report = worker.answer(actions);
    actions.clear();
    master.step(++now, report, actions);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(master.progress().counters.accepted));
  if (master.progress().counters.accepted == 0) state.SkipWithError("nothing was accepted");
}
BENCHMARK(master_hands_out_and_accepts)->Arg(1)->Arg(16)->Arg(256);

/// A job near its end: a few of many workers have a unit, the others ask for one now and then.
class IdleFarm {
 public:
  static constexpr std::uint64_t kBusy = 4;

  explicit IdleFarm(std::int32_t workers)
      : workers_(workers), master_(options(), {kBusy, {}, nullptr}, ranks(), 0, std::nullopt) {
    master_.step(0, core::Started{}, actions_);
    for (const Rank rank : ranks()) {
      master_.step(1, core::MessageFrom{rank, {Session(0), wire::Hello{"bench", 1, true}}},
                   actions_);
      ask(rank);
    }
  }

  [[nodiscard]] std::uint64_t leased() const {
    std::uint64_t leased = 0;
    for (const core::WorkerProgress& each : master_.worker_progress()) leased += each.leases;
    return leased;
  }
  /// One of those that have nothing says so again.
  void ask_next() {
    actions_.clear();
    next_ = next_ < workers_ ? next_ + 1 : static_cast<std::int32_t>(kBusy) + 1;
    ask(Rank(next_));
  }

 private:
  [[nodiscard]] static core::MasterOptions options() {
    core::MasterOptions options;
    options.policy.kind = core::PolicyKind::fixed;
    options.policy.chunk = 1;
    return options;
  }
  [[nodiscard]] std::vector<Rank> ranks() const {
    std::vector<Rank> ranks;
    for (std::int32_t i = 1; i <= workers_; ++i) ranks.emplace_back(i);
    return ranks;
  }
  void ask(Rank rank) {
    wire::Report report;
    report.idle = rank.value > static_cast<std::int32_t>(kBusy);
    report.answers = std::make_shared<wire::AnswerBatch>();
    master_.step(2, core::MessageFrom{rank, {Session(1), std::move(report)}}, actions_);
  }

  std::int32_t workers_;
  std::int32_t next_ = 0;
  core::Master master_;
  core::Actions actions_;
};

void master_hears_one_of_many_idle_workers(benchmark::State& state) {
  IdleFarm farm(static_cast<std::int32_t>(state.range(0)));
  if (farm.leased() != IdleFarm::kBusy) state.SkipWithError("not all units are handed out");
  for (auto _ : state) farm.ask_next();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(master_hears_one_of_many_idle_workers)->Arg(8)->Arg(128)->Arg(2048)->Arg(16384);

void segment_of_results(benchmark::State& state) {
  const auto result_bytes = static_cast<std::size_t>(state.range(0));
  const std::uint64_t count = (16ULL << 20U) / result_bytes;
  const Bytes payload(result_bytes, std::byte{9});
  core::ResultBatch results;
  for (std::uint64_t i = 0; i < count; ++i) results.add(UnitKey::index(i), payload);
  checkpoint::SegmentView view;
  view.results = checkpoint::view_of(results);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto segment = checkpoint::encode_segment(view);
    if (!segment.ok()) {
      state.SkipWithError(segment.error().message.c_str());
      break;
    }
    DigestStream stream;
    for (const auto& piece : segment.value().image.pieces()) stream.update(piece.bytes);
    benchmark::DoNotOptimize(stream.finish());
    bytes += segment.value().image.bytes();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(segment_of_results)->Arg(64)->Arg(65536)->Unit(benchmark::kMillisecond);

void digest_of_bytes(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), std::byte{3});
  for (auto _ : state) benchmark::DoNotOptimize(digest(bytes));
  state.SetBytesProcessed(state.range(0) * state.iterations());
}
BENCHMARK(digest_of_bytes)->Arg(1 << 10)->Arg(16 << 20);

}  // namespace
}  // namespace steadfarm::bench

BENCHMARK_MAIN();
