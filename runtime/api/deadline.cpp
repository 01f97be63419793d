#include "api/deadline.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace steadfarm::api {
namespace {

constexpr double kSecondsMax = 1e9;

TimeUs to_span_us(double seconds) {
  return std::llround(std::clamp(seconds, 0.0, kSecondsMax) * 1e6);
}

std::optional<double> slurm_deadline_s(const char* text, double now_unix_s) {
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const auto seconds = static_cast<double>(value);
  if (seconds <= now_unix_s) return std::nullopt;
  return seconds;
}

}  // namespace

std::optional<TimeUs> time_left_us(const Options& options, double elapsed_s,
                                   const char* slurm_end_time, double now_unix_s) {
  std::optional<TimeUs> left;
  if (options.walltime_s > 0) left = to_span_us(options.walltime_s - elapsed_s);
  if (options.deadline_unix_s > 0) {
    const TimeUs until = to_span_us(options.deadline_unix_s - now_unix_s);
    left = std::min(left.value_or(until), until);
  }
  if (left) return left;
  const auto slurm = slurm_deadline_s(slurm_end_time, now_unix_s);
  if (slurm) left = to_span_us(*slurm - now_unix_s);
  return left;
}

}  // namespace steadfarm::api
