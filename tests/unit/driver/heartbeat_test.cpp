#include "driver/heartbeat.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

#include "driver/clock.hpp"
#include "driver/signals.hpp"
#include "tests/unit/driver/comes_true.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::driver {
namespace {

using namespace std::chrono_literals;

constexpr wire::JobId kJob{7};

// Notes what the heartbeat's thread does. Only send_urgent may be called from it.
class RecordingTransport final : public transport::Transport {
 public:
  [[nodiscard]] Rank self() const override { return Rank(0); }
  [[nodiscard]] std::int32_t rank_count() const override { return 3; }
  [[nodiscard]] bool concurrent() const override { return true; }
  [[nodiscard]] Status send(Rank /*to*/, Bytes /*message*/) override {
    ++other_calls;
    return {};
  }
  void send_urgent(Rank to, ByteView /*message*/) override {
    const auto peer = static_cast<std::size_t>(to.value);
    if (!allowed[peer]) ++sent_though_forbidden;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGCHLD, SIGALRM}) {
      if (sigismember(&blocked, signal) != 1) ++open_to_signals;
    }
    ++sent[peer];
  }
  std::size_t poll(std::vector<transport::Incoming>& /*out*/, std::size_t /*max*/) override {
    ++other_calls;
    return 0;
  }
  [[nodiscard]] std::vector<transport::DeadPeer> take_dead_peers() override { return {}; }
  void forget(Rank /*peer*/) override { ++other_calls; }
  void readmit(Rank /*peer*/) override { ++other_calls; }
  [[nodiscard]] std::size_t queued_bytes(Rank /*to*/) const override { return 0; }
  [[nodiscard]] bool flushed() const override { return true; }
  [[nodiscard]] bool settle(int /*deadline_ms*/) override { return true; }
  [[nodiscard]] bool close(int /*deadline_ms*/) override { return true; }

  std::array<std::atomic<bool>, 3> allowed{true, true, true};
  std::array<std::atomic<int>, 3> sent{0, 0, 0};
  std::atomic<int> sent_though_forbidden{0};
  std::atomic<int> open_to_signals{0};
  std::atomic<int> other_calls{0};
};

TEST(Heartbeat, arrives_at_every_peer_again_and_again) {
  transport::LocalHub hub(3);
  const auto master = hub.take(Rank(0));
  const std::array ends = {hub.take(Rank(1)), hub.take(Rank(2))};
  const Heartbeat heartbeat(*master, kJob, wire::Beat{}, {100}, {Rank(1), Rank(2)});
  for (const auto& end : ends) {
    std::vector<transport::Incoming> arrived;
    ASSERT_TRUE(comes_true([&] { return end->poll(arrived, 8) > 0 && arrived.size() >= 3; }));
    for (const transport::Incoming& incoming : arrived) {
      EXPECT_EQ(incoming.from, Rank(0));
      const auto message = wire::decode(kJob, incoming.bytes);
      ASSERT_TRUE(message.ok()) << message.error().message;
      EXPECT_TRUE(std::holds_alternative<wire::Beat>(message.value().body));
    }
  }
}

TEST(Heartbeat, shares_its_transport_with_the_main_thread) {
  // For ThreadSanitizer: both threads send, receive and forget at the same time.
  transport::LocalHub hub(2);
  const auto master = hub.take(Rank(0));
  const auto worker = hub.take(Rank(1));
  const Heartbeat down(*master, kJob, wire::Beat{}, {50}, {Rank(1)});
  const Heartbeat up(*worker, kJob, wire::Heartbeat{1}, {50}, {Rank(0)});
  std::vector<transport::Incoming> at_master;
  std::vector<transport::Incoming> at_worker;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(master->send(Rank(1), Bytes(10)).ok());
    master->poll(at_master, 8);
    worker->poll(at_worker, 8);
    if (i % 100 == 0) {
      master->forget(Rank(1));
      master->readmit(Rank(1));
    }
  }
  EXPECT_TRUE(comes_true([&] { return worker->poll(at_worker, 64) == 0; }));
  EXPECT_GE(at_worker.size(), 2000U);
}

TEST(Heartbeat, sends_nothing_to_a_peer_once_it_is_unwelcome) {
  RecordingTransport transport;
  Heartbeat heartbeat(transport, kJob, wire::Beat{}, {1}, {Rank(1), Rank(2)});
  for (int round = 0; round < 200; ++round) {
    const int before = transport.sent[1];
    transport.allowed[1] = true;
    heartbeat.set_peer(Rank(1), true);
    ASSERT_TRUE(comes_true([&] { return transport.sent[1] > before; }));
    heartbeat.set_peer(Rank(1), false);
    transport.allowed[1] = false;
    const int others = transport.sent[2];
    ASSERT_TRUE(comes_true([&] { return transport.sent[2] > others + 1; }));
  }
  EXPECT_EQ(transport.sent_though_forbidden, 0);
}

TEST(Heartbeat, keeps_signals_away_from_its_thread_and_gives_back_the_mask) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  RecordingTransport transport;
  {
    const Heartbeat heartbeat(transport, kJob, wire::Beat{}, {1}, {Rank(1)});
    ASSERT_TRUE(comes_true([&] { return transport.sent[1] > 0; }));
  }
  EXPECT_EQ(transport.open_to_signals, 0);
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
}

TEST(Heartbeat, calls_nothing_but_send_urgent_from_its_thread) {
  RecordingTransport transport;
  {
    const Heartbeat heartbeat(transport, kJob, wire::Beat{}, {1}, {Rank(1)});
    ASSERT_TRUE(comes_true([&] { return transport.sent[1] > 10; }));
  }
  EXPECT_EQ(transport.other_calls, 0);
}

TEST(Heartbeat, beats_once_an_interval_however_often_it_is_woken) {
  RecordingTransport transport;
  {
    Heartbeat heartbeat(transport, kJob, wire::Beat{}, {kHourUs}, {Rank(1)});
    ASSERT_TRUE(comes_true([&] { return transport.sent[1] > 0; }));
    heartbeat.end_process_after(kHourUs, 1);  // wakes it
    heartbeat.set_peer(Rank(2), true);
  }
  EXPECT_EQ(transport.sent[1], 1);
}

TEST(Heartbeat, stops_at_once_even_between_rare_beats) {
  // A destructor that waited for the interval would run into the test's time-out.
  RecordingTransport transport;
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    const Heartbeat heartbeat(transport, kJob, wire::Beat{}, {kHourUs}, {Rank(1)});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 60s);
}

// ---- the end of the process; each in a child ----

// A unit that does not return. If nobody ends the process, SIGALRM does, and the test fails.
[[noreturn]] void never_return() {
  alarm(60);
  for (;;) pause();
}

class HeartbeatDeathTest : public testing::Test {
 protected:
  // The child is started anew: a fork of a process with threads is no place to start more.
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(HeartbeatDeathTest, ends_the_process_after_the_grace_between_rare_beats) {
  EXPECT_EXIT(
      {
        RecordingTransport transport;
        Heartbeat heartbeat(transport, kJob, wire::Beat{}, {kHourUs}, {Rank(1)});
        heartbeat.end_process_after(1'000, 42);
        never_return();
      },
      testing::ExitedWithCode(42), "");
}

TEST_F(HeartbeatDeathTest, counts_the_first_end_only) {
  EXPECT_EXIT(
      {
        RecordingTransport transport;
        Heartbeat heartbeat(transport, kJob, wire::Beat{}, {kHourUs}, {});
        heartbeat.end_process_after(100'000, 42);
        heartbeat.end_process_after(0, 43);
        never_return();
      },
      testing::ExitedWithCode(42), "");
}

TEST_F(HeartbeatDeathTest, ends_the_process_after_a_stop_signal_between_rare_beats) {
  EXPECT_EXIT(
      {
        const SignalScope signals(true);
        RecordingTransport transport;
        const Heartbeat heartbeat(transport, kJob, wire::Beat{}, {kHourUs, 1'000}, {});
        std::raise(SIGTERM);
        never_return();
      },
      testing::ExitedWithCode(75), "");
}

TEST_F(HeartbeatDeathTest, ends_a_process_whose_unit_does_not_listen_after_its_last_words) {
  EXPECT_EXIT(
      {
        RecordingTransport transport;
        Heartbeat heartbeat(transport, kJob, wire::Heartbeat{1}, {kHourUs}, {});
        const auto guard = std::make_shared<UnitGuard>(20'000);
        heartbeat.end_deaf_units(guard, [](const UnitGuard::Running& unit) {
          std::fprintf(stderr, "unit %llu\n", static_cast<unsigned long long>(unit.key.lo));
        });
        guard->begin(UnitKey::index(7), Attempt(1), SteadyClock().now());
        never_return();
      },
      testing::ExitedWithCode(75), "unit 7");
}

TEST_F(HeartbeatDeathTest, leaves_a_process_alone_that_returns_within_the_grace) {
  EXPECT_EXIT(
      {
        const SignalScope signals(true);
        RecordingTransport transport;
        {
          Heartbeat heartbeat(transport, kJob, wire::Beat{}, {1, 3'600'000'000}, {Rank(1)});
          std::raise(SIGUSR2);
          comes_true([&] { return transport.sent[1] > 100; });
        }
        std::_Exit(3);
      },
      testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace steadfarm::driver
