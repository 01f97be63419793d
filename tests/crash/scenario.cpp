#include "tests/crash/scenario.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "checkpoint/plain_codec.hpp"

namespace steadfarm::checkpoint::test {

const SegmentCodec& fast_codec() {
  static const PlainCodec codec;
  return codec;
}

StoreOptions crash_options(const SegmentCodec& codec) {
  StoreOptions options = test_options();
  options.keep = 2;
  options.compact_every = 1;
  options.inline_results_bytes_max = 50;
  options.codec = &codec;
  return options;
}

Scenario::Scenario(MemoryFileSystem& files, std::uint64_t seed, int tries_max,
                   const SegmentCodec& codec)
    : files_(files), checker_(files), work_(seed), tries_max_(tries_max), codec_(codec) {}

void Scenario::note(const Error& error) {
  switch (error.code) {
    case ErrorCode::io:
    case ErrorCode::no_space:
    case ErrorCode::shortage:
    case ErrorCode::denied:
    case ErrorCode::unreadable:
      return;
    default:
      strange_.push_back(error.message);
  }
}

bool Scenario::open(OpenReport& report) {
  store_.reset();
  for (int i = 0; i < tries_max_; ++i) {
    Result<std::unique_ptr<Store>> store = Store::open(files_, crash_options(codec_), report);
    if (store) {
      store_ = std::move(store).value();
      checker_.reported(store_path, report.generation);
      return true;
    }
    note(store.error());
  }
  return false;
}

bool Scenario::publish() {
  for (int i = 0; i < tries_max_; ++i) {
    const core::GenerationDelta delta = work_.next();
    attempted_.push_back(work_.snapshot());
    const Result<Generation> done = store_->publish(delta);
    if (done) {
      checker_.reported(store_path, done.value());
      work_.committed();
      reported_ = attempted_.size();
      return true;
    }
    note(done.error());
  }
  return false;
}

bool Scenario::run() {
  OpenReport report;
  if (!open(report)) return false;
  for (std::size_t i = 0; i + 2 < generations; ++i) {
    if (!publish()) return false;
  }
  if (!open(report)) return false;
  if (const std::string wrong = judge_recovered(report, false); !wrong.empty()) {
    strange_.push_back(wrong);
  }
  return publish() && publish();
}

std::string Scenario::judge_recovered(const OpenReport& report, bool with_results) {
  if (!report.recovered) {
    return reported_ == 0 ? "" : "nothing came back though a generation was reported";
  }
  std::string why = "nothing was attempted yet something came back";
  for (std::size_t i = attempted_.size(); i > 0 && i >= reported_; --i) {
    const Snapshot& candidate = attempted_[i - 1];
    why = difference(*report.recovered, candidate);
    if (!why.empty()) continue;
    return with_results ? results_difference(files_, store_path, candidate, &codec_)
                        : std::string();
  }
  return "what came back is no generation from the last reported one on (" + why + ")";
}

std::string Scenario::judge(bool after_crash) {
  store_.reset();
  const Result<Verification> before = verify(files_, store_path, &codec_);
  if (before && !before.value().bad.empty()) return "damaged: " + before.value().bad.front();
  OpenReport report;
  Result<std::unique_ptr<Store>> store = Store::open(files_, crash_options(codec_), report);
  if (!store) return "it does not open: " + store.error().message;
  if (report.set_aside != 0) return "set aside: " + report.warnings.front();
  if (std::string wrong = judge_recovered(report, true); !wrong.empty()) return wrong;
  if (!after_crash && reported_ > 0 && !report.recovered) return "nothing came back";
  // It must be of use: one more generation, and the same job read back.
  Workload other(99);
  core::GenerationDelta delta = other.next();
  delta.results = {};  // of units that have one in this store already
  const Result<Generation> done = store.value()->publish(delta);
  if (!done) return "it cannot be published to: " + done.error().message;
  const Result<Verification> checked = verify(files_, store_path, &codec_);
  if (!checked) return checked.error().message;
  // The other job's counts do not fit this one's units, which the store does not know of; its
  // files must all be whole.
  if (!checked.value().bad.empty()) return "damaged: " + checked.value().bad.front();
  if (checked.value().newest_good != done.value()) return "the newest generation is not good";
  return {};
}

}  // namespace steadfarm::checkpoint::test
