// Numbers as text, the same under every locale that the program may set.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace steadfarm {

/// So many digits behind the point, as "%.1f" has them in the C locale.
[[nodiscard]] inline std::string fixed_text(double value, int digits) {
  std::array<char, 400> text{};  // the largest double has 309 digits before the point
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, digits);
  return error == std::errc() ? std::string(text.data(), end) : std::string("?");
}

/// So many microseconds, as "1.5 s".
[[nodiscard]] inline std::string seconds_text(std::int64_t us) {
  return fixed_text(static_cast<double>(us) * 1e-6, 1) + " s";
}

/// As short as "%g" has it in the C locale, with up to six digits.
[[nodiscard]] inline std::string short_text(double value) {
  std::array<char, 64> text{};
  constexpr int kDigits = 6;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::general, kDigits);
  return error == std::errc() ? std::string(text.data(), end) : std::string("?");
}

}  // namespace steadfarm
