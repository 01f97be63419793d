#include "api/terminate_watch.hpp"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>

#include "base/assert.hpp"
#include "steadfarm/farm.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::api {
namespace {

std::mutex watches_mutex;  // guards `watches` and the installing
int watches = 0;
std::atomic<std::terminate_handler> former{nullptr};
thread_local const TerminateWatch::Heard* heard_here = nullptr;

void tell_of_exception(const TerminateWatch::Heard& heard) {
  const std::exception_ptr current = std::current_exception();
  if (current == nullptr) return;
  try {
    std::rethrow_exception(current);
  } catch (const detail::LeaveUnit&) {
    heard(std::nullopt);
  } catch (const worker::EndUnit& e) {
    heard(e.what());
  } catch (...) {  // NOLINT(bugprone-empty-catch): the application's, and the former handler's
  }
}

[[noreturn]] void on_terminate() {
  if (heard_here != nullptr) tell_of_exception(*heard_here);
  if (const std::terminate_handler next = former.load()) next();
  std::abort();
}

}  // namespace

TerminateWatch::TerminateWatch(Heard heard) : heard_(std::move(heard)) {
  STEADFARM_ASSERT(heard_here == nullptr);
  heard_here = &heard_;
  const std::lock_guard lock(watches_mutex);
  if (++watches == 1) former = std::set_terminate(on_terminate);
}

TerminateWatch::~TerminateWatch() {
  heard_here = nullptr;
  const std::lock_guard lock(watches_mutex);
  if (--watches > 0) return;
  // One that the application installed meanwhile is its own and stays.
  if (std::get_terminate() == on_terminate) std::set_terminate(former);
}

}  // namespace steadfarm::api
