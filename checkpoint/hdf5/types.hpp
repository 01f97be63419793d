// The element types in the file (little-endian on every machine) and in memory.
#pragma once

#include "checkpoint/hdf5/handle.hpp"
#include "checkpoint/hdf5/image.hpp"

namespace steadfarm::checkpoint::hdf5 {

[[nodiscard]] inline hid_t stored_type(Element element) {
  switch (element) {
    case Element::u8:
      return H5T_STD_U8LE;
    case Element::i64:
      return H5T_STD_I64LE;
    case Element::u64:
      break;
  }
  return H5T_STD_U64LE;
}

[[nodiscard]] inline hid_t memory_type(Element element) {
  switch (element) {
    case Element::u8:
      return H5T_NATIVE_UINT8;
    case Element::i64:
      return H5T_NATIVE_INT64;
    case Element::u64:
      break;
  }
  return H5T_NATIVE_UINT64;
}

[[nodiscard]] inline std::uint64_t element_bytes(Element element) {
  return element == Element::u8 ? 1 : 8;
}

}  // namespace steadfarm::checkpoint::hdf5
