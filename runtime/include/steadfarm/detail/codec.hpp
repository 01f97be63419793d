// The bytes of each kind of type. serialise.hpp says what they are and what a user calls.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "steadfarm/detail/buffers.hpp"
#include "steadfarm/detail/cereal_archive.hpp"
#include "steadfarm/detail/members.hpp"

namespace steadfarm {

/// To be set to true for a type that may be copied byte by byte: trivially copyable, no padding, no
/// pointers, and the same layout on every machine of a run.
template <class T>
inline constexpr bool copy_bytes = false;

namespace detail {

// ---- kinds of types ----

template <template <class...> class Template, class T>
inline constexpr bool is_instance = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_instance<Template, Template<Args...>> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_view = is_instance<std::basic_string_view, T>;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;

template <class T>
concept Pointer =
    std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T> || is_view<T>;

template <class T>
concept Number = (std::is_arithmetic_v<T> || std::is_enum_v<T>)&&!std::is_same_v<T, bool>;

/// One element after the other, any number of them.
template <class T>
concept Sequence = is_instance<std::basic_string, T> || is_instance<std::vector, T> ||
    is_instance<std::deque, T> || is_instance<std::list, T>;

template <class T>
concept Contiguous = (is_instance<std::basic_string, T> ||
                      is_instance<std::vector, T>)&&!std::is_same_v<typename T::value_type, bool>;

/// The standard sets and maps, without naming their headers here.
template <class T>
concept Associative = requires(T container, typename T::node_type node) {
  typename T::key_type;
  container.insert(std::move(node));
};
template <class T>
concept Unordered = Associative<T> && requires {
  typename T::hasher;
};
template <class T>
concept Map = Associative<T> && requires {
  typename T::mapped_type;
};

template <class T>
concept Tuple = is_instance<std::pair, T> || is_instance<std::tuple, T>;

template <class T>
concept Duration = requires(T value) {
  typename T::period;
  requires std::same_as<T, std::chrono::duration<typename T::rep, typename T::period>>;
};

/// Known types are ours; a plain struct with a cereal function is cereal's.
template <class T>
concept Known =
    Number<T> || std::same_as<T, bool> || Pointer<T> || Sequence<T> || Associative<T> || Tuple<T> ||
    Duration<T> || is_std_array<T> || std::is_bounded_array_v<T> || is_instance<std::optional, T> ||
    is_instance<std::variant, T> || is_instance<std::complex, T> || std::same_as<T, std::monostate>;

template <class T>
concept Cereal = !Known<T> && !copy_bytes<T> && has_cereal<T>;

template <class T>
concept Plain =
    !Known<T> && !copy_bytes<T> && !Cereal<T> && std::is_aggregate_v<T> && !std::is_union_v<T>;

// ---- packed: the bytes in memory are the bytes on the wire ----

template <class T>
consteval bool check_packed();

template <class T>
inline constexpr bool is_packed = check_packed<T>();

template <class Members>
struct PackedMembers;
template <class... Member>
struct PackedMembers<std::tuple<Member&...>> {
  static constexpr bool all = (is_packed<Member> && ...);
  static constexpr std::size_t bytes = (sizeof(Member) + ... + 0);
};

template <class T>
consteval bool check_packed() {
  if constexpr (copy_bytes<T>) {
    static_assert(std::is_trivially_copyable_v<T>,
                  "steadfarm: copy_bytes is set for a type that is not trivially copyable");
    return true;
    // Each "no" has a reason of its own. NOLINTNEXTLINE(bugprone-branch-clone)
  } else if constexpr (std::endian::native != std::endian::little) {
    return false;
  } else if constexpr (Number<T>) {
    return true;
  } else if constexpr (std::is_bounded_array_v<T>) {
    return is_packed<std::remove_extent_t<T>>;
  } else if constexpr (is_std_array<T>) {
    return std::tuple_size_v<T> > 0 && is_packed<typename T::value_type>;
  } else if constexpr (Plain<T> && std::is_trivially_copyable_v<T> && !std::is_empty_v<T>) {
    using Members = PackedMembers<decltype(members(std::declval<T&>()))>;
    if constexpr (Members::all) {
      return Members::bytes == sizeof(T);
    } else {
      return false;
    }
  } else {
    return false;
  }
}

// ---- writing ----

template <class T>
void write_value(Writer& writer, const T& value);

inline void write_size(Writer& writer, std::size_t size) {
  const auto wire = little_endian(static_cast<std::uint64_t>(size));
  writer.put(&wire, sizeof wire);
}

template <class Range>
void write_each(Writer& writer, const Range& range) {
  for (const auto& element : range) write_value<std::decay_t<decltype(element)>>(writer, element);
}

[[nodiscard]] inline bool comes_first(const Bytes& a, const Bytes& b) {
  const std::size_t common = std::min(a.size(), b.size());
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  return order != 0 ? order < 0 : a.size() < b.size();
}

/// The order of a hash table differs from library to library, that of the bytes does not.
template <class T>
void write_unordered(Writer& writer, const T& value) {
  std::vector<Bytes> elements;
  for (const auto& element : value) {
    Writer one;
    write_value(one, element);
    elements.push_back(one.take());
  }
  std::sort(elements.begin(), elements.end(), comes_first);
  for (const Bytes& element : elements) writer.put(element.data(), element.size());
}

template <class T>
void write_container(Writer& writer, const T& value) {
  write_size(writer, value.size());
  if constexpr (Unordered<T>) {
    write_unordered(writer, value);
  } else if constexpr (Contiguous<T>) {
    if constexpr (is_packed<typename T::value_type>) {
      writer.put(value.data(), value.size() * sizeof(typename T::value_type));
    } else {
      write_each(writer, value);
    }
  } else {
    write_each(writer, value);
  }
}

/// Nothing to say still takes a byte: so a size can never exceed the bytes that follow it.
template <class Members>
void write_members(Writer& writer, const Members& all) {
  if constexpr (std::tuple_size_v<Members> == 0) {
    write_value(writer, std::uint8_t{0});
  } else {
    std::apply([&writer](const auto&... each) { (write_value(writer, each), ...); }, all);
  }
}

template <class T>
void write_value(Writer& writer, const T& value) {
  static_assert(!Pointer<T>,
                "steadfarm: a pointer or a view means nothing in another process; use a value or a "
                "container");
  static_assert(!std::is_same_v<T, long double>,
                "steadfarm: long double differs from machine to machine; use double");
  if constexpr (is_packed<T>) {
    writer.put(&value, sizeof(T));
  } else if constexpr (std::same_as<T, bool>) {
    write_value(writer, static_cast<std::uint8_t>(value ? 1 : 0));
  } else if constexpr (Number<T>) {
    const T wire = little_endian(value);
    writer.put(&wire, sizeof wire);
  } else if constexpr (Sequence<T> || Associative<T>) {
    write_container(writer, value);
  } else if constexpr (std::is_bounded_array_v<T> || is_std_array<T>) {
    if (std::size(value) == 0) write_value(writer, std::uint8_t{0});
    write_each(writer, value);
  } else if constexpr (Tuple<T>) {
    write_members(writer, std::apply([](const auto&... each) { return std::tie(each...); }, value));
  } else if constexpr (is_instance<std::optional, T>) {
    write_value(writer, value.has_value());
    if (value) write_value(writer, *value);
  } else if constexpr (is_instance<std::variant, T>) {
    write_size(writer, value.index());
    std::visit([&writer](const auto& held) { write_value(writer, held); }, value);
  } else if constexpr (is_instance<std::complex, T>) {
    write_value(writer, value.real());
    write_value(writer, value.imag());
  } else if constexpr (Duration<T>) {
    write_value(writer, value.count());
  } else if constexpr (std::same_as<T, std::monostate>) {
    write_value(writer, std::uint8_t{0});
  } else if constexpr (Cereal<T>) {
    write_value(writer, std::uint8_t{0});
    CerealWriter archive(writer);
    archive(value);
  } else {
    static_assert(Plain<T>,
                  "steadfarm: this type does not say how it becomes bytes; give it a cereal "
                  "serialize(), or see copy_bytes in steadfarm/serialise.hpp");
    write_members(writer, members(value));
  }
}

// ---- reading ----

template <class T>
[[nodiscard]] bool read_value(Reader& reader, T& value);

/// A size that the bytes left could hold; every element takes a byte at least.
[[nodiscard]] inline bool read_size(Reader& reader, std::size_t& size) {
  std::uint64_t wire = 0;
  if (!reader.get(&wire, sizeof wire)) return false;
  wire = little_endian(wire);
  size = static_cast<std::size_t>(wire);
  return wire <= reader.left();
}

[[nodiscard]] inline bool read_zero(Reader& reader) {
  std::uint8_t byte = 1;
  return reader.get(&byte, 1) && byte == 0;
}

template <class T>
[[nodiscard]] bool read_sequence(Reader& reader, T& value) {
  using Element = typename T::value_type;
  std::size_t size = 0;
  if (!read_size(reader, size)) return false;
  value.clear();
  if constexpr (Contiguous<T> && is_packed<Element>) {
    if (size > reader.left() / sizeof(Element)) return false;
    value.resize(size);
    return reader.get(value.data(), size * sizeof(Element));
  } else {
    // Grown one by one: an element may be much larger in memory than in the bytes.
    for (std::size_t i = 0; i < size; ++i) {
      Element element{};
      if (!read_value(reader, element)) return false;
      value.push_back(std::move(element));
    }
    return true;
  }
}

template <class T>
[[nodiscard]] bool read_associative(Reader& reader, T& value) {
  std::size_t size = 0;
  if (!read_size(reader, size)) return false;
  value.clear();
  for (std::size_t i = 0; i < size; ++i) {
    typename T::key_type key{};
    if (!read_value(reader, key)) return false;
    if constexpr (Map<T>) {
      typename T::mapped_type mapped{};
      if (!read_value(reader, mapped)) return false;
      value.emplace(std::move(key), std::move(mapped));
    } else {
      value.insert(std::move(key));
    }
  }
  return value.size() == size;  // a key that came twice
}

template <class Members>
[[nodiscard]] bool read_members(Reader& reader, Members all) {
  if constexpr (std::tuple_size_v<Members> == 0) {
    return read_zero(reader);
  } else {
    return std::apply([&reader](auto&... each) { return (read_value(reader, each) && ...); }, all);
  }
}

template <class T, std::size_t I = 0>
[[nodiscard]] bool read_alternative(Reader& reader, T& value, std::size_t index) {
  if constexpr (I == std::variant_size_v<T>) {
    return false;
  } else {
    if (index == I) return read_value(reader, value.template emplace<I>());
    return read_alternative<T, I + 1>(reader, value, index);
  }
}

template <class T>
[[nodiscard]] bool read_cereal(Reader& reader, T& value) {
  if (!read_zero(reader)) return false;
  try {
    CerealReader archive(reader);
    archive(value);
    return true;
  } catch (...) {  // whatever the type's own functions think of bad bytes
    return false;
  }
}

template <class T>
[[nodiscard]] bool read_optional(Reader& reader, T& value) {
  bool has_value = false;
  if (!read_value(reader, has_value)) return false;
  value.reset();
  return !has_value || read_value(reader, value.emplace());
}

template <class T>
[[nodiscard]] bool read_array(Reader& reader, T& value) {
  if (std::size(value) == 0) return read_zero(reader);
  return std::all_of(std::begin(value), std::end(value),
                     [&reader](auto& element) { return read_value(reader, element); });
}

template <class T>
[[nodiscard]] bool read_small(Reader& reader, T& value) {
  if constexpr (std::same_as<T, bool>) {
    std::uint8_t byte = 0;
    if (!reader.get(&byte, 1) || byte > 1) return false;
    value = byte == 1;
    return true;
  } else if constexpr (Number<T>) {
    if (!reader.get(&value, sizeof value)) return false;
    value = little_endian(value);
    return true;
  } else if constexpr (is_instance<std::complex, T>) {
    typename T::value_type real{};
    typename T::value_type imaginary{};
    if (!read_value(reader, real) || !read_value(reader, imaginary)) return false;
    value = T(real, imaginary);
    return true;
  } else {
    static_assert(Duration<T>);
    typename T::rep count{};
    if (!read_value(reader, count)) return false;
    value = T(count);
    return true;
  }
}

template <class T>
[[nodiscard]] bool read_nested(Reader& reader, T& value) {
  if constexpr (Sequence<T>) {
    return read_sequence(reader, value);
  } else if constexpr (Associative<T>) {
    return read_associative(reader, value);
  } else if constexpr (std::is_bounded_array_v<T> || is_std_array<T>) {
    return read_array(reader, value);
  } else if constexpr (Tuple<T>) {
    return read_members(reader, std::apply([](auto&... each) { return std::tie(each...); }, value));
  } else if constexpr (is_instance<std::optional, T>) {
    return read_optional(reader, value);
  } else if constexpr (is_instance<std::variant, T>) {
    std::size_t index = 0;
    return read_size(reader, index) && read_alternative(reader, value, index);
  } else if constexpr (std::same_as<T, std::monostate>) {
    return read_zero(reader);
  } else if constexpr (Cereal<T>) {
    return read_cereal(reader, value);
  } else {
    static_assert(Plain<T>,
                  "steadfarm: this type does not say how it comes from bytes; give it a cereal "
                  "serialize(), or see copy_bytes in steadfarm/serialise.hpp");
    return read_members(reader, members(value));
  }
}

template <class T>
bool read_value(Reader& reader, T& value) {
  static_assert(!Pointer<T>,
                "steadfarm: a pointer or a view means nothing in another process; use a value or a "
                "container");
  if constexpr (is_packed<T>) {
    return reader.get(&value, sizeof(T));
  } else if constexpr (std::same_as<T, bool> || Number<T> || is_instance<std::complex, T> ||
                       Duration<T>) {
    return read_small(reader, value);
  } else {
    if (!reader.enter()) return false;
    const bool ok = read_nested(reader, value);
    reader.leave();
    return ok;
  }
}

}  // namespace detail
}  // namespace steadfarm
