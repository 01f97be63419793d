// FORMAT.md is complete: a program written from it alone, in another language, reads the store.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "checkpoint/names.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

std::string hex(const Bytes& bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(byte));
    out += digits;
  }
  return out;
}

std::string output_of(const std::string& command, int& code) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run it";
  char buffer[4096];
  for (std::size_t got = 1; got > 0;) {
    got = std::fread(buffer, 1, sizeof buffer, pipe);
    out.append(buffer, got);
  }
  code = ::pclose(pipe);
  return out;
}

/// A folder that goes with the test.
class Format : public testing::Test {
 protected:
  Format() {
    folder_ = (std::filesystem::temp_directory_path() / "steadfarm-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    options_ = test_options();
    options_.path = folder_ + "/store";
  }
  ~Format() override { std::filesystem::remove_all(folder_); }

  /// What the reader that knows only FORMAT.md prints. The system's own interpreter: python3-h5py
  /// belongs to it.
  std::string read() {
    int code = -1;
    std::string out = output_of(
        "/usr/bin/python3 " STEADFARM_TEST_SOURCE_DIR "/read_by_format.py " + options_.path, code);
    EXPECT_EQ(code, 0);
    return out;
  }
  static std::string line(const UnitKey& key, const Bytes& bytes) {
    return std::to_string(key.hi) + " " + std::to_string(key.lo) + " " + hex(bytes) + "\n";
  }

  std::string folder_;
  PosixFileSystem files_;
  StoreOptions options_;
};

TEST_F(Format, h5py_reads_every_result_hint_and_saved_state_of_a_store) {
  options_.inline_results_bytes_max = 80;
  options_.segment_bytes_max = 200;
  options_.compact_every = 7;
  Workload work(21);
  OpenReport report;
  {
    auto store = std::move(Store::open(files_, options_, report)).value();
    for (int i = 0; i < 25; ++i) {
      ASSERT_TRUE(store->publish(work.next()));
      work.committed();
    }
  }
  std::string expected;
  for (const auto& [key, bytes] : work.snapshot().results) expected += line(key, bytes);
  const std::size_t without_hints = expected.size();
  for (const core::UnitRecord& unit : work.snapshot().state.units) {
    if (unit.hints == UnitHints()) continue;
    expected += "hints " + std::to_string(unit.key.hi) + " " + std::to_string(unit.key.lo) + " " +
                std::to_string(unit.hints.expected_us) + " " + std::to_string(unit.hints.affinity) +
                (unit.hints.repeatable ? " 0\n" : " 1\n");
  }
  ASSERT_GT(expected.size(), without_hints);
  ASSERT_FALSE(work.snapshot().state.partials.empty());
  for (const core::PartialState& partial : work.snapshot().state.partials) {
    expected += "state " + line(partial.key, *partial.state);
  }
  EXPECT_EQ(read(), expected);
  EXPECT_GT(work.snapshot().results.size(), 20U);
}

// Two workers and two owners; of one shard only a part counts, and one is named by nobody.
TEST_F(Format, h5py_reads_results_in_shards_and_finds_those_that_do_not_count) {
  options_.compact_every = 3;
  std::map<UnitKey, Bytes> results;
  std::string orphan;
  std::uint64_t unit = 0;
  for (int start = 0; start < 2; ++start) {
    OpenReport report;
    auto store = std::move(Store::open(files_, options_, report)).value();
    const ShardGrant grant{report.owner_epoch, report.fingerprint};
    ShardWriter first(files_, {options_.path, grant, "", nullptr});
    ShardWriter second(files_, {options_.path, grant, "", nullptr});
    for (int round = 0; round < 5; ++round) {
      core::GenerationDelta delta;
      for (ShardWriter* writer : {&first, &second}) {
        auto batch = std::make_shared<core::ResultBatch>();
        for (std::uint64_t i = 0; i < 3; ++i) {
          batch->add(UnitKey::index(unit + i), Bytes(500 + unit + i, static_cast<std::byte>(i)));
        }
        const ShardInfo info = writer->write(writer->lay_out(batch).value()).value();
        // The one in the middle was executed twice, and its other answer was accepted.
        for (const std::uint64_t row : {std::uint64_t{0}, std::uint64_t{2}}) {
          const UnitKey key = UnitKey::index(unit + row);
          results[key] = Bytes(500 + unit + row, static_cast<std::byte>(row));
          delta.sharded.add(key, {info, row, results[key].size()});
        }
        const UnitKey small = UnitKey::index(unit + 1);
        results[small] = bytes_of("small");
        delta.results.add(small, results[small]);
        unit += 3;
      }
      delta.epoch = Epoch(unit);
      delta.counters.accepted = delta.counters.executions = unit;
      delta.pending_indices = {{unit, unit + 5}};
      ASSERT_TRUE(store->publish(delta));
    }
    auto lost = std::make_shared<core::ResultBatch>();
    lost->add(UnitKey::index(unit), Bytes(900));
    orphan = shard_name(second.write(second.lay_out(lost).value()).value().name);
  }
  std::string expected;
  for (const auto& [key, bytes] : results) expected += line(key, bytes);
  // That of the first owner went when the second one took over.
  expected += "orphan " + orphan + "\n";
  EXPECT_EQ(read(), expected);
  EXPECT_EQ(results.size(), 60U);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
