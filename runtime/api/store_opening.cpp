#include "api/store_opening.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "api/job.hpp"
#include "driver/signals.hpp"

namespace steadfarm::api {
namespace {

constexpr std::int64_t kSliceMs = 50;  // a stop is noticed that soon

std::int64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool wait(std::int64_t pause_ms) {
  const std::int64_t end_ms = now_ms() + pause_ms;
  while (!driver::stop_was_signalled()) {
    const std::int64_t left_ms = end_ms - now_ms();
    if (left_ms <= 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left_ms, kSliceMs)));
  }
  return false;
}

}  // namespace

checkpoint::PatienceHooks patience_hooks() {
  return {now_ms, wait, [](const std::string& text) { say("warning: " + text); }};
}

int opening_exit_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::unreadable:
    case ErrorCode::shortage:
    case ErrorCode::no_memory:
      return 74;
    case ErrorCode::internal:
      return 70;
    default:
      return 65;
  }
}

}  // namespace steadfarm::api
