#include "wire/messages.hpp"

#include <gtest/gtest.h>

#include <set>

#include "samples.hpp"
#include "wire/codec.hpp"

namespace steadfarm::wire {
namespace {

using test::samples;

constexpr JobId kJob(0xABCD);

// What decode gives must be the message again, byte by byte.
void expect_faithful(const Bytes& bytes) {
  const auto message = decode(kJob, bytes);
  if (!message) return;
  const auto again = decode(kJob, encode(kJob, message.value()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value(), message.value());
}

TEST(Messages, the_samples_have_every_kind) {
  std::set<std::size_t> kinds;
  for (const Message& message : samples()) kinds.insert(message.body.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Body>);
}

TEST(Messages, come_back_as_they_were_sent) {
  for (const Message& message : samples()) {
    const auto back = decode(kJob, encode(kJob, message));
    ASSERT_TRUE(back.ok()) << message.body.index() << ": " << back.error().message;
    EXPECT_EQ(back.value(), message) << message.body.index();
  }
}

TEST(Messages, are_refused_when_cut_anywhere) {
  for (const Message& message : samples()) {
    const Bytes whole = encode(kJob, message);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decode(kJob, cut).ok()) << message.body.index() << " cut to " << size;
    }
  }
}

TEST(Messages, are_refused_when_bytes_follow) {
  for (const Message& message : samples()) {
    Bytes longer = encode(kJob, message);
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode(kJob, longer).ok()) << message.body.index();
  }
}

TEST(Messages, are_refused_or_read_in_full_when_any_byte_is_wrong) {
  for (const Message& message : samples()) {
    const Bytes whole = encode(kJob, message);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xFF, 0x7F}) {
        Bytes wrong = whole;
        wrong[at] ^= static_cast<std::byte>(flip);
        // Magic, version and job. A wrong type may still be a message of the same form.
        const bool checked = at < 3 || (at >= 12 && at < kHeaderBytes);
        EXPECT_FALSE(checked && decode(kJob, wrong).ok()) << at;
        expect_faithful(wrong);
      }
    }
  }
}

TEST(Messages, say_what_is_wrong_in_one_line) {
  const Bytes whole = encode(kJob, {Session(1), Beat{}});
  const auto error_of = [&](std::size_t at, int value) {
    Bytes wrong = whole;
    wrong[at] = static_cast<std::byte>(value);
    const auto message = decode(kJob, wrong);
    EXPECT_FALSE(message.ok());
    return message.error();
  };
  EXPECT_EQ(error_of(0, 0).message, "not a Steadfarm message");
  EXPECT_EQ(error_of(2, 9).message,
            "message version 9, expected 2; start all ranks from one build");
  EXPECT_EQ(error_of(3, 200).message, "unknown message type 200");
  EXPECT_EQ(error_of(3, 0).message, "malformed message of type 0");
  EXPECT_EQ(error_of(12, 0).code, ErrorCode::foreign);
  EXPECT_EQ(decode(kJob, {}).error().code, ErrorCode::invalid);
}

// A Hello as version 1 wrote it: the host comes first, and there is no build.
Bytes hello_of_version_1() {
  Bytes out;
  Writer writer(out);
  writer.number(kMagic);
  writer.number(std::uint8_t{1});
  writer.number(std::uint8_t{0});
  writer.number(std::uint64_t{0});
  writer.number(kJob.value);
  writer.text("node17");
  writer.number(std::uint32_t{4242});
  writer.number(std::uint8_t{1});
  writer.text("boot/1");
  writer.number(std::uint64_t{77});
  return out;
}

TEST(OtherVersions, are_told_from_garbage_and_not_read) {
  const auto refused = decode(kJob, hello_of_version_1());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  for (const Message& sample : samples()) {
    Bytes later = encode(kJob, sample);
    later[2] = std::byte{kVersion + 1};
    EXPECT_EQ(decode(kJob, later).error().code, ErrorCode::unsupported);
  }
}

TEST(OtherVersions, say_in_their_hello_who_they_are) {
  const auto first = read_stranger(hello_of_version_1());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->version, 1);
  EXPECT_EQ(first->host, "node17");
  EXPECT_EQ(first->build, "");
  EXPECT_EQ(first->job, kJob);
  Bytes later = encode(kJob, {Session(0), Hello{"node18", 1, true, "boot/1", 7, "gnu-9"}});
  EXPECT_FALSE(read_stranger(later)) << "it is of our version";
  later[2] = std::byte{kVersion + 1};
  const auto second = read_stranger(later);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->host, "node18");
  EXPECT_EQ(second->build, "gnu-9");
}

TEST(OtherVersions, are_no_strangers_if_the_bytes_are_cut_or_no_hello) {
  const Bytes whole = hello_of_version_1();
  for (std::size_t size = 0; size < 20 + 8 + 6; ++size) {
    EXPECT_FALSE(read_stranger(ByteView(whole).first(size))) << size;
  }
  Bytes beat = encode(kJob, {Session(1), Beat{}});
  beat[2] = std::byte{1};
  EXPECT_FALSE(read_stranger(beat));
  Bytes endless = whole;
  endless[25] = std::byte{0xFF};  // of the host's length
  EXPECT_FALSE(read_stranger(endless));
}

TEST(OtherVersions, are_sent_away_in_their_own) {
  const Bytes bytes = shutdown_for({1, kJob, "node17", ""}, 64);
  EXPECT_EQ(bytes[2], std::byte{1});
  Bytes ours = bytes;
  ours[2] = std::byte{kVersion};
  const auto message = decode(kJob, ours);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(std::get<Shutdown>(message.value().body).exit_code, 64);
}

// Writes the head of a message, to be followed by a body that no encoder would write.
Bytes head_of(std::uint8_t type) {
  Bytes out;
  Writer writer(out);
  writer.number(kMagic);
  writer.number(kVersion);
  writer.number(type);
  writer.number(std::uint64_t{1});
  writer.number(kJob.value);
  return out;
}

Bytes assign_bytes(std::uint64_t heads, std::uint64_t runs,
                   const std::vector<UnitBatch::Run>& written) {
  Bytes out = head_of(7);
  Writer writer(out);
  writer.number(std::uint32_t{1});
  writer.number(heads);
  writer.number(runs);
  writer.number(std::uint64_t{0});
  for (const auto& run : written) {
    writer.number(run.begin);
    writer.number(run.count);
    writer.number(run.attempt.value);
  }
  return out;
}

TEST(Assign, needs_units_that_exist) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  const Attempt one(1);
  EXPECT_TRUE(decode(kJob, assign_bytes(0, 1, {{5, 2, one}})).ok());
  EXPECT_FALSE(decode(kJob, assign_bytes(0, 0, {})).ok()) << "no unit at all";
  EXPECT_FALSE(decode(kJob, assign_bytes(0, 1, {{5, 0, one}})).ok()) << "an empty run";
  EXPECT_FALSE(decode(kJob, assign_bytes(0, 1, {{5, kMax, one}})).ok()) << "past the last index";
  EXPECT_FALSE(decode(kJob, assign_bytes(0, 2, {{0, kMax, one}, {0, kMax, one}})).ok())
      << "more units than can be counted";
}

TEST(Assign, is_refused_before_memory_is_taken_for_a_count_it_cannot_hold) {
  for (const std::uint64_t count : {std::uint64_t{2}, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    EXPECT_FALSE(decode(kJob, assign_bytes(count, 0, {{5, 2, Attempt(1)}})).ok());
    EXPECT_FALSE(decode(kJob, assign_bytes(0, count, {{5, 2, Attempt(1)}})).ok());
  }
}

Bytes assign_of_two(std::uint64_t first_bytes, std::uint64_t second_bytes) {
  Bytes out = head_of(7);
  Writer writer(out);
  writer.number(std::uint32_t{1});
  writer.number(std::uint64_t{2});
  writer.number(std::uint64_t{0});
  writer.number(std::uint64_t{0});
  for (const std::uint64_t bytes : {first_bytes, second_bytes}) {
    writer.key(UnitKey::index(1));
    writer.number(std::uint32_t{1});
    writer.number(bytes);
  }
  writer.raw(test::view("8 bytes!"));
  return out;
}

TEST(Assign, needs_exactly_the_payload_bytes_that_its_heads_name) {
  EXPECT_TRUE(decode(kJob, assign_of_two(4, 4)).ok());
  for (const std::uint64_t named : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{5},
                                    ~std::uint64_t{0}, ~std::uint64_t{0} - 3}) {
    EXPECT_FALSE(decode(kJob, assign_of_two(named, 4)).ok()) << named;
  }
}

TEST(Assign, is_refused_when_its_payload_bytes_add_up_only_past_the_largest_number) {
  EXPECT_FALSE(decode(kJob, assign_of_two(~std::uint64_t{0} - 3, 12)).ok());
  EXPECT_FALSE(decode(kJob, assign_of_two(12, ~std::uint64_t{0} - 3)).ok());
}

// Two heads without payload, and these saved states with one byte more than nothing for each.
Bytes assign_with_states(std::uint64_t count, const std::vector<UnitBatch::Saved>& written,
                         std::string_view states) {
  Bytes out = head_of(7);
  Writer writer(out);
  writer.number(std::uint32_t{1});
  writer.number(std::uint64_t{2});
  writer.number(std::uint64_t{0});
  writer.number(count);
  for (int i = 0; i < 2; ++i) {
    writer.key(UnitKey::index(1));
    writer.number(std::uint32_t{1});
    writer.number(std::uint64_t{0});
  }
  for (const auto& saved : written) {
    writer.number(saved.head);
    writer.number(saved.sequence);
    writer.number(saved.state_bytes);
  }
  writer.raw(test::view(states));
  return out;
}

TEST(Assign, takes_states_for_its_heads_alone_and_each_once) {
  const auto accepted = [](const std::vector<UnitBatch::Saved>& written, std::string_view states) {
    return decode(kJob, assign_with_states(written.size(), written, states)).ok();
  };
  EXPECT_TRUE(accepted({{0, 7, 2}, {1, 1, 3}}, "abcde"));
  EXPECT_TRUE(accepted({{1, 1, 0}}, ""));
  EXPECT_FALSE(accepted({{2, 1, 1}}, "a")) << "no such head";
  EXPECT_FALSE(accepted({{1, 1, 1}, {0, 1, 1}}, "ab")) << "not rising";
  EXPECT_FALSE(accepted({{0, 1, 1}, {0, 2, 1}}, "ab")) << "twice";
  EXPECT_FALSE(accepted({{0, 0, 1}}, "a")) << "sequence 0 means that there is no state";
}

TEST(Assign, needs_exactly_the_state_bytes_that_it_names) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  for (const std::uint64_t named : {std::uint64_t{0}, std::uint64_t{4}, kMax, kMax - 4}) {
    EXPECT_FALSE(decode(kJob, assign_with_states(1, {{0, 1, named}}, "abcde")).ok()) << named;
    EXPECT_FALSE(decode(kJob, assign_with_states(2, {{0, 1, named}, {1, 1, 5}}, "abcde")).ok() &&
                 named != 0)
        << named;
  }
  for (const std::uint64_t count : {std::uint64_t{2}, std::uint64_t{1} << 40U, kMax}) {
    EXPECT_FALSE(decode(kJob, assign_with_states(count, {{0, 1, 5}}, "abcde")).ok()) << count;
  }
}

TEST(Partial, has_a_sequence_from_one) {
  for (const std::uint64_t sequence : {std::uint64_t{0}, std::uint64_t{1}}) {
    Bytes out = head_of(14);
    Writer writer(out);
    writer.key(UnitKey::index(1));
    writer.number(std::uint32_t{1});
    writer.number(sequence);
    writer.text("state");
    EXPECT_EQ(decode(kJob, out).ok(), sequence > 0);
  }
}

TEST(Messages, never_compare_equal_when_a_field_differs) {
  const std::vector<Message> all = samples();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) EXPECT_EQ(all[i] == all[j], i == j);
  }
}

}  // namespace
}  // namespace steadfarm::wire
