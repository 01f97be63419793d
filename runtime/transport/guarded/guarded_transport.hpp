// Ends the process if a call of a transport does not return. MPI is never supposed to block here,
// but a library that has lost a peer may wait for ever within any call: Open MPI's TCP in a lock of
// its own, or for the handshake of a process that is gone. No loop of ours turns then, so no
// deadline of theirs passes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "transport/transport.hpp"

namespace steadfarm::transport {

struct GuardOptions {
  int deadline_ms = 30'000;  // for one call; time in which the whole process is stopped is none
  int exit_code = 75;        // of the process that is ended
  std::string who;           // the first words of the line that says why, such as "rank 3 on node7"
};

/// Passes every call on. A thread of its own, in which all signals are blocked and which calls
/// nothing that could wait for the stuck one, writes a line to stderr and ends the process.
class GuardedTransport final : public Transport {
 public:
  /// Throws std::system_error if there is no thread to be had.
  GuardedTransport(std::unique_ptr<Transport> inner, GuardOptions options);
  ~GuardedTransport() override;
  GuardedTransport(const GuardedTransport&) = delete;
  GuardedTransport& operator=(const GuardedTransport&) = delete;

  /// What is guarded, for who must know its type.
  [[nodiscard]] Transport& inner() { return *inner_; }

  [[nodiscard]] Rank self() const override { return inner_->self(); }
  [[nodiscard]] std::int32_t rank_count() const override { return inner_->rank_count(); }
  [[nodiscard]] bool concurrent() const override { return inner_->concurrent(); }
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<DeadPeer> take_dead_peers() override;
  [[nodiscard]] bool hears_of_deaths() const override { return inner_->hears_of_deaths(); }
  void forget(Rank peer) override;
  void readmit(Rank peer) override;
  [[nodiscard]] std::size_t queued_bytes(Rank to) const override {
    return inner_->queued_bytes(to);
  }
  [[nodiscard]] bool flushed() const override { return inner_->flushed(); }
  [[nodiscard]] bool settle(int deadline_ms) override;
  [[nodiscard]] bool was_lost(Rank peer) const override { return inner_->was_lost(peer); }
  [[nodiscard]] bool close(int deadline_ms) override;

 private:
  // The calls of one kind of thread, one at a time.
  struct Lane {
    std::atomic<const char*> call{nullptr};  // that has not returned
    std::atomic<std::uint64_t> calls{0};
    std::uint64_t seen = 0;  // the watching thread's
    int looks = 0;           // at the same call
  };
  class Inside;

  void watch();
  [[nodiscard]] const char* stuck_in(Lane& lane) const;
  [[noreturn]] void end(const char* call) const;

  std::unique_ptr<Transport> inner_;
  GuardOptions options_;
  std::chrono::milliseconds look_;
  int looks_max_;
  std::string words_before_;
  std::string words_after_;
  Lane main_;
  Lane urgent_;
  std::mutex urgent_mutex_;  // so that these, too, come one at a time
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace steadfarm::transport
