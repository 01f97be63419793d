// What a store remembers of its job, and whether another start is the same job. FORMAT.md has the
// lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// A file that the results depend on. Its name is for messages; content and place count.
struct InputRecord {
  std::string name;
  Digest digest;
  friend bool operator==(const InputRecord&, const InputRecord&) = default;
};

/// The units that are there from the start. `digest` is that of the first `count` of them, so that
/// a longer list can be compared with it.
struct UnitsRecord {
  bool range = false;  // without payloads
  std::uint64_t count = 0;
  Digest digest;
  friend bool operator==(const UnitsRecord&, const UnitsRecord&) = default;
};

/// Each text is a line as record_line makes it.
struct JobRecord {
  std::string identity;  // empty: the program did not say
  std::string program;   // name of the executable's file
  std::string build;     // see driver/own_program.hpp; empty: not known
  std::uint64_t seed = 0;
  std::string unit;  // these: layouts
  std::string result;
  std::string stored;  // "no", or "bytes", or the fields of stored results
  std::vector<std::string> folds;
  std::vector<InputRecord> inputs;
  UnitsRecord units;
  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

/// One line for the record: control characters and backslashes are escaped, and what is longer than
/// 1,024 bytes is cut and ends with the digest of all of it. So different texts stay different.
[[nodiscard]] std::string record_line(std::string_view text);

/// Digest of what must stay the same but the units: identity, seed, layouts, how results are
/// stored, input files. Not of program and build.
[[nodiscard]] Digest fingerprint_of(const JobRecord& job);

/// For people, one line.
[[nodiscard]] std::string describe(const JobRecord& job);

/// What happens if the store was written by another build of the program.
enum class SameProgram { warn, refuse, ignore };

/// This start of a job, to be compared with what a store remembers.
struct JobClaim {
  JobRecord job;
  /// Digest of the first so many submitted units. Null if there are no more than `job` says.
  std::function<Digest(std::uint64_t count)> units_digest{};
  SameProgram same_program = SameProgram::warn;
  /// What a store of format 1, which has no record, must carry to be this job's.
  std::vector<Digest> format_1{};
};

/// Is it the same job? Errors: foreign, with every part that differs and what to do, without the
/// store's path. `warnings` gets what is to be said even so.
[[nodiscard]] Status compare_jobs(const JobRecord& stored, const JobClaim& ours,
                                  std::vector<std::string>& warnings);

}  // namespace steadfarm::checkpoint
