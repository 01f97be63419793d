#include "transport/guarded/guarded_transport.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/unit/transport/contract.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::transport {
namespace {

using namespace std::chrono_literals;

enum class Call { none, send, send_urgent, poll, take_dead_peers, forget, readmit, close, end };

// An MPI that has lost its way: one kind of call never returns. If nobody ends the process, SIGALRM
// does, and the test fails.
class StuckTransport : public Transport {
 public:
  StuckTransport(Call stuck, std::chrono::milliseconds poll_time)
      : stuck_(stuck), poll_time_(poll_time) {}
  ~StuckTransport() override { hang_in(Call::end); }

  [[nodiscard]] Rank self() const override { return Rank(1); }
  [[nodiscard]] std::int32_t rank_count() const override { return 2; }
  [[nodiscard]] bool concurrent() const override { return true; }
  [[nodiscard]] Status send(Rank /*to*/, Bytes /*message*/) override {
    hang_in(Call::send);
    return {};
  }
  void send_urgent(Rank /*to*/, ByteView /*message*/) override { hang_in(Call::send_urgent); }
  std::size_t poll(std::vector<Incoming>& /*out*/, std::size_t /*max*/) override {
    hang_in(Call::poll);
    std::this_thread::sleep_for(poll_time_);
    return 0;
  }
  [[nodiscard]] std::vector<DeadPeer> take_dead_peers() override {
    hang_in(Call::take_dead_peers);
    return {};
  }
  void forget(Rank /*peer*/) override { hang_in(Call::forget); }
  void readmit(Rank /*peer*/) override { hang_in(Call::readmit); }
  [[nodiscard]] std::size_t queued_bytes(Rank /*to*/) const override { return 0; }
  [[nodiscard]] bool flushed() const override { return true; }
  [[nodiscard]] bool settle(int /*deadline_ms*/) override { return true; }
  [[nodiscard]] bool close(int /*deadline_ms*/) override {
    hang_in(Call::close);
    return true;
  }

 private:
  void hang_in(Call call) const {
    if (call != stuck_) return;
    ::alarm(60);
    for (;;) ::pause();
  }
  Call stuck_;
  std::chrono::milliseconds poll_time_;
};

// Only the first heartbeat never returns.
class StuckOnceTransport final : public StuckTransport {
 public:
  StuckOnceTransport() : StuckTransport(Call::send_urgent, 5ms) {}
  void send_urgent(Rank to, ByteView message) override {
    if (!was_called_.exchange(true)) StuckTransport::send_urgent(to, message);
  }

 private:
  std::atomic<bool> was_called_{false};
};

GuardedTransport stuck_once(int deadline_ms) {
  return {std::make_unique<StuckOnceTransport>(), GuardOptions{deadline_ms, 75, "rank 1 on here"}};
}

GuardedTransport guarded(Call stuck, int deadline_ms, std::chrono::milliseconds poll_time = 5ms) {
  return {std::make_unique<StuckTransport>(stuck, poll_time),
          GuardOptions{deadline_ms, 75, "rank 1 on here"}};
}

struct StuckCall {
  Call call;
  const char* name;
};

class StuckCallDeathTest : public testing::TestWithParam<StuckCall> {
 protected:
  // The child is started anew: a fork of a process with threads is no place to start more.
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

void call_everything(Transport& transport) {
  std::vector<Incoming> out;
  static_cast<void>(transport.send(Rank(0), Bytes(1)));
  transport.send_urgent(Rank(0), Bytes(1));
  static_cast<void>(transport.poll(out, 1));
  static_cast<void>(transport.take_dead_peers());
  transport.forget(Rank(0));
  transport.readmit(Rank(0));
  static_cast<void>(transport.close(0));
}

// Under Open MPI over TCP two survivors of a master's death never came back from a call, and
// nothing ended them.
TEST_P(StuckCallDeathTest, ends_the_process_and_says_in_which_call) {
  const std::string words =
      std::string("^steadfarm: rank 1 on here ends itself: a call to MPI \\(") + GetParam().name +
      "\\) has not returned for 1 s\n$";
  EXPECT_EXIT(
      {
        {
          GuardedTransport transport = guarded(GetParam().call, 1'000);
          call_everything(transport);
        }
        ::_exit(0);
      },
      testing::ExitedWithCode(75), words);
}

INSTANTIATE_TEST_SUITE_P(All, StuckCallDeathTest,
                         testing::Values(StuckCall{Call::send, "send"},
                                         StuckCall{Call::send_urgent, "send of a heartbeat"},
                                         StuckCall{Call::poll, "receive"},
                                         StuckCall{Call::take_dead_peers, "look for the dead"},
                                         StuckCall{Call::forget, "forget"},
                                         StuckCall{Call::readmit, "readmit"},
                                         StuckCall{Call::close, "close"},
                                         StuckCall{Call::end, "the end of the transport"}));

class GuardedTransportDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

// The heartbeat's thread waits for what the stuck main thread holds, or the other way round.
TEST_F(GuardedTransportDeathTest, notices_a_stuck_heartbeat_while_other_calls_return) {
  EXPECT_EXIT(
      {
        GuardedTransport transport = guarded(Call::send_urgent, 100);
        std::thread([&] { transport.send_urgent(Rank(0), Bytes(1)); }).detach();
        ::alarm(60);
        std::vector<Incoming> out;
        for (;;) static_cast<void>(transport.poll(out, 1));
      },
      testing::ExitedWithCode(75), "send of a heartbeat");
}

// After a take-over a process has two threads that send heartbeats.
TEST_F(GuardedTransportDeathTest, notices_a_stuck_heartbeat_while_another_thread_sends_some) {
  EXPECT_EXIT(
      {
        GuardedTransport transport = stuck_once(500);
        std::thread([&] { transport.send_urgent(Rank(0), Bytes(1)); }).detach();
        ::alarm(60);
        for (;;) {
          transport.send_urgent(Rank(0), Bytes(1));
          std::this_thread::sleep_for(1ms);
        }
      },
      testing::ExitedWithCode(75), "send of a heartbeat");
}

// At nearly every look it is inside a call, but never in the one that it was in before.
TEST_F(GuardedTransportDeathTest, leaves_a_process_alone_whose_calls_return) {
  EXPECT_EXIT(
      {
        {
          GuardedTransport transport = guarded(Call::none, 1'000);
          std::vector<Incoming> out;
          const auto end = std::chrono::steady_clock::now() + 2s;
          while (std::chrono::steady_clock::now() < end) {
            static_cast<void>(transport.poll(out, 1));
          }
        }
        ::_exit(3);
      },
      testing::ExitedWithCode(3), "^$");
}

// Every call is looked at several times, and all of them together for longer than one may take.
TEST_F(GuardedTransportDeathTest, leaves_a_process_alone_whose_calls_are_slow_but_return) {
  EXPECT_EXIT(
      {
        {
          GuardedTransport transport = guarded(Call::none, 2'000, 200ms);
          std::vector<Incoming> out;
          for (int call = 0; call < 20; ++call) static_cast<void>(transport.poll(out, 1));
        }
        ::_exit(3);
      },
      testing::ExitedWithCode(3), "^$");
}

TEST_F(GuardedTransportDeathTest, leaves_a_process_alone_that_makes_no_calls) {
  EXPECT_EXIT(
      {
        {
          GuardedTransport transport = guarded(Call::none, 500);
          call_everything(transport);
          std::this_thread::sleep_for(1500ms);  // a unit
        }
        ::_exit(3);
      },
      testing::ExitedWithCode(3), "^$");
}

TEST(GuardedTransport, passes_everything_on) {
  LocalHub hub(2);
  GuardedTransport end(hub.take(Rank(1)), {});
  const auto other = hub.take(Rank(0));
  EXPECT_EQ(end.self(), Rank(1));
  EXPECT_EQ(end.rank_count(), 2);
  EXPECT_EQ(end.concurrent(), other->concurrent());
  EXPECT_EQ(end.hears_of_deaths(), other->hears_of_deaths());
  ASSERT_TRUE(end.send(Rank(0), contract::pattern(9, 1)).ok());
  end.send_urgent(Rank(0), contract::pattern(5, 2));
  const auto arrived = contract::receive(*other, 2);
  ASSERT_EQ(arrived.size(), 2U);
  EXPECT_EQ(arrived[0].bytes.size() + arrived[1].bytes.size(), 14U);
  ASSERT_TRUE(other->send(Rank(1), contract::pattern(3, 3)).ok());
  EXPECT_EQ(contract::receive(end, 1).size(), 1U);
  end.forget(Rank(0));
  ASSERT_TRUE(end.send(Rank(0), Bytes(1)).ok());
  end.readmit(Rank(0));
  ASSERT_TRUE(end.send(Rank(0), Bytes(2)).ok());
  const auto later = contract::receive(*other, 1);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0].bytes.size(), 2U) << "what was sent to the forgotten is dropped";
  EXPECT_TRUE(end.flushed());
  EXPECT_EQ(end.queued_bytes(Rank(0)), 0U);
  hub.kill(Rank(0));
  const auto dead = end.take_dead_peers();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].rank, Rank(0));
  EXPECT_TRUE(end.close(0));
}

}  // namespace
}  // namespace steadfarm::transport
