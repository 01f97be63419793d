#include "core/epochs.hpp"

#include <gtest/gtest.h>

#include "core/interval.hpp"

namespace steadfarm::core {
namespace {

constexpr TimeUs kCollectUs = 100;

using State = Epochs::State;

MasterOptions options() {
  MasterOptions out;
  out.interval_us = 1000;
  out.store_retry_us = 10;
  return out;
}

Epochs persisting(TimeUs now) {
  Epochs epochs(options());
  epochs.start(0);
  epochs.open(now, {}, kCollectUs);
  epochs.persist(now);
  return epochs;
}

TEST(Epochs, is_due_after_the_interval_if_there_is_something_to_write) {
  Epochs epochs(options());
  epochs.start(50);
  EXPECT_FALSE(epochs.due(1049, true, false));
  EXPECT_TRUE(epochs.due(1050, true, false));
  EXPECT_FALSE(epochs.due(1050, false, false));
}

TEST(Epochs, is_due_at_once_when_asked_for_or_when_memory_is_full) {
  Epochs epochs(options());
  epochs.start(0);
  EXPECT_TRUE(epochs.due(1, true, true));
  EXPECT_FALSE(epochs.due(1, false, true));
  epochs.request();
  EXPECT_TRUE(epochs.due(1, false, false));
  epochs.open(1, {}, kCollectUs);
  epochs.persist(0);
  epochs.durable(2);
  EXPECT_FALSE(epochs.due(2, true, false));  // asked once, answered once
}

TEST(Epochs, waits_for_every_worker) {
  Epochs epochs(options());
  epochs.open(0, {Rank(1), Rank(2)}, kCollectUs);
  EXPECT_EQ(epochs.epoch(), Epoch(1));
  EXPECT_FALSE(epochs.collected(1));
  epochs.acknowledged(Rank(1), Epoch(1));
  epochs.acknowledged(Rank(1), Epoch(1));
  EXPECT_FALSE(epochs.collected(1));
  epochs.acknowledged(Rank(2), Epoch(0));  // of an epoch long gone
  EXPECT_FALSE(epochs.collected(1));
  epochs.acknowledged(Rank(2), Epoch(1));
  EXPECT_TRUE(epochs.collected(1));
}

TEST(Epochs, does_not_wait_for_the_gone_nor_past_its_deadline) {
  Epochs epochs(options());
  epochs.open(0, {Rank(1), Rank(2)}, kCollectUs);
  epochs.worker_gone(Rank(1));
  EXPECT_FALSE(epochs.collected(99));
  EXPECT_TRUE(epochs.collected(100));
}

TEST(Epochs, one_at_a_time) {
  Epochs epochs(options());
  epochs.start(0);
  epochs.request();
  epochs.open(0, {Rank(1)}, kCollectUs);
  epochs.request();
  EXPECT_FALSE(epochs.due(5000, true, true));
  epochs.persist(0);
  EXPECT_EQ(epochs.state(), State::persisting);
  EXPECT_FALSE(epochs.collected(5000));
  EXPECT_FALSE(epochs.due(5000, true, true));
  epochs.durable(5000);
  EXPECT_TRUE(epochs.due(5000, false, false));  // what was asked for meanwhile
}

TEST(Epochs, counts_from_idle_too) {
  Epochs epochs(options());
  epochs.persist(0);
  EXPECT_EQ(epochs.epoch(), Epoch(1));
  epochs.durable(0);
  epochs.open(0, {}, kCollectUs);
  epochs.persist(0);
  EXPECT_EQ(epochs.epoch(), Epoch(2));
}

TEST(Epochs, the_interval_starts_when_the_generation_is_durable) {
  Epochs epochs = persisting(0);
  epochs.durable(700);
  EXPECT_FALSE(epochs.due(1699, true, false));
  EXPECT_TRUE(epochs.due(1700, true, false));
}

TEST(Epochs, tries_again_after_a_pause_that_doubles_up_to_a_limit) {
  Epochs epochs = persisting(0);
  TimeUs now = 0;
  for (const TimeUs pause : {10, 20, 40, 80, 160, 320, 320, 320}) {
    epochs.failed(now);
    EXPECT_EQ(epochs.failing_since(), 0);
    EXPECT_FALSE(epochs.may_try(now + pause - 1)) << pause;
    EXPECT_FALSE(epochs.due(now + pause - 1, true, true)) << pause;
    EXPECT_TRUE(epochs.due(now + pause, true, false)) << pause;
    now += pause;
    epochs.open(now, {}, kCollectUs);
    epochs.persist(0);
  }
  epochs.durable(now);
  EXPECT_EQ(epochs.failing_since(), -1);
  epochs.request();
  epochs.open(now, {}, kCollectUs);
  epochs.persist(0);
  epochs.failed(now);
  EXPECT_EQ(epochs.failing_since(), now);
  EXPECT_TRUE(epochs.may_try(now + 10));  // the first pause again
}

TEST(EpochsDeathTest, refuses_word_from_the_store_when_nothing_was_written) {
  Epochs epochs(options());
  EXPECT_DEATH(epochs.durable(0), "assertion failed");
  EXPECT_DEATH(epochs.failed(0), "assertion failed");
  epochs.open(0, {}, kCollectUs);
  EXPECT_DEATH(epochs.open(0, {}, kCollectUs), "assertion failed");
}

TEST(Epochs, takes_its_interval_from_what_the_last_one_cost) {
  MasterOptions o = options();
  o.mtbf_us = 3'600 * kSecondUs;
  Epochs epochs(o);
  epochs.start(0);
  epochs.open(1'000, {}, kCollectUs);
  epochs.persist(1'000);
  epochs.durable(1'000 + 2 * kSecondUs);
  const TimeUs end = 1'000 + 2 * kSecondUs;
  const TimeUs interval = daly_interval_us(2 * kSecondUs, o.mtbf_us);
  EXPECT_GT(interval, 100 * kSecondUs);
  EXPECT_FALSE(epochs.due(end + interval - 1, true, false));
  EXPECT_TRUE(epochs.due(end + interval, true, false));
}

TEST(Epochs, does_not_follow_a_checkpoint_that_costs_nothing_into_a_storm) {
  MasterOptions o = options();
  o.mtbf_us = kSecondUs;
  Epochs epochs(o);
  epochs.start(0);
  epochs.open(1'000, {}, kCollectUs);
  epochs.persist(1'000);
  epochs.durable(1'010);
  EXPECT_FALSE(epochs.due(1'009 + kSecondUs, true, false));
  EXPECT_TRUE(epochs.due(1'010 + kSecondUs, true, false));
}

}  // namespace
}  // namespace steadfarm::core
