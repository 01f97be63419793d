#include "supervisor/decision.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <utility>

namespace steadfarm::supervisor {
namespace {

using Kind = CommandEnd::Kind;
using State = StoreView::State;

constexpr int kComplete = 0;
constexpr int kCompleteFailed = 3;
constexpr int kUsage = 64;
constexpr int kStore = 65;
constexpr int kInternal = 70;
constexpr int kNotDurable = 74;
constexpr int kStopped = 75;
constexpr int kGaveUp = 76;

// Generations that a start publishes before it has done any work.
constexpr std::uint64_t kOwnGenerations = 2;
// A job that lived longer had made its store, so that its absence is no accident of the start.
constexpr std::int64_t kStartUpMs = 60'000;
// A start with less time than this before the wall-time limit is not worth its launch: the farm
// itself keeps the last half minute for its stop.
constexpr std::int64_t kWorthwhileMs = 40'000;

Decision finish(int exit_code, const Tally& tally, std::string reason) {
  Decision decision;
  decision.exit_code = exit_code;
  decision.tally = tally;
  decision.reason = std::move(reason);
  return decision;
}

bool exited_with(const CommandEnd& end, int code) {
  return end.kind == Kind::exited && end.value == code;
}

bool is_final(const CommandEnd& end) {
  return exited_with(end, kUsage) || exited_with(end, kStore) || exited_with(end, kInternal);
}

std::string why_final(int code) {
  if (code == kUsage) return "it was called wrongly, and a restart would not change that";
  if (code == kStore) return "it cannot use its store, and a restart would not change that";
  return "it met an internal error, and a restart would not change that";
}

std::optional<Decision> finish_if_asked(const Tally& tally, const Circumstances& now) {
  if (now.asked == Asked::nothing) return std::nullopt;
  if (is_final(now.end)) return finish(now.end.value, tally, why_final(now.end.value));
  if (exited_with(now.end, kNotDurable)) {
    return finish(kNotDurable, tally, "stopped as asked, but its end state is not durable");
  }
  return finish(kStopped, tally, "stopped as asked; run the same command again to resume");
}

// Ends that no restart would change.
std::optional<Decision> finish_if_final(const Tally& tally, const Circumstances& now) {
  if (is_final(now.end)) return finish(now.end.value, tally, why_final(now.end.value));
  if (now.after.state == State::damaged) {
    return finish(kStore, tally, "nothing to resume from: " + now.after.trouble);
  }
  const bool says_done = exited_with(now.end, kComplete) || exited_with(now.end, kCompleteFailed);
  if (now.after.state == State::absent && says_done && now.end.lived_ms >= kStartUpMs) {
    return finish(kStore, tally,
                  "it made no store, so nobody can tell whether it is complete; give the command "
                  "and `steadfarm run` the same --store");
  }
  return std::nullopt;
}

std::int64_t backoff_ms(const Limits& limits, std::uint64_t idle) {
  const std::uint64_t doublings = std::clamp<std::uint64_t>(idle, 1, 32) - 1;
  std::int64_t delay = std::min(limits.backoff_ms, limits.backoff_ms_max);
  for (std::uint64_t i = 0; i < doublings && delay < limits.backoff_ms_max; ++i) delay *= 2;
  return std::min(delay, limits.backoff_ms_max);
}

Decision restart_or_give_up(const Limits& limits, Tally tally, const Circumstances& now) {
  // A host that is lost is no fault of the command, and each is lost twice at most.
  if (made_progress(now.before, now.after)) {
    tally.idle = 0;
  } else if (!now.host_lost) {
    ++tally.idle;
  }
  if (tally.idle > limits.idle_restarts_max) {
    return finish(kGaveUp, tally,
                  "giving up: " + std::to_string(tally.idle) +
                      (tally.idle == 1 ? " start" : " starts in a row") +
                      " made nothing durable; see what the command says");
  }
  if (tally.restarts >= limits.restarts_max) {
    return finish(kGaveUp, tally,
                  "giving up after " + std::to_string(tally.restarts) +
                      " restarts, which is --max-restarts; run the same command again to go on");
  }
  Decision decision;
  decision.restart = true;
  decision.delay_ms = backoff_ms(limits, tally.idle);
  if (now.left_ms && *now.left_ms < decision.delay_ms + kWorthwhileMs) {
    return finish(kStopped, tally, "the wall-time limit is near; run the same command again");
  }
  ++tally.restarts;
  decision.tally = tally;
  if (now.after.complete) {
    decision.reason = "once more, for the answer it did not get to say";
  } else {
    decision.reason = now.after.committed > 0 ? "to go on from there" : "to begin again";
  }
  return decision;
}

}  // namespace

bool made_progress(const StoreView& before, const StoreView& after) {
  if (after.state != State::good) return false;
  return after.committed + after.failed > before.committed + before.failed ||
         after.generation > before.generation + kOwnGenerations;
}

Decision decide(const Limits& limits, Tally tally, const Circumstances& now) {
  if (now.end.kind == Kind::cannot_start) {
    return finish(kUsage, tally, "check its name and that it may be executed");
  }
  if (now.after.state == State::good && now.after.complete) {
    const bool failed = now.after.failed > 0 || exited_with(now.end, kCompleteFailed);
    const bool said_so = exited_with(now.end, kComplete) || exited_with(now.end, kCompleteFailed);
    if (said_so || now.asked != Asked::nothing) {
      return finish(failed ? kCompleteFailed : kComplete, tally, "nothing is left to do");
    }
  }
  if (auto asked = finish_if_asked(tally, now)) return *asked;
  if (auto final = finish_if_final(tally, now)) return *final;
  return restart_or_give_up(limits, tally, now);
}

std::string describe(const CommandEnd& end) {
  const auto signal_name = [](int number) {
    const char* name = sigdescr_np(number);
    return std::to_string(number) + (name == nullptr ? "" : " (" + std::string(name) + ")");
  };
  switch (end.kind) {
    case Kind::cannot_start:
      return std::string("cannot be started: ") + std::strerror(end.value);
    case Kind::signalled:
      return "was killed by signal " + signal_name(end.value);
    case Kind::stalled:
      return "published nothing for " + std::to_string(end.value) + " s and was killed";
    case Kind::silent:
      return "gave no sign of life for " + std::to_string(end.value) + " s and was killed";
    case Kind::exited:
      break;
  }
  std::string text = "ended with exit code " + std::to_string(end.value);
  // What a shell and a launcher say of a child that was killed. mpirun has other meanings for some.
  constexpr std::array<int, 7> kUsual = {SIGINT,  SIGABRT, SIGBUS, SIGFPE,
                                         SIGKILL, SIGSEGV, SIGTERM};
  if (std::find(kUsual.begin(), kUsual.end(), end.value - 128) != kUsual.end()) {
    text += std::string(" (signal ") + std::to_string(end.value - 128) + ", " +
            sigdescr_np(end.value - 128) + ")";
  }
  return text;
}

std::string describe(const StoreView& view) {
  if (view.state == State::absent) return "no store yet";
  if (view.state != State::good) return view.trouble;
  std::string text = view.complete ? "complete, " : "";
  text +=
      std::to_string(view.committed) + (view.committed == 1 ? " unit" : " units") + " committed";
  if (view.failed > 0) text += ", " + std::to_string(view.failed) + " failed";
  return text + " in generation " + std::to_string(view.generation);
}

}  // namespace steadfarm::supervisor
