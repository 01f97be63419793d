#include "api/terminate_watch.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>

#include "steadfarm/farm.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::api {
namespace {

void former_handler() {
  std::fprintf(stderr, "the former handler\n");
  std::_Exit(3);
}

void hear(const std::optional<std::string>& failure) {
  std::fprintf(stderr, "heard: %s; ", failure ? failure->c_str() : "leaves");
}

template <class Exception>
[[gnu::noinline]] void throw_it(const Exception& exception) {
  throw exception;
}
template <class Exception>
void throw_out_of(const Exception& exception) noexcept {
  throw_it(exception);
}

template <class Exception>
void terminate_with(const Exception& exception) {
  std::set_terminate(former_handler);
  const TerminateWatch watch(hear);
  throw_out_of(exception);
}

using TerminateWatchDeathTest = testing::Test;

TEST(TerminateWatchDeathTest, hears_of_the_exceptions_of_safe_points) {
  EXPECT_EXIT(terminate_with(detail::LeaveUnit()), testing::ExitedWithCode(3),
              "^heard: leaves; the former handler");
  EXPECT_EXIT(terminate_with(worker::EndUnit("too long")), testing::ExitedWithCode(3),
              "^heard: too long; the former handler");
}

TEST(TerminateWatchDeathTest, leaves_all_others_to_the_former_handler) {
  EXPECT_EXIT(terminate_with(std::runtime_error("oh")), testing::ExitedWithCode(3),
              "^the former handler");
  const auto on_another_thread = [] {
    std::set_terminate(former_handler);
    const TerminateWatch watch(hear);
    std::thread([] { throw detail::LeaveUnit(); }).join();
  };
  EXPECT_EXIT(on_another_thread(), testing::ExitedWithCode(3), "^the former handler");
}

TEST(TerminateWatch, puts_back_what_was_there) {
  const std::terminate_handler before = std::get_terminate();
  {
    const TerminateWatch watch(hear);
    EXPECT_NE(std::get_terminate(), before);
    std::thread([] { const TerminateWatch second(hear); }).join();
    EXPECT_NE(std::get_terminate(), before) << "the first still watches";
  }
  EXPECT_EQ(std::get_terminate(), before);
}

TEST(TerminateWatch, leaves_alone_what_the_application_installed_meanwhile) {
  const std::terminate_handler before = std::get_terminate();
  {
    const TerminateWatch watch(hear);
    std::set_terminate(former_handler);
  }
  EXPECT_EQ(std::set_terminate(before), &former_handler);
}

}  // namespace
}  // namespace steadfarm::api
