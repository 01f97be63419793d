#include "tests/unit/checkpoint/workload.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::checkpoint::test {

Workload::Workload(std::uint64_t seed) : prng_(seed), hint_prng_(seed + 1) {
  for (std::uint64_t i = 0; i < 40; ++i) pending_.insert(i);
}

Bytes Workload::random_bytes(std::size_t bytes_max) {
  Bytes bytes(static_cast<std::size_t>(prng_.below(bytes_max + 1)));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng_.below(256));
  return bytes;
}

void Workload::spawn() {
  const std::uint64_t count = prng_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    core::UnitRecord unit;
    unit.key = child_key(UnitKey::index(epoch_), i);
    unit.priority = static_cast<std::int32_t>(prng_.between(-5, 5));
    unit.payload = random_bytes(30);
    if (hint_prng_.chance(0.4)) {
      unit.hints.expected_us = hint_prng_.below(3) * 1000;
      unit.hints.affinity = hint_prng_.below(5);
      unit.hints.repeatable = hint_prng_.chance(0.7);
    }
    units_[unit.key] = unit;
    touched_.insert(unit.key);
    ++counters_.spawned;
  }
  if (!units_.empty() && prng_.chance(0.4)) {  // a try failed: the record is replaced
    core::UnitRecord& unit = units_.begin()->second;
    ++unit.tries;
    touched_.insert(unit.key);
  }
}

void Workload::finish_some() {
  const auto accept = [this](const UnitKey& key) {
    Bytes result = random_bytes(result_bytes_max);
    new_results_.add(key, result);
    results_[key] = std::move(result);
    partials_.erase(key);
    saved_.erase(key);
    ++counters_.accepted;
    ++counters_.executions;
  };
  for (std::uint64_t i = prng_.below(3); i > 0 && !pending_.empty(); --i) {
    const auto picked =
        std::next(pending_.begin(), static_cast<std::ptrdiff_t>(prng_.below(pending_.size())));
    accept(UnitKey::index(*picked));
    retried_.erase(*picked);
    pending_.erase(picked);
  }
  if (units_.size() > 2) {
    const UnitKey key = std::prev(units_.end())->first;
    accept(key);
    units_.erase(key);
    touched_.erase(key);
    removed_.push_back(key);
  }
}

void Workload::give_up_one() {
  if (pending_.size() < 2) return;
  const std::uint64_t retried = *pending_.rbegin();
  retried_[retried] = {retried, static_cast<std::uint32_t>(1 + prng_.below(3)), 1};
  if (!prng_.chance(0.3)) return;
  core::FailedUnit unit{UnitKey::index(*pending_.begin()), 3, 1,
                        "it said no, number " + std::to_string(epoch_)};
  retried_.erase(*pending_.begin());
  partials_.erase(unit.key);
  saved_.erase(unit.key);
  pending_.erase(pending_.begin());
  failed_.push_back(unit);
  new_failed_.push_back(unit);
  ++counters_.failed;
}

// Index units and spawned ones save, save again, and start anew.
void Workload::save_some() {
  std::vector<UnitKey> keys;
  if (!pending_.empty()) keys.push_back(UnitKey::index(*pending_.rbegin()));
  if (pending_.size() > 1) keys.push_back(UnitKey::index(*std::next(pending_.begin())));
  if (!units_.empty()) keys.push_back(std::prev(units_.end())->first);
  for (const UnitKey& key : keys) {
    if (prng_.chance(0.4)) continue;
    core::PartialState& partial = partials_[key];
    partial.key = key;
    if (prng_.chance(0.2)) {
      partial.sequence = 0;
      partial.state = nullptr;
    } else {
      ++partial.sequence;
      partial.state = std::make_shared<const Bytes>(random_bytes(30));
    }
    saved_.insert(key);
  }
}

std::vector<core::Interval> Workload::pending_runs() const {
  std::vector<core::Interval> runs;
  for (const std::uint64_t index : pending_) {
    if (!runs.empty() && runs.back().end == index) {
      ++runs.back().end;
    } else {
      runs.push_back({index, index + 1});
    }
  }
  return runs;
}

core::GenerationDelta Workload::next() {
  ++epoch_;
  spawn();
  finish_some();
  give_up_one();
  save_some();
  fold_ = random_bytes(24);
  if (prng_.chance(0.5)) {
    const std::int64_t value = shared_ ? shared_->value - 1 : 1000;
    shared_ = core::SharedValue{value, random_bytes(12)};
  }
  core::GenerationDelta delta;
  delta.epoch = Epoch(epoch_);
  delta.complete = pending_.empty() && units_.empty();
  delta.pending_indices = pending_runs();
  for (const auto& [index, unit] : retried_) delta.retried.push_back(unit);
  for (const UnitKey& key : touched_) delta.added.push_back(units_.at(key));
  delta.removed = removed_;
  for (const UnitKey& key : saved_) delta.partials.push_back(partials_.at(key));
  delta.failed = new_failed_;
  delta.results = new_results_;
  delta.shared = shared_;
  delta.fold_state = fold_;
  delta.counters = counters_;
  return delta;
}

void Workload::committed() {
  touched_.clear();
  removed_.clear();
  saved_.clear();
  new_failed_.clear();
  new_results_ = {};
}

Snapshot Workload::snapshot() const {
  Snapshot out;
  out.state.complete = pending_.empty() && units_.empty();
  out.state.pending_indices = pending_runs();
  for (const auto& [index, unit] : retried_) out.state.retried.push_back(unit);
  for (const auto& [key, unit] : units_) out.state.units.push_back(unit);
  for (const auto& [key, partial] : partials_) {
    if (partial.sequence > 0) out.state.partials.push_back(partial);
  }
  out.state.failed = failed_;
  out.state.shared = shared_;
  out.state.fold_state = fold_;
  out.state.counters = counters_;
  out.results = results_;
  return out;
}

StoreOptions test_options() {
  StoreOptions options;
  options.path = store_path;
  options.job.job.identity = "the test job";
  return options;
}

std::string difference(const core::RecoveredState& recovered, const Snapshot& expected) {
  const core::RecoveredState& state = expected.state;
  if (recovered.complete != state.complete) return "complete";
  if (recovered.pending_indices != state.pending_indices) return "pending indices";
  if (recovered.retried != state.retried) return "retried indices";
  if (recovered.units != state.units) return "units";
  if (recovered.partials != state.partials) return "partial states";
  if (recovered.failed != state.failed) return "failed units";
  if (recovered.shared != state.shared) return "shared value";
  if (recovered.fold_state != state.fold_state) return "fold state";
  if (!(recovered.counters == state.counters)) return "counters";
  return {};
}

std::string results_difference(FileSystem& files, const std::string& path, const Snapshot& expected,
                               const SegmentCodec* codec) {
  std::map<UnitKey, Bytes> seen;
  std::string twice;
  ResultReading reading;
  reading.codec = codec;
  const Status read = for_each_result(
      files, path,
      [&](const UnitKey& key, ByteView bytes) {
        if (!seen.emplace(key, Bytes(bytes.begin(), bytes.end())).second) twice = to_string(key);
      },
      reading);
  if (!read) return read.error().message;
  if (!twice.empty()) return "result " + twice + " is there twice";
  return seen == expected.results ? "" : "the results differ";
}

Bytes bytes_of(const std::string& text) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

Files files_of(MemoryFileSystem& files, const std::string& path) {
  Files out;
  for (const auto& [name, file] : files.disk(path).visible()) out[name] = file->content;
  return out;
}

std::unique_ptr<MemoryFileSystem> file_system_with(const Files& content, const std::string& path) {
  auto files = std::make_unique<MemoryFileSystem>(1);
  MemoryDisk& disk = files->disk(path);
  for (const auto& [name, bytes] : content) {
    auto file = std::make_shared<MemoryFile>();
    file->content = bytes;
    file->synced_bytes = bytes.size();
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos) disk.make_folder(name.substr(0, slash));
    disk.put(name, file);
    if (slash != std::string::npos) disk.sync_folder(name.substr(0, slash));
  }
  disk.sync_folder({});
  return files;
}

}  // namespace steadfarm::checkpoint::test
