#include "checkpoint/hdf5/handle.hpp"

namespace steadfarm::checkpoint::hdf5 {
namespace {

/// Keeps the innermost message: the cause rather than the call we made.
herr_t keep_innermost(unsigned /*depth*/, const H5E_error2_t* error, void* out) {
  auto* text = static_cast<std::string*>(out);
  if (error->desc != nullptr) *text = error->desc;
  return 0;
}

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

// Two threads where a worker has taken over: its own shards, and the generations of the master.
Quiet::Quiet() : alone_(library_mutex()) {
  // Failing to save or silence costs noise on a terminal, never correctness.
  static_cast<void>(H5Eget_auto2(H5E_DEFAULT, &handler_, &handler_data_));
  static_cast<void>(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr));
  static_cast<void>(H5PLget_loading_state(&plugins_));
  static_cast<void>(H5PLset_loading_state(0));
}

Quiet::~Quiet() {
  static_cast<void>(H5PLset_loading_state(plugins_));
  static_cast<void>(H5Eclear2(H5E_DEFAULT));
  static_cast<void>(H5Eset_auto2(H5E_DEFAULT, handler_, handler_data_));
}

std::string last_error() {
  std::string text;
  static_cast<void>(H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &text));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace steadfarm::checkpoint::hdf5
