// What a worker does with results that stay with it: it answers for them when their shard is
// durable, and not before.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/worker.hpp"

namespace steadfarm::core {
namespace {

constexpr Session session(1);
const ShardGrant grant{OwnerEpoch(7), Digest{1, 2}};

class WorkerShards : public testing::Test {
 protected:
  WorkerShards() {
    options_.shard_bytes_min = 100;
    options_.shard_bytes_max = 1000;
  }

  void begin(const ShardGrant& shards = grant) {
    machine_.emplace(options_, now_);
    step(WorkerStarted{});
    hear(wire::Welcome{1, shards});
    out_.clear();
  }
  void step(WorkerEvent event) { machine_->step(now_, std::move(event), out_); }
  void hear(wire::Body body) { step(WorkerMessage{{session, std::move(body)}}); }
  void tick(TimeUs later_us) {
    now_ += later_us;
    step(WorkerTick{});
  }
  void assign(std::uint64_t first, std::uint64_t count) {
    wire::Assign message;
    message.assign_seq = ++assigns_;
    message.units.add_run(first, count, Attempt(1));
    hear(std::move(message));
  }
  void finish(std::size_t result_bytes, bool reducible = true) {
    const Bytes result(result_bytes, std::byte{3});
    const std::array<std::byte, 2> small{std::byte{1}, std::byte{2}};
    UnitDone done;
    done.answer.payload = result;
    if (reducible) done.reduced = ByteView(small);
    step(std::move(done));
  }
  void durable(std::uint64_t results) {
    step(ShardDurable{{{grant.owner_epoch, 5, ++sequence_}, results, 9999, Digest{}}});
  }

  /// What was done since the last call, in words; reports without answers are left out.
  std::vector<std::string> actions() {
    std::vector<std::string> lines;
    for (const WorkerAction& action : out_) {
      if (const auto* sent = std::get_if<WorkerSend>(&action)) say_sent(sent->message.body, lines);
      if (std::get_if<OpenShards>(&action) != nullptr) lines.emplace_back("open");
      if (const auto* kept = std::get_if<KeepResult>(&action)) {
        lines.push_back("keep " + std::to_string(kept->key.lo));
      }
      if (const auto* seal = std::get_if<SealShard>(&action)) {
        lines.emplace_back(seal->again ? "seal again" : "seal");
      }
      if (const auto* run = std::get_if<Execute>(&action)) {
        lines.push_back("run " + std::to_string(run->key.lo));
      }
      if (const auto* exit = std::get_if<Exit>(&action)) {
        lines.push_back("exit " + std::to_string(exit->exit_code));
      }
    }
    out_.clear();
    return lines;
  }

  static void say_sent(const wire::Body& body, std::vector<std::string>& lines) {
    if (const auto* report = std::get_if<wire::Report>(&body)) {
      if (report->answers->empty()) return;
      std::string line = "answer";
      report->answers->for_each([&](const wire::AnswerView& answer) {
        line += " " + std::to_string(answer.key.lo);
        if (answer.place) {
          line += "@" + std::to_string(answer.place->shard.name.sequence) + "/" +
                  std::to_string(answer.place->row);
          EXPECT_EQ(answer.payload.size(), 2U) << "the folds' part goes along, the result does not";
        }
      });
      lines.push_back(line);
    }
    if (std::get_if<wire::EpochAck>(&body) != nullptr) lines.emplace_back("epoch acknowledged");
    if (const auto* trouble = std::get_if<wire::Trouble>(&body)) {
      lines.push_back("trouble: " + trouble->text);
    }
    if (std::get_if<wire::Goodbye>(&body) != nullptr) lines.emplace_back("goodbye");
  }
  using Lines = std::vector<std::string>;

  WorkerOptions options_;
  TimeUs now_ = 1'000'000;
  std::optional<WorkerMachine> machine_;
  WorkerActions out_;
  std::uint32_t assigns_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(WorkerShards, answers_for_a_large_result_only_when_its_shard_is_durable) {
  begin();
  assign(0, 1);
  finish(500);
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0"}));
  tick(options_.report_us * 2);
  EXPECT_EQ(actions(), Lines{});
  tick(options_.shard_rest_us);  // nothing else to do
  EXPECT_EQ(actions(), Lines{"seal"});
  tick(options_.report_us * 2);
  EXPECT_EQ(actions(), Lines{});
  durable(1);
  EXPECT_EQ(actions(), Lines{"answer 0@1/0"});
}

TEST_F(WorkerShards, sends_small_results_failures_and_what_cannot_be_reduced_as_ever) {
  begin();
  assign(0, 3);
  finish(99);
  finish(500, false);
  UnitDone failed;
  failed.answer.status = wire::AnswerStatus::failed;
  const Bytes message(200);
  failed.answer.payload = message;
  step(std::move(failed));
  std::string all;
  for (const std::string& line : actions()) all += line + "; ";
  EXPECT_EQ(all.find("keep"), std::string::npos) << all;
  EXPECT_NE(all.find("answer"), std::string::npos) << all;
}

TEST_F(WorkerShards, keeps_nothing_if_the_master_has_no_shards) {
  begin(ShardGrant{});
  assign(0, 1);
  finish(500);
  EXPECT_EQ(actions(), (Lines{"run 0", "answer 0"}));
}

TEST_F(WorkerShards, seals_when_it_is_full_and_goes_on_into_the_next_one) {
  begin();
  assign(0, 6);
  finish(600);
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0", "run 1"}));
  finish(600);
  EXPECT_EQ(actions(), (Lines{"keep 1", "seal", "run 2"}));
  finish(600);
  EXPECT_EQ(actions(), (Lines{"keep 2", "run 3"}));
  finish(600);
  // Two lots are full: memory has its limit, so it waits for the disk.
  EXPECT_EQ(actions(), Lines{"keep 3"});
  durable(2);
  EXPECT_EQ(actions(), (Lines{"answer 0@1/0 1@1/1", "seal", "run 4"}));
  durable(2);
  EXPECT_EQ(actions(), Lines{"answer 2@2/0 3@2/1"});
}

TEST_F(WorkerShards, acknowledges_an_epoch_when_what_it_had_then_is_durable) {
  begin();
  assign(0, 3);
  finish(200);
  actions();
  hear(wire::EpochOpen{Epoch(4)});
  EXPECT_EQ(actions(), Lines{"seal"});
  finish(200);  // came later: not waited for
  EXPECT_EQ(actions(), (Lines{"keep 1", "run 2"}));
  durable(1);
  EXPECT_EQ(actions(), (Lines{"answer 0@1/0", "epoch acknowledged"}));
}

TEST_F(WorkerShards, an_epoch_that_comes_while_a_shard_is_written_waits_for_the_next_one_too) {
  begin();
  assign(0, 4);
  finish(1000);
  finish(200);
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0", "seal", "run 1", "keep 1", "run 2"}));
  hear(wire::EpochOpen{Epoch(4)});
  EXPECT_EQ(actions(), Lines{});
  durable(1);
  EXPECT_EQ(actions(), (Lines{"answer 0@1/0", "seal"}));
  durable(1);
  EXPECT_EQ(actions(), (Lines{"answer 1@2/0", "epoch acknowledged"}));
}

TEST_F(WorkerShards, makes_the_result_of_a_long_unit_durable_before_the_next_one_can_end) {
  begin();
  assign(0, 2);
  now_ += options_.shard_long_us;
  finish(200);
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0", "seal"}));
  durable(1);
  EXPECT_EQ(actions(), (Lines{"answer 0@1/0", "run 1"}));
}

TEST_F(WorkerShards, tries_a_failed_shard_again_ever_more_seldom_and_says_so) {
  begin();
  assign(0, 1);
  finish(200);
  tick(options_.shard_rest_us);
  tick(options_.shard_rest_us);
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0", "seal"}));
  for (const TimeUs pause_us : {1, 2, 4}) {
    step(ShardFailed{{ErrorCode::no_space, "the disk is full"}});
    EXPECT_EQ(actions(), Lines{"trouble: the disk is full"});
    tick(pause_us * options_.shard_retry_us - 1);
    EXPECT_EQ(actions(), Lines{});
    tick(1);
    EXPECT_EQ(actions(), Lines{"seal again"});
  }
  durable(1);
  EXPECT_EQ(actions(), Lines{"answer 0@1/0"});
}

TEST_F(WorkerShards, leaves_when_the_disk_fails_for_too_long_and_answers_nothing) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  const TimeUs end = now_ + options_.shard_patience_us;
  actions();
  step(ShardFailed{{ErrorCode::no_space, "the disk is full"}});
  Lines all;
  while (!machine_->exiting() && now_ < end + kSecondUs) {
    hear(wire::Beat{});
    tick(100'000);
    // What it has been asked to write again fails again.
    for (const std::string& line : actions()) {
      all.push_back(line);
      if (line == "seal again") step(ShardFailed{{ErrorCode::no_space, "the disk is full"}});
    }
  }
  ASSERT_GE(all.size(), 3U);
  EXPECT_EQ(Lines(all.end() - 3, all.end()),
            (Lines{"trouble: its shards cannot be made durable (the disk is full)", "goodbye",
                   "exit 74"}));
  for (const std::string& line : all) EXPECT_EQ(line.find("answer"), std::string::npos) << line;
}

TEST_F(WorkerShards, leaves_at_once_when_the_file_system_lacks_what_a_shard_needs) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  actions();
  step(ShardFailed{{ErrorCode::unsupported, "no hard links"}});
  EXPECT_TRUE(machine_->exiting());
  EXPECT_EQ(actions(), (Lines{"trouble: its shards cannot be made durable (no hard links)",
                              "goodbye", "exit 74"}));
}

TEST_F(WorkerShards, leaves_when_a_call_does_not_return_but_not_while_the_disk_moves) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  actions();
  const TimeUs most_us = options_.shard_stall_us * 2;
  for (TimeUs slow = 0; slow < most_us; slow += kSecondUs) {
    step(ShardMoved{});
    tick(kSecondUs);
    hear(wire::Beat{});
  }
  EXPECT_FALSE(machine_->exiting());
  actions();
  for (TimeUs hung = 0; hung < most_us && !machine_->exiting(); hung += kSecondUs) {
    tick(kSecondUs);
    if (!machine_->exiting()) hear(wire::Beat{});
  }
  const Lines last = actions();
  ASSERT_EQ(last.size(), 3U);
  EXPECT_NE(last[0].find("has not returned for 30 s"), std::string::npos) << last[0];
  EXPECT_EQ(last[2], "exit 74");
}

// It had nothing to write for hours.
TEST_F(WorkerShards, counts_a_silence_of_the_disk_from_the_first_byte_of_a_shard) {
  begin();
  for (TimeUs idle = 0; idle <= 2 * options_.shard_stall_us; idle += kSecondUs) {
    hear(wire::Beat{});
    tick(kSecondUs);
  }
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  EXPECT_EQ(actions(), (Lines{"run 0", "keep 0", "seal"}));
  tick(kSecondUs);
  EXPECT_EQ(actions(), Lines{});
  EXPECT_FALSE(machine_->exiting());
}

// After many failures the next try is far away. The disk has its whole time in it all the same.
TEST_F(WorkerShards, counts_no_pause_between_two_tries_as_silence_of_the_disk) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  const auto wait_for_try = [&] {
    Lines seen = actions();
    while (std::count(seen.begin(), seen.end(), "seal again") == 0 && !machine_->exiting()) {
      hear(wire::Beat{});
      tick(100'000);
      seen = actions();
    }
  };
  for (int tries = 0; tries < 6; ++tries) {
    step(ShardFailed{{ErrorCode::no_space, "the disk is full"}});
    wait_for_try();
  }
  for (TimeUs hung = kSecondUs; hung < options_.shard_stall_us; hung += kSecondUs) {
    hear(wire::Beat{});
    tick(kSecondUs);
    ASSERT_FALSE(machine_->exiting()) << hung / kSecondUs << " s after the try had begun";
  }
  tick(kSecondUs);
  EXPECT_TRUE(machine_->exiting());
}

// Stopped as a whole (SIGSTOP), it may not take its own sleep for the disk's.
TEST_F(WorkerShards, does_not_count_its_own_sleep_against_the_disk) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  tick(options_.shard_stall_us + kSecondUs);
  EXPECT_FALSE(machine_->exiting());
}

// Where every turn takes so long, the disk would have for ever.
TEST_F(WorkerShards, counts_its_sleep_against_the_disk_after_three_times) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  actions();
  for (int sleep = 0; sleep < 3; ++sleep) {
    hear(wire::Beat{});
    tick(options_.shard_stall_us + kSecondUs);
    EXPECT_EQ(actions(), Lines());
  }
  hear(wire::Beat{});
  tick(options_.shard_stall_us + kSecondUs);
  const Lines last = actions();
  ASSERT_EQ(last.size(), 3U);
  EXPECT_NE(last[0].find("has not returned for 31 s"), std::string::npos) << last[0];
  EXPECT_EQ(last[1], "goodbye");
  EXPECT_EQ(last[2], "exit 74");
}

TEST_F(WorkerShards, a_disk_that_moves_between_its_sleeps_has_all_its_time_again) {
  begin();
  assign(0, 1);
  finish(200);
  hear(wire::EpochOpen{Epoch(1)});
  actions();
  for (int sleep = 0; sleep < 20; ++sleep) {
    hear(wire::Beat{});
    step(ShardMoved{});
    tick(options_.shard_stall_us + kSecondUs);
    EXPECT_EQ(actions(), Lines());
  }
}

TEST_F(WorkerShards, a_stop_seals_what_it_has_and_reports_it) {
  begin();
  assign(0, 2);
  finish(200);
  actions();
  hear(wire::Stop{});
  EXPECT_EQ(actions(), Lines{"seal"});
  durable(1);
  EXPECT_EQ(actions(), Lines{"answer 0@1/0"});
}

TEST_F(WorkerShards, opens_shards_anew_for_another_owner) {
  begin();
  hear(wire::Welcome{1, grant});
  EXPECT_EQ(actions(), Lines{});
  hear(wire::Welcome{1, ShardGrant{OwnerEpoch(8), grant.fingerprint}});
  EXPECT_EQ(actions(), Lines{"open"});
}

}  // namespace
}  // namespace steadfarm::core
