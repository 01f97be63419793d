// The structure of a type as the codec sees it, as a text that does not depend on compiler, machine
// or language. serialise.hpp says what a user calls; checkpoint/FORMAT.md has the grammar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "steadfarm/detail/codec.hpp"

namespace steadfarm {

/// The version of a type's bytes or of their meaning, for what its structure does not show: set it
/// for a type of your own, or give the type a member `static constexpr std::uint32_t
/// steadfarm_type_version`. 0: none.
template <class T>
inline constexpr std::uint32_t type_version = 0;
template <class T>
requires requires { T::steadfarm_type_version; }
inline constexpr std::uint32_t type_version<T> = T::steadfarm_type_version;

namespace detail {

/// One text of several. Not with operator+, of which GCC 12 warns in programs that include this,
/// for an overlap that is not there (GCC bug 105651).
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

/// The records around the place that is being described, the innermost one first.
template <class... Record>
struct Around {};

template <class T, class... Record>
consteval std::size_t levels_up(Around<Record...> /*around*/) {
  std::size_t level = 0;
  std::size_t found = 0;
  ((++level, found = found == 0 && std::is_same_v<T, Record> ? level : found), ...);
  return found;
}

template <class T, class... Record>
std::string layout_in(Around<Record...> around);

template <class T>
std::string number_layout() {
  constexpr bool is_character = std::same_as<T, char> || std::same_as<T, wchar_t> ||
                                std::same_as<T, char8_t> || std::same_as<T, char16_t> ||
                                std::same_as<T, char32_t>;
  const char* kind = "u";
  if (is_character) {  // whether they have a sign differs from machine to machine
    kind = "c";
  } else if (std::is_floating_point_v<T>) {
    kind = "f";
  } else if (std::is_signed_v<T>) {
    kind = "i";
  }
  return joined({kind, std::to_string(8 * sizeof(T))});
}

/// "{A,B}": a struct, a pair and a tuple of the same members have the same bytes and are the same
/// to other languages.
template <class Parts, class Inner>
struct RecordLayout;
template <class... Part, class Inner>
struct RecordLayout<std::tuple<Part...>, Inner> {
  static std::string text() {
    std::string all;
    ((all += joined({all.empty() ? "" : ",", layout_in<std::remove_cvref_t<Part>>(Inner())})), ...);
    return joined({"{", all, "}"});
  }
};

template <class T>
struct PartsOf {
  using Type = decltype(members(std::declval<T&>()));
};
template <class First, class Second>
struct PartsOf<std::pair<First, Second>> {
  using Type = std::tuple<First, Second>;
};
template <class... Part>
struct PartsOf<std::tuple<Part...>> {
  using Type = std::tuple<Part...>;
};

template <class T, class Where>
struct VariantLayout;
template <class... Alternative, class Where>
struct VariantLayout<std::variant<Alternative...>, Where> {
  static std::string text() {
    std::string all;
    ((all += joined({all.empty() ? "" : ",", layout_in<Alternative>(Where())})), ...);
    return joined({"variant<", all, ">"});
  }
};

template <class T, class... Record>
std::string record_layout(Around<Record...> around) {
  constexpr std::size_t up = levels_up<T>(Around<Record...>());
  if constexpr (up > 0) {
    return joined({"^", std::to_string(up)});
  } else {
    static_cast<void>(around);
    return RecordLayout<typename PartsOf<T>::Type, Around<T, Record...>>::text();
  }
}

template <class T, class... Record>
std::string container_layout(Around<Record...> around) {
  if constexpr (Map<T>) {
    return joined({"map<", layout_in<typename T::key_type>(around), ",",
                   layout_in<typename T::mapped_type>(around), ">"});
  } else if constexpr (Associative<T>) {
    return joined({"set<", layout_in<typename T::key_type>(around), ">"});
  } else if constexpr (Sequence<T>) {
    return joined({"seq<", layout_in<typename T::value_type>(around), ">"});
  } else if constexpr (std::is_bounded_array_v<T>) {
    return joined({"array<", layout_in<std::remove_extent_t<T>>(around), ",",
                   std::to_string(std::extent_v<T>), ">"});
  } else {
    static_assert(is_std_array<T>);
    return joined({"array<", layout_in<typename T::value_type>(around), ",",
                   std::to_string(std::tuple_size_v<T>), ">"});
  }
}

/// Without its version.
template <class T, class... Record>
std::string structure_in(Around<Record...> around) {
  if constexpr (copy_bytes<T>) {
    return joined({"raw<", std::to_string(sizeof(T)), ">"});
  } else if constexpr (std::same_as<T, bool>) {
    return "bool";
  } else if constexpr (std::is_enum_v<T>) {
    return number_layout<std::underlying_type_t<T>>();
  } else if constexpr (std::is_arithmetic_v<T>) {
    return number_layout<T>();
  } else if constexpr (Sequence<T> || Associative<T> || is_std_array<T> ||
                       std::is_bounded_array_v<T>) {
    return container_layout<T>(around);
  } else if constexpr (Tuple<T>) {
    return record_layout<T>(around);
  } else if constexpr (is_instance<std::optional, T>) {
    return joined({"optional<", layout_in<typename T::value_type>(around), ">"});
  } else if constexpr (is_instance<std::variant, T>) {
    return VariantLayout<T, Around<Record...>>::text();
  } else if constexpr (is_instance<std::complex, T>) {
    return joined({"complex<", layout_in<typename T::value_type>(around), ">"});
  } else if constexpr (Duration<T>) {
    return joined({"duration<", layout_in<typename T::rep>(around), ",",
                   std::to_string(T::period::num), "/", std::to_string(T::period::den), ">"});
  } else if constexpr (std::same_as<T, std::monostate>) {
    return "{}";
  } else if constexpr (Cereal<T>) {
    return "cereal";
  } else {
    static_assert(Plain<T>,
                  "steadfarm: this type does not say how it becomes bytes; give it a cereal "
                  "serialize(), or see copy_bytes in steadfarm/serialise.hpp");
    return record_layout<T>(around);
  }
}

template <class T, class... Record>
std::string layout_in(Around<Record...> around) {
  using Type = std::remove_cv_t<T>;
  std::string text = structure_in<Type>(around);
  if constexpr (type_version<Type> != 0) text += joined({"#", std::to_string(type_version<Type>)});
  return text;
}

}  // namespace detail
}  // namespace steadfarm
