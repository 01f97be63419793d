#include "checkpoint/job_record.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/build.hpp"

namespace steadfarm::checkpoint {
namespace {

constexpr std::size_t line_bytes_max = 1024;

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string numbered(std::uint64_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string there_and_here(const std::string& theirs, const std::string& ours) {
  return theirs + " in the store and " + ours + " here";
}

/// The name that stands for the job where the program gives none.
const std::string& effective_identity(const JobRecord& job) {
  return job.identity.empty() ? job.program : job.identity;
}

bool same_build(const JobRecord& a, const JobRecord& b) {
  return !a.build.empty() && a.build == b.build;
}

std::string program_text(const JobRecord& job) {
  return quoted(job.program) + " (build " + short_build(job.build) + ")";
}

/// Collects what differs.
class Differences {
 public:
  Differences(const JobRecord& stored, const JobClaim& ours) : stored_(stored), ours_(ours) {
    compare_identity();
    compare_text("--seed", std::to_string(stored.seed), std::to_string(ours.job.seed));
    compare_text("the unit type", stored.unit, ours.job.unit);
    compare_text("the result type", stored.result, ours.job.result);
    compare_folds();
    compare_text("what is stored of results", stored.stored, ours.job.stored);
    compare_inputs();
    compare_units();
  }

  [[nodiscard]] bool empty() const { return parts_.empty(); }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const std::string& part : parts_) all += (all.empty() ? "" : "; ") + part;
    return all + action();
  }

 private:
  void compare_text(const std::string& what, const std::string& theirs, const std::string& ours) {
    if (theirs != ours) parts_.push_back(what + " is " + there_and_here(theirs, ours));
  }

  void compare_identity() {
    const JobRecord& job = ours_.job;
    if (effective_identity(stored_) == effective_identity(job)) return;
    if (!stored_.identity.empty() || !job.identity.empty()) {
      const auto text = [](const JobRecord& record) {
        return record.identity.empty() ? "not given (program " + quoted(record.program) + ")"
                                       : quoted(record.identity);
      };
      parts_.push_back("the identity is " + there_and_here(text(stored_), text(job)));
      if (job.identity.empty()) name_to_give_ = stored_.identity;
      if (stored_.identity.empty()) name_to_give_ = stored_.program;
    } else if (!same_build(stored_, job)) {
      parts_.push_back("the program is " +
                       there_and_here(program_text(stored_), program_text(job)) +
                       ", and no identity says that the two are one");
      name_to_give_ = stored_.program;
    }
  }

  void compare_folds() {
    const std::vector<std::string>& theirs = stored_.folds;
    const std::vector<std::string>& ours = ours_.job.folds;
    if (theirs.size() != ours.size()) {
      parts_.push_back("the number of folds is " +
                       there_and_here(std::to_string(theirs.size()), std::to_string(ours.size())));
      return;
    }
    for (std::size_t i = 0; i < ours.size(); ++i) {
      compare_text("the state of fold " + std::to_string(i + 1), theirs[i], ours[i]);
    }
  }

  void compare_inputs() {
    const std::vector<InputRecord>& theirs = stored_.inputs;
    const std::vector<InputRecord>& ours = ours_.job.inputs;
    const std::size_t common = std::min(theirs.size(), ours.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (theirs[i].digest == ours[i].digest) continue;
      const bool renamed = theirs[i].name != ours[i].name;
      parts_.push_back(
          "the input file " + quoted(ours[i].name) + " has other content than " +
          (renamed ? quoted(theirs[i].name) + " had" : std::string("when the store was begun")));
    }
    for (std::size_t i = common; i < theirs.size(); ++i) {
      parts_.push_back("the input file " + quoted(theirs[i].name) + " is not named any more");
    }
    for (std::size_t i = common; i < ours.size(); ++i) {
      parts_.push_back("the input file " + quoted(ours[i].name) + " is new");
    }
  }

  void compare_units() {
    const UnitsRecord& theirs = stored_.units;
    const UnitsRecord& ours = ours_.job.units;
    if (theirs == ours) return;
    const auto text = [](const UnitsRecord& units) {
      return units.range ? "a range of " + numbered(units.count, "unit")
                         : numbered(units.count, "submitted unit");
    };
    if (theirs.range != ours.range || theirs.count != ours.count) {
      std::string part = "the units are " + there_and_here(text(theirs), text(ours));
      if (!theirs.range && !ours.range && theirs.count < ours.count && ours_.units_digest) {
        const bool prefix = ours_.units_digest(theirs.count) == theirs.digest;
        const std::string first = "the first " + std::to_string(theirs.count);
        part += prefix ? " (" + first + " agree)" : " (they differ within " + first + ")";
      }
      parts_.push_back(std::move(part));
      return;
    }
    parts_.push_back("the " + text(ours) + " have other content or another order");
  }

  [[nodiscard]] std::string action() const {
    const std::string another = "give another --store, or put this one away with --fresh";
    if (name_to_give_.empty() || parts_.size() > 1) return "; " + another;
    return "; if it computes the same, start it with --identity '" + name_to_give_ +
           "', otherwise " + another;
  }

  const JobRecord& stored_;
  const JobClaim& ours_;
  std::vector<std::string> parts_;
  std::string name_to_give_;
};

}  // namespace

std::string record_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      line += "\\\\";
    } else if (byte < 0x20 || byte == 0x7F) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(byte));
      line += escaped;
    } else {
      line += c;
    }
  }
  if (line.size() <= line_bytes_max) return line;
  const std::string end = "...\\" + to_hex(digest(text));  // a lone backslash is in no other line
  line.resize(line_bytes_max - end.size());
  return line + end;
}

Digest fingerprint_of(const JobRecord& job) {
  std::string text = "steadfarm-job 2\n";
  const auto line = [&text](const char* key, const std::string& value) {
    text.append(key).append(" ").append(value).append("\n");
  };
  line("identity", job.identity);
  line("seed", std::to_string(job.seed));
  line("unit", job.unit);
  line("result", job.result);
  line("stored", job.stored);
  for (const std::string& fold : job.folds) line("fold", fold);
  for (const InputRecord& input : job.inputs) line("input", to_hex(input.digest));
  return digest(std::string_view(text));
}

std::string describe(const JobRecord& job) {
  std::string text = effective_identity(job) + " | seed " + std::to_string(job.seed) + " | ";
  return text + (job.units.range ? "range of " + numbered(job.units.count, "unit")
                                 : numbered(job.units.count, "submitted unit"));
}

Status compare_jobs(const JobRecord& stored, const JobClaim& ours,
                    std::vector<std::string>& warnings) {
  const Differences differences(stored, ours);
  if (!differences.empty()) return Error{ErrorCode::foreign, differences.text()};
  const JobRecord& job = ours.job;
  if (stored.build.empty() || job.build.empty() || stored.build == job.build) return {};
  const std::string builds = "the program is " + program_text(job) +
                             " and the store was written by " + program_text(stored);
  if (ours.same_program == SameProgram::refuse) {
    return Error{ErrorCode::foreign,
                 builds +
                     ", and --same-program is refuse; start that build, or, if both compute "
                     "the same, give --same-program warn"};
  }
  if (ours.same_program == SameProgram::warn) {
    warnings.push_back(builds +
                       ": if they compute different things, the results of both are mixed from "
                       "here on; --same-program refuse prevents that, ignore silences this");
  }
  return {};
}

}  // namespace steadfarm::checkpoint
