#include "api/unit_hints.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "steadfarm/farm.hpp"

namespace steadfarm::api {
namespace {

TEST(JobHints, say_nothing_where_nobody_said_anything) {
  SubmittedUnits units;
  units.add({}, 3);
  EXPECT_FALSE(JobHints(&units, {}).any());
  EXPECT_FALSE(JobHints(nullptr, {}).any());
  EXPECT_EQ(JobHints(&units, {}).hints(0), UnitHints());
}

TEST(JobHints, complete_what_was_submitted_by_the_function) {
  SubmittedUnits units;
  const Bytes payload(5);
  units.add(payload, 0);
  units.add(payload, 0, {70, 0, true});
  units.add({}, 0, {0, 8, false});
  const JobHints hints(&units, [](const UnitKey& key, ByteView bytes) {
    return UnitHints{bytes.size() * 10, key.lo + 1, true};
  });
  EXPECT_TRUE(hints.any());
  EXPECT_EQ(hints.hints(0), (UnitHints{50, 1, true}));
  EXPECT_EQ(hints.hints(1), (UnitHints{70, 2, true}));
  EXPECT_EQ(hints.hints(2), (UnitHints{0, 8, false}));
}

TEST(JobHints, ask_the_function_for_the_units_of_a_range) {
  const JobHints hints(nullptr, [](const UnitKey& key, ByteView payload) {
    return UnitHints{key.lo, payload.size(), false};
  });
  EXPECT_EQ(hints.hints(41), (UnitHints{41, 0, false}));
}

TEST(Hinting, turns_durations_into_whole_microseconds_and_small_ones_into_one) {
  using namespace std::chrono_literals;
  EXPECT_EQ(detail::to_expected_us(20ms), 20'000U);
  EXPECT_EQ(detail::to_expected_us(std::chrono::duration<double>(1.5)), 1'500'000U);
  EXPECT_EQ(detail::to_expected_us(3ns), 1U);
  EXPECT_EQ(detail::to_expected_us(0s), 0U);
  EXPECT_EQ(detail::to_expected_us(-1s), 0U);
  EXPECT_EQ(detail::to_expected_us(std::chrono::hours::max()), 1'000'000'000'000'000'000U);
}

// What a worker is given, of which only spawn counts here.
class Spawner final : public UnitCall {
 public:
  using UnitCall::spawn;
  void spawn(Bytes /*payload*/, std::int32_t priority, const UnitHints& hints) override {
    spawned.emplace_back(priority, hints);
  }
  [[nodiscard]] UnitKey key() const override { return {}; }
  [[nodiscard]] std::uint32_t attempt() const override { return 1; }
  [[nodiscard]] std::uint64_t seed() const override { return 1; }
  [[nodiscard]] ByteView payload() const override { return {}; }
  void set_result(Bytes /*result*/) override {}
  [[nodiscard]] bool save(const std::function<Bytes()>& /*state*/) override { return true; }
  [[nodiscard]] bool try_save(const std::function<Bytes()>& /*state*/) override { return true; }
  [[nodiscard]] bool stopping() override { return false; }
  [[nodiscard]] std::optional<ByteView> saved_state() const override { return std::nullopt; }
  [[nodiscard]] const std::int64_t* shared_value() override { return nullptr; }
  [[nodiscard]] ByteView shared_witness() const override { return {}; }
  bool improve(std::int64_t /*value*/, Bytes /*witness*/) override { return false; }

  std::vector<std::pair<std::int32_t, UnitHints>> spawned;
};

TEST(Hinting, completes_the_hints_of_spawned_units) {
  detail::Hinting<int> hinting;
  hinting.expected_us = [](int unit) { return static_cast<std::uint64_t>(unit) * 2; };
  hinting.affinity = [](int unit) { return static_cast<std::uint64_t>(unit) % 7; };
  Spawner call;
  Context<int> context(call, &hinting);
  context.spawn(10);
  context.spawn(10, 4);
  context.spawn(10, UnitHints{500, 0, false}, -1);
  Context<int>(call).spawn(10, UnitHints{0, 6, true});
  ASSERT_EQ(call.spawned.size(), 4U);
  EXPECT_EQ(call.spawned[0], std::pair(0, UnitHints{20, 3, true}));
  EXPECT_EQ(call.spawned[1], std::pair(4, UnitHints{20, 3, true}));
  EXPECT_EQ(call.spawned[2], std::pair(-1, UnitHints{500, 3, false}));
  EXPECT_EQ(call.spawned[3], std::pair(0, UnitHints{0, 6, true}));
}

}  // namespace
}  // namespace steadfarm::api
