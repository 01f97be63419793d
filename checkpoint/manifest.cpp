#include "checkpoint/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

constexpr std::string_view magic = "steadfarm-manifest ";
constexpr std::string_view digest_key = "digest ";
constexpr std::size_t digest_line_bytes = digest_key.size() + 32 + 1;

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Error corrupt(std::string what) { return {ErrorCode::corrupt, std::move(what)}; }

const char* role_name(SegmentRole role) { return role == SegmentRole::state ? "state" : "results"; }

/// Reads "key value\n" lines in a fixed order; remembers the first thing that does not fit.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  std::string_view text(std::string_view key) {
    if (!rest_.starts_with(key) || !rest_.substr(key.size()).starts_with(' ')) {
      fail("the line '" + std::string(key) + "' is missing");
      return {};
    }
    rest_.remove_prefix(key.size() + 1);
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      fail("the line '" + std::string(key) + "' has no end");
      return {};
    }
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
  }
  std::uint64_t number(std::string_view key) { return as_number(text(key), key); }
  bool flag(std::string_view key) {
    const std::uint64_t value = number(key);
    if (value > 1) fail("the line '" + std::string(key) + "' is neither 0 nor 1");
    return value == 1;
  }
  Digest hash(std::string_view key) { return as_digest(text(key), key); }

  std::uint64_t as_number(std::string_view word, std::string_view key) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool whole = error == std::errc{} && end == word.data() + word.size();
    if (!whole || std::to_string(value) != word) {
      fail("the line '" + std::string(key) + "' holds no number");
    }
    return value;
  }
  Digest as_digest(std::string_view word, std::string_view key) {
    const std::optional<Digest> value = digest_from_hex(word);
    if (!value) fail("the line '" + std::string(key) + "' holds no digest");
    return value.value_or(Digest{});
  }

  void fail(const std::string& what) {
    if (!error_) error_ = what;
    rest_ = {};
  }
  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  std::optional<std::string> error_;
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

SegmentEntry read_entry(LineReader& in) {
  SegmentEntry entry;
  const std::vector<std::string_view> words = words_of(in.text("segment"));
  if (words.size() != 5 || !parse_segment_name(words[0]) ||
      (words[1] != "state" && words[1] != "results")) {
    in.fail("a line 'segment' is malformed");
    return entry;
  }
  entry.file = std::string(words[0]);
  entry.role = words[1] == "state" ? SegmentRole::state : SegmentRole::results;
  entry.results = in.as_number(words[2], "segment");
  entry.bytes = in.as_number(words[3], "segment");
  entry.digest = in.as_digest(words[4], "segment");
  return entry;
}

void write_job(std::string& out, const JobRecord& job) {
  const auto line = [&out](const char* key, const std::string& value) {
    out.append(key).append(" ").append(value).append("\n");
  };
  line("identity", job.identity);
  line("program", job.program);
  line("build", job.build);
  line("seed", std::to_string(job.seed));
  line("unit", job.unit);
  line("result", job.result);
  line("stored", job.stored);
  line("folds", std::to_string(job.folds.size()));
  for (const std::string& fold : job.folds) line("fold", fold);
  line("inputs", std::to_string(job.inputs.size()));
  for (const InputRecord& input : job.inputs) {
    line("input", to_hex(input.digest) + " " + input.name);
  }
  line("units", std::string(job.units.range ? "range " : "submitted ") +
                    std::to_string(job.units.count) + " " + to_hex(job.units.digest));
}

UnitsRecord read_units(LineReader& in) {
  UnitsRecord units;
  const std::vector<std::string_view> words = words_of(in.text("units"));
  if (words.size() != 3 || (words[0] != "range" && words[0] != "submitted")) {
    in.fail("the line 'units' is malformed");
    return units;
  }
  units.range = words[0] == "range";
  units.count = in.as_number(words[1], "units");
  units.digest = in.as_digest(words[2], "units");
  return units;
}

JobRecord read_job(LineReader& in) {
  JobRecord job;
  job.identity = std::string(in.text("identity"));
  job.program = std::string(in.text("program"));
  job.build = std::string(in.text("build"));
  job.seed = in.number("seed");
  job.unit = std::string(in.text("unit"));
  job.result = std::string(in.text("result"));
  job.stored = std::string(in.text("stored"));
  const std::uint64_t folds = in.number("folds");
  for (std::uint64_t i = 0; i < folds && !in.error(); ++i) {
    job.folds.emplace_back(in.text("fold"));
  }
  const std::uint64_t inputs = in.number("inputs");
  for (std::uint64_t i = 0; i < inputs && !in.error(); ++i) {
    const std::string_view line = in.text("input");
    const std::size_t blank = std::min(line.find(' '), line.size());
    InputRecord input;
    input.digest = in.as_digest(line.substr(0, blank), "input");
    input.name = std::string(line.substr(std::min(blank + 1, line.size())));
    job.inputs.push_back(std::move(input));
  }
  job.units = read_units(in);
  return job;
}

/// No segment applies twice, and whoever reads a store would take its memory twice.
bool has_twice(const std::vector<SegmentEntry>& segments) {
  std::vector<std::string_view> names;
  names.reserve(segments.size());
  for (const SegmentEntry& entry : segments) names.emplace_back(entry.file);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

std::string one_line(std::string text) {
  constexpr std::size_t description_bytes_max = 4096;
  if (text.size() > description_bytes_max) text.resize(description_bytes_max);
  // A control character could forge a line here or drive the terminal of whoever reads it.
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

Bytes encode_manifest(const Manifest& manifest) {
  std::string out(magic);
  out += std::to_string(manifest_format_version) + "\n";
  const auto line = [&out](const char* key, const std::string& value) {
    out.append(key).append(" ").append(value).append("\n");
  };
  const auto number = [&line](const char* key, std::uint64_t value) {
    line(key, std::to_string(value));
  };
  number("generation", manifest.generation.value);
  number("owner_epoch", manifest.owner_epoch.value);
  number("takeover", manifest.takeover ? 1 : 0);
  number("nonce", manifest.nonce);
  line("fingerprint", to_hex(manifest.fingerprint));
  line("description", one_line(manifest.description));
  write_job(out, manifest.job);
  number("history", manifest.history.value);
  number("parent", manifest.parent.value);
  line("parent_digest", to_hex(manifest.parent_digest));
  number("epoch", manifest.epoch.value);
  number("complete", manifest.complete ? 1 : 0);
  number("accepted", manifest.counters.accepted);
  number("failed", manifest.counters.failed);
  number("executions", manifest.counters.executions);
  number("spawned", manifest.counters.spawned);
  number("pending", manifest.pending);
  number("segments", manifest.segments.size());
  for (const SegmentEntry& entry : manifest.segments) {
    out.append("segment ").append(entry.file).append(" ").append(role_name(entry.role));
    out.append(" ").append(std::to_string(entry.results));
    out.append(" ").append(std::to_string(entry.bytes));
    out.append(" ").append(to_hex(entry.digest)).append("\n");
  }
  line("digest", to_hex(digest(std::string_view(out))));
  const auto* data = reinterpret_cast<const std::byte*>(out.data());
  return {data, data + out.size()};
}

Result<Manifest> decode_manifest(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (!text.starts_with(magic)) return corrupt("it does not begin as a manifest does");
  if (text.size() < magic.size() + digest_line_bytes) return corrupt("it is cut short");
  const std::string_view body = text.substr(0, text.size() - digest_line_bytes);
  const std::string_view last = text.substr(body.size());
  const std::optional<Digest> stated = last.starts_with(digest_key) && last.back() == '\n'
                                           ? digest_from_hex(last.substr(digest_key.size(), 32))
                                           : std::nullopt;
  if (!stated) return corrupt("it does not end with its digest: cut short or overwritten");
  if (*stated != digest(body)) return corrupt("its digest does not match its content");

  LineReader in(body);
  const std::uint64_t version = in.number("steadfarm-manifest");
  if (!in.error() && (version == 0 || version > manifest_format_version)) {
    return Error{ErrorCode::unsupported, "it has format version " + std::to_string(version) +
                                             " and this program reads versions 1 to " +
                                             std::to_string(manifest_format_version) +
                                             "; take the program that wrote it, or a newer one"};
  }
  Manifest manifest;
  manifest.generation = Generation(in.number("generation"));
  manifest.owner_epoch = OwnerEpoch(in.number("owner_epoch"));
  manifest.takeover = in.flag("takeover");
  manifest.nonce = in.number("nonce");
  manifest.fingerprint = in.hash("fingerprint");
  manifest.description = std::string(in.text("description"));
  manifest.format = static_cast<std::uint32_t>(version);
  if (version >= 2) manifest.job = read_job(in);
  manifest.history = Generation(in.number("history"));
  manifest.parent = Generation(in.number("parent"));
  manifest.parent_digest = in.hash("parent_digest");
  manifest.epoch = Epoch(in.number("epoch"));
  manifest.complete = in.flag("complete");
  manifest.counters.accepted = in.number("accepted");
  manifest.counters.failed = in.number("failed");
  manifest.counters.executions = in.number("executions");
  manifest.counters.spawned = in.number("spawned");
  manifest.pending = in.number("pending");
  const std::uint64_t segments = in.number("segments");
  for (std::uint64_t i = 0; i < segments && !in.error(); ++i) {
    manifest.segments.push_back(read_entry(in));
  }
  if (has_twice(manifest.segments)) in.fail("it names a segment twice");
  if (!in.error() && !in.at_end()) in.fail("there is more in it than its lines say");
  if (in.error()) return corrupt(*in.error());
  return manifest;
}

}  // namespace steadfarm::checkpoint
