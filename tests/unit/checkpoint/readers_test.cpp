// What verify, inspect and results have in common: what they call good, what damage, and what
// unreadable.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/segment.hpp"
#include "checkpoint/verified_file.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

class Readers : public testing::Test {
 protected:
  Readers() {
    StoreOptions options = test_options();
    options.inline_results_bytes_max = 60;
    OpenReport report;
    Workload work(4);
    auto store = std::move(Store::open(files_, options, report)).value();
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(store->publish(work.next()));
      work.committed();
    }
    newest_ = store->generation();
  }

  [[nodiscard]] Manifest manifest() {
    const Bytes& bytes = files_.disk(store_path).find(manifest_name(newest_))->content;
    return decode_manifest(bytes).value();
  }
  [[nodiscard]] Bytes& content_of(const std::string& name) {
    return files_.disk(store_path).find(name)->content;
  }
  [[nodiscard]] Status read_results(Generation& generation) {
    ResultReading reading;
    reading.with_fold = true;
    reading.begin = [&](const ResultsInfo& info) { generation = info.generation; };
    return for_each_result(
        files_, store_path, [](const UnitKey&, ByteView) {}, reading);
  }

  MemoryFileSystem files_{1};
  Generation newest_;
};

TEST_F(Readers, go_back_together_to_the_newest_generation_that_verifies) {
  // Only the digest tells.
  content_of(manifest().segments.back().file).at(60) ^= std::byte{2};
  EXPECT_EQ(glance(files_, store_path).value().generation, newest_);
  const Result<Inspection> seen = inspect(files_, store_path);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen.value().generation, Generation(newest_.value - 1));
  ASSERT_EQ(seen.value().warnings.size(), 1U);
  EXPECT_NE(seen.value().warnings[0].find("digest does not match"), std::string::npos);
  Generation read;
  ASSERT_TRUE(read_results(read));
  EXPECT_EQ(read, seen.value().generation);
  EXPECT_EQ(verify(files_, store_path).value().newest_good, read);
}

TEST_F(Readers, refuse_a_generation_with_two_results_of_a_unit) {
  // The same results once more, in a segment of another name.
  Manifest twice = manifest();
  SegmentEntry copy;
  for (const SegmentEntry& entry : twice.segments) {
    if (entry.results > 0 && entry.role == SegmentRole::results) copy = entry;
  }
  ASSERT_FALSE(copy.file.empty());
  SegmentName name = *parse_segment_name(copy.file);
  name.sequence += 1000;
  Files content = files_of(files_);
  content[segment_name(name)] = content.at(copy.file);
  copy.file = segment_name(name);
  twice.segments.push_back(copy);
  content.at(manifest_name(newest_)) = encode_manifest(twice);
  const auto files = file_system_with(content);
  const Result<Inspection> seen = inspect(*files, store_path);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen.value().generation, Generation(newest_.value - 1));
  EXPECT_NE(seen.value().warnings.at(0).find("holds two results of unit"), std::string::npos);
  const Result<Verification> verified = verify(*files, store_path);
  EXPECT_EQ(verified.value().newest_good, Generation(newest_.value - 1));
  EXPECT_EQ(verified.value().bad.size(), 1U);
}

// A disk that fails, descriptors or rights that lack: at every operation in turn.
TEST_F(Readers, do_not_call_damaged_what_they_cannot_read_now) {
  const auto expect_no_damage = [](const Status& read) {
    if (read) return;
    EXPECT_TRUE(read.error().code == ErrorCode::io || read.error().code == ErrorCode::shortage ||
                read.error().code == ErrorCode::denied)
        << to_string(read.error().code) << ": " << read.error().message;
  };
  const std::vector<std::function<Status()>> readers{
      [&]() -> Status {
        const auto seen = inspect(files_, store_path);
        if (!seen) return seen.error();
        EXPECT_EQ(seen.value().generation, newest_);
        return {};
      },
      [&]() -> Status {
        const auto verified = verify(files_, store_path);
        if (!verified) return verified.error();
        EXPECT_EQ(verified.value().bad, std::vector<std::string>());
        if (verified.value().newest_good != newest_) {
          EXPECT_FALSE(verified.value().unreadable.empty());
        }
        return {};
      },
      [&]() -> Status {
        Generation read;
        Status done = read_results(read);
        if (done) {
          EXPECT_EQ(read, newest_);
        }
        return done;
      },
      [&]() -> Status {
        const auto seen = glance(files_, store_path);
        if (!seen) return seen.error();
        EXPECT_EQ(seen.value().generation, newest_);
        return {};
      }};
  std::uint64_t failures = 0;
  for (const auto& reader : readers) {
    for (const int error_number : {EIO, EMFILE, EACCES, ESTALE}) {
      bool hit = true;
      for (std::uint64_t at = 1; hit && !HasFailure(); ++at) {
        SCOPED_TRACE("operation " + std::to_string(at) + " fails, errno " +
                     std::to_string(error_number));
        MemoryFaults& faults = files_.faults();
        faults.fail_operation(faults.operations() + at, {error_number, Effect::none}, false);
        const Status read = reader();
        hit = faults.script_hit();
        faults.clear();
        expect_no_damage(read);
        failures += read ? 0 : 1;
      }
    }
  }
  EXPECT_GT(failures, 20U);
}

TEST_F(Readers, never_use_bytes_that_changed_after_their_digest_was_compared) {
  const SegmentEntry entry = manifest().segments.back();
  const auto folder = std::move(files_.open_folder(store_path, Access::read)).value();
  const Result<PieceSums> sums = sum_pieces(*folder, entry);
  ASSERT_TRUE(sums);
  const auto read_first = [&] {
    const auto file = std::move(VerifiedFile::open(*folder, entry, sums.value())).value();
    std::array<std::byte, 8> first{};
    return file->read_at(0, first);
  };
  EXPECT_TRUE(read_first());
  content_of(entry.file).back() ^= std::byte{1};
  const Status read = read_first();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::io);
  EXPECT_NE(read.error().message.find(entry.file), std::string::npos);
}

TEST_F(Readers, read_any_part_of_a_file_of_several_pieces) {
  Bytes bytes(2 * piece_bytes + 12'345);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 4U);
  SegmentEntry entry{"segment-000000000001-1-1.h5", SegmentRole::results, 0, bytes.size(),
                     digest(ByteView(bytes))};
  const auto files = file_system_with({{entry.file, bytes}});
  const auto folder = std::move(files->open_folder(store_path, Access::read)).value();
  const Result<PieceSums> sums = sum_pieces(*folder, entry);
  ASSERT_TRUE(sums) << sums.error().message;
  const auto file = std::move(VerifiedFile::open(*folder, entry, sums.value())).value();
  for (const std::uint64_t offset : {std::uint64_t{0}, piece_bytes - 7, 2 * piece_bytes + 12'000}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{9}, std::size_t{345}}) {
      Bytes out(count);
      ASSERT_TRUE(file->read_at(offset, out));
      EXPECT_TRUE(std::ranges::equal(out, ByteView(bytes).subspan(offset, count)));
    }
  }
  Bytes all(bytes.size());
  ASSERT_TRUE(file->read_at(0, all));
  EXPECT_EQ(all, bytes);
  EXPECT_EQ(file->read_at(1, all).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
