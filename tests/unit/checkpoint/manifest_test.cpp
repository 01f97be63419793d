#include "checkpoint/manifest.hpp"

#include <gtest/gtest.h>

#include <string>

#include "checkpoint/names.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;

Manifest example() {
  Manifest manifest;
  manifest.generation = Generation(12);
  manifest.owner_epoch = OwnerEpoch(9);
  manifest.nonce = 77;
  manifest.fingerprint = Digest{1, 2};
  manifest.description = "nug12 on 4 ranks";
  manifest.job.identity = "nug12 --grain 3";
  manifest.job.program = "qap";
  manifest.job.build = "gnu-0123";
  manifest.job.seed = 5;
  manifest.job.unit = "{i32,f64}";
  manifest.job.result = "i64";
  manifest.job.stored = "value:i64";
  manifest.job.folds = {"any i64", "ordered {f64,seq<c8>}"};
  manifest.job.inputs = {{"a file.txt", {9, 10}}, {"", {11, 12}}};
  manifest.job.units = {false, 137, {13, 14}};
  manifest.history = Generation(1);
  manifest.parent = Generation(11);
  manifest.parent_digest = Digest{3, 4};
  manifest.epoch = Epoch(7);
  manifest.counters = {120, 1, 130, 40};
  manifest.pending = 17;
  manifest.segments = {
      {segment_name({Generation(10), OwnerEpoch(9), 1}), SegmentRole::state, 3, 9320, {5, 6}},
      {segment_name({Generation(12), OwnerEpoch(9), 2}), SegmentRole::results, 500, 99, {7, 8}}};
  return manifest;
}

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The text with its own right digest: what only the line reader can refuse.
Bytes sealed(const std::string& body) {
  return bytes_of(body + "digest " + to_hex(digest(std::string_view(body))) + "\n");
}

std::string body_of(const Manifest& manifest) {
  const std::string text = text_of(encode_manifest(manifest));
  return text.substr(0, text.rfind("digest "));
}

TEST(Manifest, comes_back_as_it_was) {
  const Manifest manifest = example();
  const Result<Manifest> back = decode_manifest(encode_manifest(manifest));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back.value(), manifest);
}

TEST(Manifest, of_an_empty_store_comes_back) {
  Manifest manifest;
  manifest.complete = true;
  manifest.takeover = true;
  EXPECT_EQ(decode_manifest(encode_manifest(manifest)).value(), manifest);
}

TEST(Manifest, looks_as_the_format_says) {
  const std::string text = text_of(encode_manifest(example()));
  EXPECT_EQ(text.rfind("steadfarm-manifest 2\ngeneration 12\nowner_epoch 9\n", 0), 0U);
  EXPECT_NE(text.find("\nsegment segment-000000000010-9-1.h5 state 3 9320 "
                      "00000000000000050000000000000006\n"),
            std::string::npos);
  EXPECT_EQ(text.back(), '\n');
}

TEST(Manifest, notices_every_flipped_bit_and_every_cut) {
  const Bytes good = encode_manifest(example());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[at] ^= static_cast<std::byte>(1U << bit);
      EXPECT_FALSE(decode_manifest(bad)) << "byte " << at << ", bit " << bit;
    }
    EXPECT_FALSE(decode_manifest(ByteView(good).first(at))) << at << " bytes";
  }
}

TEST(Manifest, refuses_lines_that_are_not_the_ones_of_the_format_even_with_a_right_digest) {
  const std::string good = body_of(example());
  ASSERT_TRUE(decode_manifest(sealed(good)));
  const auto replaced = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return sealed(text);
  };
  EXPECT_FALSE(decode_manifest(sealed(good + "more 1\n")));
  EXPECT_FALSE(decode_manifest(sealed(good.substr(0, good.size() - 1))));
  EXPECT_FALSE(decode_manifest(replaced("pending 17", "pending 017")));
  EXPECT_FALSE(decode_manifest(replaced("pending 17", "pending -1")));
  EXPECT_FALSE(decode_manifest(replaced("pending 17", "pending 99999999999999999999")));
  EXPECT_FALSE(decode_manifest(replaced("pending 17\n", "")));
  EXPECT_FALSE(decode_manifest(replaced("complete 0", "complete 2")));
  EXPECT_FALSE(decode_manifest(replaced("segments 2", "segments 3")));
  EXPECT_FALSE(decode_manifest(replaced("segments 2", "segments 1")));
  EXPECT_FALSE(decode_manifest(replaced("segments 2", "segments 18446744073709551615")));
  EXPECT_FALSE(decode_manifest(replaced(" state ", " stale ")));
  EXPECT_FALSE(decode_manifest(replaced("segment-000000000010-9-1.h5", "../../etc/passwd")));
  EXPECT_FALSE(decode_manifest(replaced("generation 12", "generation  12")));
  EXPECT_FALSE(decode_manifest(replaced("folds 2", "folds 1")));
  EXPECT_FALSE(decode_manifest(replaced("folds 2", "folds 18446744073709551615")));
  EXPECT_FALSE(decode_manifest(replaced("inputs 2", "inputs 3")));
  EXPECT_FALSE(decode_manifest(replaced("units submitted", "units other")));
  EXPECT_FALSE(decode_manifest(replaced("program qap\n", "")));
}

// The bytes that a program of format 1 wrote.
TEST(Manifest, of_format_1_is_read_and_has_no_record_of_the_job) {
  const std::string body =
      "steadfarm-manifest 1\ngeneration 12\nowner_epoch 9\ntakeover 0\nnonce 77\n"
      "fingerprint 00000000000000010000000000000002\ndescription nug12 on 4 ranks\nhistory 1\n"
      "parent 11\nparent_digest 00000000000000030000000000000004\nepoch 7\ncomplete 0\n"
      "accepted 120\nfailed 1\nexecutions 130\nspawned 40\npending 17\nsegments 1\n"
      "segment segment-000000000010-9-1.h5 state 3 9320 00000000000000050000000000000006\n";
  const Result<Manifest> read = decode_manifest(sealed(body));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().format, 1U);
  EXPECT_EQ(read.value().job, JobRecord());
  EXPECT_EQ(read.value().fingerprint, (Digest{1, 2}));
  EXPECT_EQ(read.value().description, "nug12 on 4 ranks");
  EXPECT_EQ(read.value().segments.size(), 1U);
  EXPECT_FALSE(decode_manifest(sealed("steadfarm-manifest 2" + body.substr(20))))
      << "the lines of format 1 are not those of format 2";
}

TEST(Manifest, of_another_version_is_unsupported_and_not_corrupt) {
  std::string text = body_of(example());
  text.replace(0, 20, "steadfarm-manifest 9");
  const Result<Manifest> refused = decode_manifest(sealed(text));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_NE(refused.error().message.find('9'), std::string::npos);
}

TEST(Manifest, refuses_what_is_no_manifest_at_all) {
  for (const char* text :
       {"", "x", "steadfarm-manifest ", "steadfarm-manifest 2\n", "steadfarm-manifest 1\n", "{}"}) {
    const Result<Manifest> refused = decode_manifest(bytes_of(text));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  }
}

TEST(Manifest, keeps_a_hostile_description_on_one_line) {
  Manifest manifest = example();
  manifest.description = "a\nsegments 0\n\x1b[31m" + std::string(10000, 'x');
  const Result<Manifest> back = decode_manifest(encode_manifest(manifest));
  ASSERT_TRUE(back);
  EXPECT_EQ(back.value().segments.size(), 2U);
  EXPECT_EQ(back.value().description.find('\n'), std::string::npos);
  EXPECT_EQ(back.value().description.find('\x1b'), std::string::npos);
  EXPECT_EQ(back.value().description.size(), 4096U);
}

}  // namespace
}  // namespace steadfarm::checkpoint
