#include "script.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace steadfarm::scenario {

void bad_script(const std::string& what) {
  std::fprintf(stderr, "bad scenario: %s\n", what.c_str());
  std::exit(2);
}

std::vector<Block> parse_blocks(const std::string& text) {
  enum class Part { comments, commands, expected };
  std::vector<Block> blocks;
  Block block;
  Part part = Part::comments;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (part == Part::expected) {
      if (!line.empty()) {
        block.expected.push_back(line);
        continue;
      }
      blocks.push_back(std::exchange(block, {}));
      part = Part::comments;
      continue;
    }
    if (part == Part::comments && (line.empty() || line.front() == '#')) {
      block.comments.push_back(line);
    } else if (line == "----") {
      if (block.commands.empty()) bad_script("---- without a command above it");
      part = Part::expected;
    } else {
      part = Part::commands;
      block.commands.push_back(line);
    }
  }
  if (part == Part::commands) bad_script("no ---- after: " + block.commands.back());
  if (part == Part::expected) blocks.push_back(block);
  return blocks;
}

std::string write_blocks(const std::vector<Block>& blocks,
                         const std::vector<std::vector<std::string>>& actual) {
  std::string out;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i > 0) out += "\n";
    for (const std::string& line : blocks[i].comments) out += line + "\n";
    for (const std::string& line : blocks[i].commands) out += line + "\n";
    out += "----\n";
    for (const std::string& line : actual[i]) out += line + "\n";
  }
  return out;
}

std::int64_t to_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) bad_script("no number: " + text);
  return value;
}

TimeUs to_time(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') bad_script("no time in seconds: " + text);
  return std::llround(seconds * 1e6);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) out.push_back(part);
  return out;
}

Bytes to_bytes(const std::string& text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

SharedValue to_shared(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {to_number(text), {}};
  return {to_number(text.substr(0, colon)), to_bytes(text.substr(colon + 1))};
}

UnitHints to_hints(const std::string& text) {
  const std::vector<std::string> parts = split(text, '~');
  UnitHints hints;
  if (!parts.empty()) hints.expected_us = static_cast<std::uint64_t>(to_number(parts[0]));
  if (parts.size() > 1) hints.affinity = static_cast<std::uint64_t>(to_number(parts[1]));
  hints.repeatable = parts.size() < 3 || parts[2] != "no";
  return hints;
}

NamedState to_state(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) bad_script("sequence:state wanted: " + text);
  return {static_cast<std::uint64_t>(to_number(text.substr(0, colon))),
          to_bytes(text.substr(colon + 1))};
}

Command parse_command(const std::string& line, TimeUs& now) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; in >> word;) words.push_back(word);
  if (words.size() >= 3 && words[0] == "at") {
    now = to_time(words[1]);
    words.erase(words.begin(), words.begin() + 2);
  }
  Command command;
  command.verb = words.front();
  command.words.assign(words.begin() + 1, words.end());
  for (const std::string& word : command.words) {
    command.rest += (command.rest.empty() ? "" : " ") + word;
  }
  return command;
}

std::optional<std::string> Command::option(const std::string& name) const {
  for (const std::string& word : words) {
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::int64_t Command::number(const std::string& name, std::int64_t otherwise) const {
  const auto text = option(name);
  return text ? to_number(*text) : otherwise;
}

TimeUs Command::seconds(const std::string& name, TimeUs otherwise_us) const {
  const auto text = option(name);
  return text ? to_time(*text) : otherwise_us;
}

bool Command::flag(const std::string& name) const { return option(name) == "yes"; }

UnitKey UnitNames::key(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return UnitKey::index(static_cast<std::uint64_t>(to_number(name)));
  const auto ordinal = static_cast<std::uint64_t>(to_number(name.substr(dot + 1)));
  const UnitKey key = child_key(this->key(name.substr(0, dot)), ordinal);
  spawned_[key] = name;
  return key;
}

std::string UnitNames::name(const UnitKey& key) const {
  if (key.is_index()) return to_string(key);
  const auto found = spawned_.find(key);
  return found == spawned_.end() ? to_string(key) : found->second;
}

std::vector<NamedAttempt> to_attempts(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) bad_script("unit/attempt wanted: " + text);
  const std::string units = text.substr(0, slash);
  const Attempt attempt(static_cast<std::uint32_t>(to_number(text.substr(slash + 1))));
  const std::size_t dots = units.find("..");
  if (dots == std::string::npos) return {{units, attempt}};
  std::vector<NamedAttempt> out;
  const std::int64_t last = to_number(units.substr(dots + 2));
  for (std::int64_t i = to_number(units.substr(0, dots)); i <= last; ++i) {
    out.push_back({std::to_string(i), attempt});
  }
  return out;
}

}  // namespace steadfarm::scenario
