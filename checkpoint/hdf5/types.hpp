// The element types in the file (little-endian on every machine) and in memory.
#pragma once

#include "checkpoint/hdf5/handle.hpp"
#include "checkpoint/hdf5/image.hpp"

namespace steadfarm::checkpoint::hdf5 {

[[nodiscard]] inline hid_t stored_type(Element element) {
  switch (element) {
    case Element::i8:
      return H5T_STD_I8LE;
    case Element::i16:
      return H5T_STD_I16LE;
    case Element::i32:
      return H5T_STD_I32LE;
    case Element::i64:
      return H5T_STD_I64LE;
    case Element::u8:
      return H5T_STD_U8LE;
    case Element::u16:
      return H5T_STD_U16LE;
    case Element::u32:
      return H5T_STD_U32LE;
    case Element::f32:
      return H5T_IEEE_F32LE;
    case Element::f64:
      return H5T_IEEE_F64LE;
    case Element::u64:
      break;
  }
  return H5T_STD_U64LE;
}

[[nodiscard]] inline hid_t memory_type(Element element) {
  switch (element) {
    case Element::i8:
      return H5T_NATIVE_INT8;
    case Element::i16:
      return H5T_NATIVE_INT16;
    case Element::i32:
      return H5T_NATIVE_INT32;
    case Element::i64:
      return H5T_NATIVE_INT64;
    case Element::u8:
      return H5T_NATIVE_UINT8;
    case Element::u16:
      return H5T_NATIVE_UINT16;
    case Element::u32:
      return H5T_NATIVE_UINT32;
    case Element::f32:
      return H5T_NATIVE_FLOAT;
    case Element::f64:
      return H5T_NATIVE_DOUBLE;
    case Element::u64:
      break;
  }
  return H5T_NATIVE_UINT64;
}

}  // namespace steadfarm::checkpoint::hdf5
