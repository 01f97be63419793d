// The members of a plain struct, without the struct's help: how many there are, and references to
// them. C++20 has no reflection, but an aggregate tells how many initialisers it takes, and a
// structured binding names its members.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace steadfarm::detail {

/// Stands for any member's initialiser, but not for a whole Owner, which would be its copy.
template <class Owner>
struct AnyMember {
  template <class Member>
  requires(!std::same_as<std::remove_cv_t<Member>, Owner>) operator Member()
      const noexcept;  // NOLINT: implicit is the point; never defined
};

template <class T, std::size_t>
using AnyMemberAt = AnyMember<T>;

/// Can a T be made from `Before` initialisers, and, if `Braced`, one in braces and `After` more?
template <class T, bool Braced, std::size_t... Before, std::size_t... After>
consteval bool takes(std::index_sequence<Before...>, std::index_sequence<After...>) {
  if constexpr (Braced) {
    return requires {
      T{AnyMemberAt<T, Before>{}..., {AnyMember<T>{}}, AnyMemberAt<T, After>{}...};
    };
  } else {
    return requires { T{AnyMemberAt<T, Before>{}...}; };
  }
}

/// Initialisers with the elements of array members counted singly. Every one needs a byte of T.
inline constexpr std::size_t kInitialisersMax = 256;

template <class T>
consteval std::size_t initialiser_count() {
  constexpr std::size_t limit = std::min(sizeof(T), kInitialisersMax);
  return []<std::size_t... N>(std::index_sequence<N...>) {
    std::size_t count = 0;
    ((takes<T, false>(std::make_index_sequence<N>{}, std::index_sequence<>{}) ? void(count = N)
                                                                              : void()),
     ...);
    return count;
  }
  (std::make_index_sequence<limit + 1>{});
}

/// How many of the `Count` initialisers belong to the member that begins with number `First`. For
/// an array that is all its elements: with braces around the first of them there is room for
/// fewer initialisers behind it.
template <class T, std::size_t Count, std::size_t First>
consteval std::size_t member_width() {
  constexpr std::size_t behind = Count - First - 1;
  return []<std::size_t... Width>(std::index_sequence<Width...>) {
    std::size_t width = 0;
    ((width == 0 && takes<T, true>(std::make_index_sequence<First>{},
                                   std::make_index_sequence<behind - Width>{})
          ? void(width = Width + 1)
          : void()),
     ...);
    return width == 0 ? 1 : width;
  }
  (std::make_index_sequence<behind + 1>{});
}

template <class T, std::size_t Count, std::size_t First = 0>
consteval std::size_t count_members() {
  if constexpr (First >= Count) {
    return 0;
  } else {
    return 1 + count_members<T, Count, First + member_width<T, Count, First>()>();
  }
}

/// The number of members of an aggregate.
template <class T>
inline constexpr std::size_t member_count = count_members<T, initialiser_count<T>()>();

inline constexpr std::size_t kMembersMax = 16;

/// References to the members of `value`, in order.
template <class T>
constexpr auto members(T& value) {
  constexpr std::size_t count = member_count<std::remove_const_t<T>>;
  static_assert(count <= kMembersMax,
                "steadfarm: this struct has more than 16 members; give it a cereal serialize()");
  if constexpr (count == 0) {
    return std::tuple<>();
  } else if constexpr (count == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (count == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (count == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (count == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else if constexpr (count == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
}

}  // namespace steadfarm::detail
