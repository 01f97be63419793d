// Errors as values. Inside Steadfarm nothing throws; a function that can fail says so in its type.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace steadfarm {

enum class ErrorCode {
  usage,        // the user asked for something that does not exist or does not fit
  invalid,      // input data that cannot be right
  io,           // the operating system refused; the message carries errno's text
  no_space,     // ENOSPC, EDQUOT
  shortage,     // file descriptors ran out: says nothing about what was to be read
  no_memory,    // the same of memory; the message names the need
  denied,       // EACCES, EPERM: the same
  not_found,    // the file or folder is not there
  exists,       // the name is taken (O_EXCL, link)
  corrupt,      // bytes that were read whole and fail their digest, length or structure
  unreadable,   // a store that is there and cannot be read now: nothing was changed, try again
  foreign,      // a store of another job
  fenced,       // somebody with a higher owner epoch has taken the store over
  lost_peer,    // a rank that cannot be talked to
  timeout,      // a deadline passed
  unsupported,  // this build or machine cannot do it
  internal,     // a defect of ours
};

[[nodiscard]] const char* to_string(ErrorCode code);

/// What happened, where (path, rank, unit), and what to do: all in `message`, one line.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
};

/// A T or an Error. `value()` on an error is a defect and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The pointer itself is asserted: compilers cannot see that ok() says the same.
  [[nodiscard]] T& value() & {
    T* value = std::get_if<0>(&state_);
    STEADFARM_ASSERT(value != nullptr);
    return *value;
  }
  [[nodiscard]] const T& value() const& {
    const T* value = std::get_if<0>(&state_);
    STEADFARM_ASSERT(value != nullptr);
    return *value;
  }
  [[nodiscard]] T&& value() && {
    T* value = std::get_if<0>(&state_);
    STEADFARM_ASSERT(value != nullptr);
    return std::move(*value);
  }
  [[nodiscard]] const Error& error() const {
    const Error* error = std::get_if<1>(&state_);
    STEADFARM_ASSERT(error != nullptr);
    return *error;
  }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    STEADFARM_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace steadfarm
