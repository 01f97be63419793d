// FORMAT.md is complete: a program written from it alone, in another language, reads the store.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "checkpoint/posix_file_system.hpp"
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

TEST(Format, h5py_reads_every_result_hint_and_saved_state_of_a_store) {
  std::string folder = (std::filesystem::temp_directory_path() / "steadfarm-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = folder + "/store";
  options.inline_results_bytes_max = 80;
  options.segment_bytes_max = 200;
  options.compact_every = 7;
  Workload work(21);
  OpenReport report;
  {
    auto store = std::move(Store::open(files, options, report)).value();
    for (int i = 0; i < 25; ++i) {
      ASSERT_TRUE(store->publish(work.next()));
      work.committed();
    }
  }
  std::string expected;
  for (const auto& [key, bytes] : work.snapshot().results) {
    expected += std::to_string(key.hi) + " " + std::to_string(key.lo) + " " + hex(bytes) + "\n";
  }
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
    expected += "state " + std::to_string(partial.key.hi) + " " + std::to_string(partial.key.lo) +
                " " + hex(*partial.state) + "\n";
  }
  int code = -1;
  // The system's own interpreter: python3-h5py belongs to it.
  const std::string read = output_of(
      "/usr/bin/python3 " STEADFARM_TEST_SOURCE_DIR "/read_by_format.py " + options.path, code);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read, expected);
  EXPECT_GT(work.snapshot().results.size(), 20U);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
