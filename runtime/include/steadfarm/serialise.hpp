// Values as bytes and back: how units, results and fold states travel and are stored.
//
//   struct Job { double temperature; std::vector<int> sites; };
//   steadfarm::Bytes bytes = steadfarm::to_bytes(Job{300.0, {1, 2, 3}});
//   Job job;
//   if (!steadfarm::from_bytes(bytes, job)) ...  // the bytes are no Job
//
// What works as it is:
//   - numbers, bool, enums, std::complex, std::chrono durations;
//   - std::string, vector, deque, list, array, pair, tuple, optional, variant, and the (unordered)
//     maps and sets, of anything that works;
//   - plain structs (aggregates without base classes) of up to 16 members that work, arrays such
//     as double x[3] included.
// Any other type works if it has a cereal `serialize`, or `save` and `load`, which is preferred
// where a plain struct has one. A type without padding and without pointers that is none of these
// may be copied byte by byte: `template <> inline constexpr bool steadfarm::copy_bytes<T> = true;`
//
// The bytes: numbers little-endian in their own size, a container's size as 8 bytes and then its
// elements, a struct's members one after the other and no padding. Equal values give equal bytes on
// every machine, also for unordered containers, whose elements are put in the order of their bytes.
//
// A store remembers the structure of unit, result and fold states: see layout_of. What that cannot
// see is yours to say by a version: that of a type with cereal functions or with copy_bytes, of
// which nothing else is known, or of any type whose numbers mean something else than before:
// `static constexpr std::uint32_t steadfarm_type_version = 2;` in the type, or
// `template <> inline constexpr std::uint32_t steadfarm::type_version<T> = 2;`. A store of another
// version is refused.
#pragma once

#include <cstring>
#include <string>

#include "steadfarm/detail/codec.hpp"
#include "steadfarm/detail/layout.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm {

/// The value's bytes. Throws only what the value's own cereal functions throw, and std::bad_alloc.
template <class T>
[[nodiscard]] Bytes to_bytes(const T& value) {
  if constexpr (detail::is_packed<T>) {
    Bytes bytes(sizeof(T));
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  } else {
    detail::Writer writer;
    detail::write_value(writer, value);
    return writer.take();
  }
}

/// Makes `value` from its bytes. False if the bytes are malformed, too few or too many; `value`
/// may then be partly changed. Never throws for bad bytes and never needs more memory than a small
/// multiple of what the bytes could hold. Values nested deeper than 1,000 levels are refused.
template <class T>
[[nodiscard]] bool from_bytes(ByteView bytes, T& value) {
  if constexpr (detail::is_packed<T>) {
    if (bytes.size() != sizeof(T)) return false;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return true;
  } else {
    detail::Reader reader(bytes);
    return detail::read_value(reader, value) && reader.left() == 0;
  }
}

/// The structure of T's bytes, as a text: kinds and sizes in their order, without names. Equal for
/// types whose values are the same to the codec, on every machine and for every compiler: for a
/// struct {int a; double b;} and for std::pair<int, double> it is "{i32,f64}". Other languages make
/// the same texts, by the grammar in checkpoint/FORMAT.md.
template <class T>
[[nodiscard]] std::string layout_of() {
  return detail::layout_in<T>(detail::Around<>());
}

}  // namespace steadfarm
