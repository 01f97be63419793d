// One rank is killed in mid-message; the others must go on talking and end. Run by
// kill_rank_test.sh in a way that lets the others live; arguments: LOG VICTIM.
//
// The victim sends a message of many parts, and gets many, and then neither sends nor receives
// any more, so that both are under way for certain when it dies.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "transport/mpi/mpi_environment.hpp"
#include "transport/mpi/mpi_transport.hpp"

namespace steadfarm::transport {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 20U;
constexpr std::size_t kBigBytes = 64 * kPartBytes;
constexpr std::size_t kRingBytes = 300'000;
constexpr std::size_t kRounds = 50;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "kill_rank_program: %s\n", why.c_str());
  std::_Exit(1);
}

class Survivors {
 public:
  Survivors(Transport& transport, Rank victim, Rank leader, std::FILE* log)
      : transport_(transport), victim_(victim), leader_(leader), log_(log) {}

  void run();

 private:
  void log(const std::string& line) const {
    if (log_ == nullptr) return;
    std::fprintf(log_, "%s\n", line.c_str());
    std::fflush(log_);
  }
  Bytes next(Rank from);
  void wait(const char* what, const std::function<bool()>& done);
  [[nodiscard]] Rank neighbour(int step) const;
  void hear_of_the_death();
  void lead();
  void follow();
  void talk_in_a_ring();

  Transport& transport_;
  Rank victim_;
  Rank leader_;
  std::FILE* log_;
  std::vector<Incoming> early_;
};

void Survivors::wait(const char* what, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) give_up(std::string("no ") + what);
    std::this_thread::yield();
  }
}

// The next message of one rank; those of others, who may be ahead, are kept.
Bytes Survivors::next(Rank from) {
  auto found = early_.end();
  wait("message", [&] {
    transport_.poll(early_, 1);
    found = std::find_if(early_.begin(), early_.end(),
                         [from](const Incoming& message) { return message.from == from; });
    return found != early_.end();
  });
  Bytes bytes = std::move(found->bytes);
  early_.erase(found);
  return bytes;
}

Rank Survivors::neighbour(int step) const {
  const int size = transport_.rank_count();
  Rank next((transport_.self().value + step + size) % size);
  if (next == victim_) next = Rank((next.value + step + size) % size);
  return next;
}

// Where MPI tells of deaths it tells everybody, of this one and no other, and nobody has to ask.
void Survivors::hear_of_the_death() {
  std::vector<DeadPeer> dead;
  const auto since = std::chrono::steady_clock::now();
  wait("word from MPI about the death", [&] {
    transport_.poll(early_, 1);
    dead = transport_.take_dead_peers();
    return !dead.empty();
  });
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - since;
  if (dead.size() != 1 || dead.front().rank != victim_) give_up("MPI names the wrong rank");
  if (transport_.send(victim_, Bytes(1)).ok()) give_up("a message to the dead was taken");
  log("{\"kind\": \"heard\", \"ms\": " + std::to_string(took.count()) + "}");
}

// The leader learns the victim's process id, waits for its death, and tells the others.
void Survivors::lead() {
  for (int i = 0; i < 40; ++i) {
    if (!transport_.send(victim_, Bytes(kPartBytes)).ok()) give_up("send to the victim");
  }
  pid_t pid = 0;
  const Bytes urgent = next(victim_);
  if (urgent.size() != sizeof pid) give_up("not the victim's word");
  std::memcpy(&pid, urgent.data(), sizeof pid);
  log("{\"kind\": \"ready\", \"pid\": " + std::to_string(pid) + "}");
  std::vector<Incoming> messages;
  wait("death", [&] {
    if (transport_.poll(messages, 1) != 0) give_up("half a message was delivered");
    return ::kill(pid, 0) != 0 && errno == ESRCH;
  });
  if (transport_.hears_of_deaths()) {
    hear_of_the_death();
  } else if (transport_.flushed()) {
    give_up("nothing was outstanding to the victim");
  }
  transport_.forget(victim_);
  if (!transport_.flushed()) give_up("forget left something to send");
  for (Rank to(0); to.value < transport_.rank_count(); to = to.next()) {
    if (to != victim_ && to != leader_ && !transport_.send(to, Bytes(1)).ok())
      give_up("send to a survivor");
  }
}

void Survivors::follow() {
  if (transport_.hears_of_deaths()) hear_of_the_death();
  if (next(leader_).size() != 1) give_up("not the word of the leader");
  transport_.forget(victim_);
}

void Survivors::talk_in_a_ring() {
  for (std::size_t round = 0; round < kRounds; ++round) {
    if (!transport_.send(neighbour(1), Bytes(kRingBytes + round)).ok()) give_up("send in the ring");
    if (next(neighbour(-1)).size() != kRingBytes + round) give_up("ring size");
  }
  if (transport_.self() != leader_) {
    if (!transport_.send(leader_, Bytes(2)).ok()) give_up("send the report");
    return;
  }
  for (Rank from(0); from.value < transport_.rank_count(); from = from.next()) {
    if (from != victim_ && from != leader_ && next(from).size() != 2) give_up("not a report");
  }
  log("{\"kind\": \"talked\", \"rounds\": " + std::to_string(kRounds) + "}");
}

void Survivors::run() {
  if (transport_.self() == leader_) {
    lead();
  } else {
    follow();
  }
  talk_in_a_ring();
  // Where MPI_Finalize would hang, close says that it must not be called.
  if (transport_.close(10'000) == transport_.hears_of_deaths()) give_up("close is wrong");
  log("{\"kind\": \"closed\"}");
}

[[noreturn]] void be_the_victim(Transport& transport, Rank leader) {
  if (!transport.send(leader, Bytes(kBigBytes)).ok()) give_up("send of the victim");
  const pid_t pid = ::getpid();
  transport.send_urgent(leader, std::as_bytes(std::span(&pid, 1)));
  for (;;) ::pause();
}

int run(int argc, char** argv) {
  if (argc != 3) give_up("arguments: LOG VICTIM");
  Result<MpiEnvironment> environment = MpiEnvironment::start(&argc, &argv);
  if (!environment.ok()) give_up(environment.error().message);
  MpiTransportOptions options;
  options.part_bytes = kPartBytes;
  options.receive_bytes_max = 1;  // so half a message from the victim stops others until forgotten
  auto transport = open_mpi_transport(environment.value(), options);
  if (!transport.ok()) give_up(transport.error().message);
  const Rank victim(std::atoi(argv[2]));
  const Rank self = transport.value()->self();
  // The first of those that live.
  const Rank leader(victim == Rank(0) ? 1 : 0);
  if (self == victim) be_the_victim(*transport.value(), leader);
  std::FILE* log = self == leader ? std::fopen(argv[1], "w") : nullptr;
  if (self == leader && log == nullptr) give_up("cannot write the log");
  Survivors(*transport.value(), victim, leader, log).run();
  if (transport.value()->hears_of_deaths()) MpiEnvironment::leave_now(0);
  FinalizeOptions finalize;
  finalize.deadline_ms = 15'000;
  finalize.say_why = true;
  const bool ended = environment.value().finalize(finalize).ok();
  if (log != nullptr) {
    std::fprintf(log, "{\"kind\": \"finalised\", \"ok\": %s}\n", ended ? "true" : "false");
    std::fclose(log);
  }
  return 0;
}

}  // namespace
}  // namespace steadfarm::transport

int main(int argc, char** argv) { return steadfarm::transport::run(argc, argv); }
