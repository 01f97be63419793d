// What Farm::store_results makes of a result type: the text that ByteFarm::describe_results takes.
#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "steadfarm/detail/codec.hpp"

namespace steadfarm::detail {

/// "f64" and the like; empty for what is no number.
template <class T>
std::string number_type() {
  if constexpr (std::same_as<T, bool>) {
    return "bool";
  } else if constexpr (std::is_enum_v<T>) {
    return number_type<std::underlying_type_t<T>>();
  } else if constexpr (std::integral<T>) {
    return std::string(std::is_signed_v<T> ? "i" : "u").append(std::to_string(8 * sizeof(T)));
  } else if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    return std::string("f").append(std::to_string(8 * sizeof(T)));
  } else {
    return {};
  }
}

/// The same for arrays: "f64[3]". Empty for what has no fixed number of bytes.
template <class T>
std::string field_type() {
  const auto counted = [](const std::string& element, std::size_t count) {
    return element.empty() || count == 0 ? std::string()
                                         : element + "[" + std::to_string(count) + "]";
  };
  if constexpr (std::is_bounded_array_v<T>) {
    return counted(number_type<std::remove_extent_t<T>>(), std::extent_v<T>);
  } else if constexpr (is_std_array<T>) {
    return counted(number_type<typename T::value_type>(), std::tuple_size_v<T>);
  } else if constexpr (is_instance<std::complex, T>) {
    return counted(number_type<typename T::value_type>(), 2);
  } else {
    return number_type<T>();
  }
}

template <class T>
concept Members = Tuple<T> || Plain<T>;

/// References to what the bytes of a value are made of, in their order.
template <class T>
auto parts_of(T& value) {
  if constexpr (Tuple<T>) {
    return std::apply([](auto&... each) { return std::tie(each...); }, value);
  } else if constexpr (Plain<T>) {
    return members(value);
  } else {
    return std::tie(value);
  }
}

/// Names for the parts of T, in their order; "-" or nothing for those that stay in the bytes.
template <class T>
std::string fields_text(const std::vector<std::string_view>& names) {
  std::string text;
  std::size_t at = 0;
  bool open = false;
  const auto add = [&]<class Part>(const Part* /*part*/) {
    const std::string_view name = at < names.size() ? names[at] : "-";
    ++at;
    const std::string type = open ? std::string() : field_type<Part>();
    if (!type.empty()) {
      text += (text.empty() ? "" : " ") + std::string(name) + ":" + type;
    } else if (name == "-") {
      open = true;
    } else {
      throw std::invalid_argument("Farm::store_results: '" + std::string(name) +
                                  "' is no number, or comes after a member that is none; put the "
                                  "numbers first");
    }
  };
  T probe{};
  std::apply([&](auto&... part) { (add(&part), ...); }, parts_of(probe));
  if (names.size() > at) {
    throw std::invalid_argument("Farm::store_results: there are more names than members");
  }
  if (!open) return text;
  return text.empty() ? text : text + " ...";
}

template <class T>
void name_members(T& /*probe*/, std::vector<std::string_view>& /*names*/) {}

/// Pairs of a name and a pointer to a member.
template <class T, class Member, class... More>
void name_members(T& probe, std::vector<std::string_view>& names, std::string_view name,
                  Member T::*member, const More&... more) {
  const void* wanted = &(probe.*member);
  std::size_t at = 0;
  const auto look = [&](const void* part) {
    if (part == wanted) names[at] = name;
    ++at;
  };
  std::apply([&](auto&... part) { (look(&part), ...); }, parts_of(probe));
  name_members(probe, names, more...);
}

/// What is known of a result type without anybody naming anything.
template <class T>
std::string default_fields() {
  if constexpr (std::same_as<T, std::string>) {
    return "value:text";
  } else if constexpr (!Members<T>) {
    const std::string type = field_type<T>();
    return type.empty() ? type : "value:" + type;
  } else {
    return {};
  }
}

}  // namespace steadfarm::detail
