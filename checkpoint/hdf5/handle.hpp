// HDF5's C interface with owners and checks: the only header that shows hdf5.h, for the sources
// of this folder alone. Every return code goes through `check` or `Handle::ok`.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace steadfarm::checkpoint::hdf5 {

/// While one of these lives, HDF5 prints nothing and loads no plugin, and no other thread of the
/// runtime is in HDF5, which may not be thread-safe. The application's own settings come back when
/// it goes.
class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> alone_;
  H5E_auto2_t handler_ = nullptr;
  void* handler_data_ = nullptr;
  unsigned plugins_ = 0;
};

/// What HDF5 itself says about its last failure, in one line.
[[nodiscard]] std::string last_error();

/// An Error if `code` is negative, as HDF5 reports failure everywhere.
template <class Code>
[[nodiscard]] Status check(Code code, const std::string& what, ErrorCode on_error) {
  if (code >= 0) return {};
  return Error{on_error, "HDF5 cannot " + what + ": " + last_error()};
}

/// Owns an identifier of any kind.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] hid_t id() const { return id_; }
  [[nodiscard]] bool valid() const { return id_ >= 0; }
  /// The identifier, which the caller now has to close.
  [[nodiscard]] hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  void reset() {
    if (id_ >= 0) H5Idec_ref(id_);
    id_ = H5I_INVALID_HID;
  }
  hid_t id_ = H5I_INVALID_HID;
};

}  // namespace steadfarm::checkpoint::hdf5
