#include "base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace steadfarm {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::io:
      return "io";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::shortage:
      return "shortage";
    case ErrorCode::no_memory:
      return "no_memory";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::exists:
      return "exists";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::unreadable:
      return "unreadable";
    case ErrorCode::foreign:
      return "foreign";
    case ErrorCode::fenced:
      return "fenced";
    case ErrorCode::lost_peer:
      return "lost_peer";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::internal:
      return "internal";
  }
  return "unknown";
}

void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr,
               "steadfarm: assertion failed: %s (%s:%d). This is a defect; please report.\n",
               expression, file, line);
  std::abort();
}

}  // namespace steadfarm
