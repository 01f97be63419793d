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
