// Stores that somebody crafted: segments, shards and manifests with right digests and wrong
// content, given to all that read a store. Nothing crashes, nothing takes more memory than the
// files justify, and the readers agree on what is good. STEADFARM_FUZZ_CASES: how many (500).
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "decode_fuzz_allocations.hpp"
#include "store_fuzz_store.hpp"

namespace steadfarm::checkpoint::test {
namespace {

struct Outcome {
  Result<Inspection> inspected{Error{}};
  Result<Verification> verified{Error{}};
  Status results;
  Generation results_of;
  std::string opened;                  // empty: well
  std::size_t largest_allocation = 0;  // of the readers
  std::size_t largest_of_opening = 0;
};

Outcome read_all(const Files& store) {
  const auto files = file_system_with(store);
  Outcome out;
  steadfarm::test::reset_largest_allocation();
  out.inspected = inspect(*files, store_path);
  out.verified = verify(*files, store_path);
  ResultReading reading;
  reading.with_fold = true;
  reading.begin = [&out](const ResultsInfo& info) { out.results_of = info.generation; };
  std::uint64_t bytes = 0;
  out.results = for_each_result(
      *files, store_path, [&bytes](const UnitKey&, ByteView result) { bytes += result.size(); },
      reading);
  out.largest_allocation = steadfarm::test::largest_allocation();
  steadfarm::test::reset_largest_allocation();
  OpenReport report;
  const auto opened = Store::open(*files, test_options(), report);
  if (!opened) out.opened = opened.error().message;
  out.largest_of_opening = steadfarm::test::largest_allocation();
  return out;
}

std::uint64_t size_of(const Files& store) {
  std::uint64_t bytes = 0;
  for (const auto& [name, content] : store) bytes += content.size();
  return bytes;
}

bool is_sentence(const std::string& message) {
  return !message.empty() && message.find('\n') == std::string::npos;
}

/// What is wrong with how a store was read.
std::string judge(const Files& store, const Outcome& seen) {
  // Lists are larger in memory than in a file. Who opens a store also writes a manifest, and reads
  // it back with a buffer of 1 MiB.
  const std::uint64_t justified = 65'536 + 4 * size_of(store);
  if (seen.largest_allocation > justified) {
    return std::to_string(seen.largest_allocation) + " bytes of memory at once";
  }
  if (seen.largest_of_opening > (1U << 20U) + justified) {
    return std::to_string(seen.largest_of_opening) + " bytes of memory at once, when opened";
  }
  if (!seen.inspected && !is_sentence(seen.inspected.error().message)) return "inspect: no reason";
  if (!seen.results && !is_sentence(seen.results.error().message)) return "results: no reason";
  if (!seen.verified && !is_sentence(seen.verified.error().message)) return "verify: no reason";
  if (seen.inspected.ok() != seen.results.ok()) return "inspect and results do not agree";
  if (!seen.inspected) return {};
  const Generation good = seen.inspected.value().generation;
  if (seen.results_of != good) return "results are of another generation than inspect calls good";
  if (!seen.verified) return "verify refuses what inspect calls good";
  if (seen.verified.value().newest_good != good) return "verify and inspect do not agree";
  return seen.opened.empty() ? "" : "a good store does not open: " + seen.opened;
}

int cases() {
  const char* given = std::getenv("STEADFARM_FUZZ_CASES");
  return given == nullptr ? 500 : std::atoi(given);
}

class StoreFuzz : public testing::Test {
 protected:
  /// How many of the cases were not the newest generation any more, or nothing.
  int run(const std::vector<std::string>& names, std::uint64_t seed, int count) {
    Prng prng(seed);
    int refused = 0;
    for (int i = 0; i < count; ++i) {
      Files store = sound_;
      const std::string& name = names.at(prng.below(names.size()));
      replace_file(store, name, mutated(store.at(name), prng));
      const Outcome seen = read_all(store);
      EXPECT_EQ(judge(store, seen), "") << "case " << i << ", " << name;
      if (HasFailure()) return refused;
      refused += seen.inspected && seen.inspected.value().generation == newest_ ? 0 : 1;
    }
    return refused;
  }

  const Files sound_ = sound_store();
  const Generation newest_ = newest_of(sound_);
};

TEST_F(StoreFuzz, the_store_is_sound_and_has_all_kinds_of_files) {
  const Outcome seen = read_all(sound_);
  EXPECT_EQ(judge(sound_, seen), "");
  EXPECT_EQ(seen.inspected.value().generation, newest_);
  EXPECT_GE(seen.inspected.value().shards.named, 2U);
  EXPECT_GE(segments_of(sound_).size(), 4U);
}

TEST_F(StoreFuzz, segments_with_a_right_digest_harm_nobody) {
  const int count = cases() / 2;
  const int refused = run(segments_of(sound_), 20261130, count);
  // Some changes are in bytes that mean nothing: reserved ones, or results.
  EXPECT_GT(refused, count / 4);
  EXPECT_LT(refused, count);
}

TEST_F(StoreFuzz, shards_with_a_right_digest_harm_nobody) {
  const int count = cases() / 2;
  const int refused = run(shards_of(sound_), 20261201, count);
  EXPECT_GT(refused, count / 4);
  EXPECT_LT(refused, count);
}

/// `text` with the first `from` after the word "segment " or the beginning replaced.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

std::string line_of(const std::string& text, const std::string& key) {
  const std::size_t begin = text.find("\n" + key + " ") + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string word(const std::string& line, int number) {
  std::size_t begin = 0;
  for (; number > 0; --number) begin = line.find(' ', begin) + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

class CraftedManifest : public StoreFuzz {
 protected:
  /// With this text the newest generation is refused with such a reason, and the one before it is
  /// used.
  void expect_refused(const std::string& text, const std::string& reason) {
    SCOPED_TRACE(text);
    Files store = sound_;
    replace_newest(store, text);
    const Outcome seen = read_all(store);
    EXPECT_EQ(judge(store, seen), "");
    ASSERT_TRUE(seen.inspected) << seen.inspected.error().message;
    EXPECT_EQ(seen.inspected.value().generation, Generation(newest_.value - 1));
    ASSERT_FALSE(seen.inspected.value().warnings.empty());
    EXPECT_NE(seen.inspected.value().warnings.front().find(reason), std::string::npos)
        << seen.inspected.value().warnings.front();
    EXPECT_FALSE(seen.verified.value().bad.empty());
  }

  const std::string text_ = newest_text(sound_);
  const std::string segment_ = line_of(text_, "segment");
};

TEST_F(CraftedManifest, that_names_a_segment_twice_is_refused) {
  const std::string count = line_of(text_, "segments");
  const std::string more = "segments " + std::to_string(std::stoi(word(count, 1)) + 1);
  expect_refused(with(text_, count, more) + segment_ + "\n", "names a segment twice");
}

TEST_F(CraftedManifest, that_claims_huge_sizes_or_counts_is_refused) {
  const std::string huge = "18446744073709551615";
  const std::string results = " " + word(segment_, 3) + " " + word(segment_, 4) + " ";
  expect_refused(
      with(text_, segment_, with(segment_, results, " " + word(segment_, 3) + " " + huge + " ")),
      "bytes and not " + huge);
  expect_refused(
      with(text_, segment_, with(segment_, results, " " + huge + " " + word(segment_, 4) + " ")),
      "not what its manifest says");
  for (const char* key : {"segments", "accepted", "pending", "failed"}) {
    expect_refused(with(text_, line_of(text_, key), std::string(key) + " " + huge), "");
  }
}

TEST_F(CraftedManifest, that_leads_out_of_the_store_is_refused) {
  for (const char* path : {"../../etc/passwd", "/etc/passwd", ".", "", "shards/00/x",
                           "segment-000000000001-1-1.h5/../../x", "segment-1-1-1.h5"}) {
    expect_refused(with(text_, segment_, with(segment_, word(segment_, 1), path)), "malformed");
  }
}

TEST_F(CraftedManifest, whose_counts_or_roles_do_not_fit_is_refused) {
  expect_refused(with(text_, line_of(text_, "pending"), "pending 0"), "does not add up");
  expect_refused(with(text_, "\ngeneration " + std::to_string(newest_.value),
                      "\ngeneration " + std::to_string(newest_.value + 1)),
                 "copy of generation");
  std::string roles = text_;
  for (std::size_t at = 0; (at = roles.find(" state ", at)) != std::string::npos; ++at) {
    roles.replace(at, 7, " results ");
  }
  expect_refused(roles, "more in it than results");
}

TEST_F(CraftedManifest, of_a_newer_version_is_neither_damaged_nor_passed_over) {
  Files store = sound_;
  const std::string first = text_.substr(0, text_.find('\n'));
  replace_newest(store, with(text_, first, "steadfarm-manifest 99"));
  const Outcome seen = read_all(store);
  EXPECT_FALSE(seen.opened.empty());
  ASSERT_FALSE(seen.verified);
  EXPECT_EQ(seen.verified.error().code, ErrorCode::unsupported);
  ASSERT_FALSE(seen.inspected);
  EXPECT_EQ(seen.inspected.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
