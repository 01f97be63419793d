// A scenario as text: comments, and blocks of commands with what came out of them.
//
//   # what this is about
//   at 1.5 report 1 done 0/1
//   ----
//   accept 0 ""
//   send 1 (s1) Ack #1
//
// A block ends with an empty line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/shared_value.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm::scenario {

struct Block {
  std::vector<std::string> comments;  // and empty lines, as they stand above the commands
  std::vector<std::string> commands;
  std::vector<std::string> expected;
};

[[nodiscard]] std::vector<Block> parse_blocks(const std::string& text);
/// The text again, with `actual[i]` as what came out of block i.
[[nodiscard]] std::string write_blocks(const std::vector<Block>& blocks,
                                       const std::vector<std::vector<std::string>>& actual);

/// One command: a verb, then plain words and name=value options in any order.
struct Command {
  std::string verb;
  std::vector<std::string> words;  // everything after the verb, options included
  std::string rest;                // the same as one text

  [[nodiscard]] std::optional<std::string> option(const std::string& name) const;
  [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  /// An option in seconds, as microseconds.
  [[nodiscard]] TimeUs seconds(const std::string& name, TimeUs otherwise_us) const;
  [[nodiscard]] bool flag(const std::string& name) const;
};

/// Strips `at T` and moves the clock. Unknown words end the test with their line.
[[nodiscard]] Command parse_command(const std::string& line, TimeUs& now);

[[nodiscard]] std::int64_t to_number(const std::string& text);
[[nodiscard]] TimeUs to_time(const std::string& text);
[[nodiscard]] std::vector<std::string> split(const std::string& text, char separator);
[[nodiscard]] Bytes to_bytes(const std::string& text);
/// 5:abc is the value 5 with the witness "abc".
[[nodiscard]] SharedValue to_shared(const std::string& text);
/// 3:abc is the state "abc" with 3 safe points behind it.
/// 2000~7~no: expected to take 2000 us, of affinity 7, not to be repeated; all may be left out.
[[nodiscard]] UnitHints to_hints(const std::string& text);
struct NamedState {
  std::uint64_t sequence = 0;
  Bytes state;
};
[[nodiscard]] NamedState to_state(const std::string& text);
[[noreturn]] void bad_script(const std::string& what);

/// Units by name: an index, or parent.ordinal for a spawned one.
class UnitNames {
 public:
  [[nodiscard]] UnitKey key(const std::string& name);
  [[nodiscard]] std::string name(const UnitKey& key) const;

 private:
  std::map<UnitKey, std::string> spawned_;
};

/// 3 or 3..5 (both ends included) or 0.1, each with /attempt: the units one by one.
struct NamedAttempt {
  std::string unit;
  Attempt attempt;
};
[[nodiscard]] std::vector<NamedAttempt> to_attempts(const std::string& text);

}  // namespace steadfarm::scenario
