#include "checkpoint/names.hpp"

#include <array>
#include <charconv>

namespace steadfarm::checkpoint {
namespace {

/// Takes `prefix` and then a number off the front of `text`.
bool take(std::string_view& text, std::string_view prefix, std::uint64_t& number, int base = 10) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// At least `width` digits, with zeros in front.
std::string padded(std::uint64_t number, std::size_t width, int base = 10) {
  std::array<char, 24> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  const std::string text(digits.data(), end);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

// Generations are padded so that `ls` shows them in order.
std::string manifest_name(Generation generation) {
  return "manifest-" + padded(generation.value, 12);
}

std::string segment_name(const SegmentName& name) {
  return "segment-" + padded(name.generation.value, 12) + "-" +
         std::to_string(name.owner_epoch.value) + "-" + std::to_string(name.sequence) + ".h5";
}

std::string temp_name(const TempName& name) {
  return "temp-" + std::to_string(name.owner_epoch.value) + "-" + padded(name.nonce, 16, 16) + "-" +
         std::to_string(name.sequence);
}

std::string shard_folder(std::uint64_t nonce) {
  return std::string(shards_folder) + "/" + padded(nonce & 0xFFU, 2, 16);
}

std::string shard_name(const ShardName& name) {
  return shard_folder(name.nonce) + "/shard-" + std::to_string(name.owner_epoch.value) + "-" +
         padded(name.nonce, 16, 16) + "-" + std::to_string(name.sequence) + ".h5";
}

std::optional<ShardName> parse_shard_name(std::string_view text) {
  ShardName name;
  std::string_view rest = text;
  const std::size_t slash = text.rfind('/');
  rest.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
  const bool read = take(rest, "shard-", name.owner_epoch.value) &&
                    take(rest, "-", name.nonce, 16) && take(rest, "-", name.sequence);
  if (!read || shard_name(name) != text) return {};
  return name;
}

bool is_shard_subfolder(std::string_view text) {
  std::uint64_t number = 0;
  std::string_view rest = text;
  return take(rest, "", number, 16) && padded(number, 2, 16) == text && number <= 0xFFU;
}

std::optional<Generation> parse_manifest_name(std::string_view text) {
  Generation generation;
  std::string_view rest = text;
  if (!take(rest, "manifest-", generation.value) || manifest_name(generation) != text) return {};
  return generation;
}

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  SegmentName name;
  std::string_view rest = text;
  const bool read = take(rest, "segment-", name.generation.value) &&
                    take(rest, "-", name.owner_epoch.value) && take(rest, "-", name.sequence);
  if (!read || segment_name(name) != text) return {};
  return name;
}

std::optional<TempName> parse_temp_name(std::string_view text) {
  TempName name;
  std::string_view rest = text;
  const bool read = take(rest, "temp-", name.owner_epoch.value) &&
                    take(rest, "-", name.nonce, 16) && take(rest, "-", name.sequence);
  if (!read || temp_name(name) != text) return {};
  return name;
}

}  // namespace steadfarm::checkpoint
