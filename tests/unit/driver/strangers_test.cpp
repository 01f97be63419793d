// A rank whose messages the master cannot read.
#include <gtest/gtest.h>

#include "driver/master_driver.hpp"
#include "tests/unit/driver/manual_clock.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::driver {
namespace {

constexpr wire::JobId kJob{5};
constexpr std::size_t kVersionAt = 2;

TEST(Strangers, are_named_and_sent_away_in_their_own_version) {
  ManualClock clock;
  transport::LocalHub hub(2);
  const auto end = hub.take(Rank(0));
  const auto worker = hub.take(Rank(1));
  core::Master machine{{}, {5, {}, nullptr}, {Rank(1)}, clock.now_us, std::nullopt};
  std::vector<core::Note> notes;
  MasterHooks hooks;
  hooks.note = [&](const core::Note& note) { notes.push_back(note); };
  MasterDriver driver{machine, *end, nullptr, clock, kJob, std::move(hooks)};
  driver.start();

  Bytes hello = wire::encode(kJob, {Session(0), wire::Hello{"node17", 1, true}});
  hello[kVersionAt] = std::byte{wire::kVersion + 1};
  ASSERT_TRUE(worker->send(Rank(0), hello).ok());
  for (int i = 0; i < 100 && !driver.finish(); ++i) {
    clock.now_us += 1'000;
    static_cast<void>(driver.turn());
  }
  ASSERT_TRUE(driver.finish());
  EXPECT_EQ(driver.finish()->outcome, core::Outcome::refused);
  EXPECT_EQ(core::exit_code(driver.finish()->outcome), 64);
  const std::string theirs = std::to_string(wire::kVersion + 1);
  EXPECT_EQ(driver.finish()->reason.find("rank 1 on node17 speaks version " + theirs), 0U)
      << driver.finish()->reason;
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes.front().kind, core::NoteKind::worker_refused);

  std::vector<transport::Incoming> heard;
  worker->poll(heard, 10);
  ASSERT_EQ(heard.size(), 1U) << "no unit, no Welcome";
  EXPECT_EQ(heard[0].bytes[kVersionAt], std::byte{wire::kVersion + 1});
  heard[0].bytes[kVersionAt] = std::byte{wire::kVersion};
  const auto leave = wire::decode(kJob, heard[0].bytes);
  ASSERT_TRUE(leave.ok());
  EXPECT_EQ(std::get<wire::Shutdown>(leave.value().body).exit_code, 64);
}

}  // namespace
}  // namespace steadfarm::driver
