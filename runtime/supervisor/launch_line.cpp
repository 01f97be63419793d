#include "supervisor/launch_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace steadfarm::supervisor {
namespace {

using Launcher = LaunchLine::Launcher;
using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 5> kMpirun = {"mpirun", "mpiexec", "orterun", "prterun",
                                                     "mpirun.openmpi"};

// Options of mpirun (Open MPI 4 and 5), without their dashes, by how many words they take.
constexpr std::array<std::string_view, 6> kMpirunTwo = {"mca",     "gmca",    "omca",
                                                        "prtemca", "pmixmca", "gpmixmca"};
constexpr std::array<std::string_view, 44> kMpirunOne = {"n",
                                                         "np",
                                                         "c",
                                                         "host",
                                                         "H",
                                                         "hostfile",
                                                         "machinefile",
                                                         "x",
                                                         "wdir",
                                                         "wd",
                                                         "path",
                                                         "prefix",
                                                         "am",
                                                         "app",
                                                         "tune",
                                                         "map-by",
                                                         "rank-by",
                                                         "bind-to",
                                                         "N",
                                                         "npernode",
                                                         "npersocket",
                                                         "ppr",
                                                         "output",
                                                         "output-filename",
                                                         "output-directory",
                                                         "timeout",
                                                         "stdin",
                                                         "report-uri",
                                                         "slot-list",
                                                         "cpu-set",
                                                         "cpu-list",
                                                         "rankfile",
                                                         "rf",
                                                         "with-ft",
                                                         "max-restarts",
                                                         "personality",
                                                         "dvm",
                                                         "dvm-uri",
                                                         "launch-agent",
                                                         "preload-files",
                                                         "xterm",
                                                         "report-pid",
                                                         "default-hostfile",
                                                         "runtime-options"};

// Options of srun that take nothing, or only what is glued to them.
constexpr std::array<std::string_view, 36> kSrunAlone = {"no-kill",
                                                         "overcommit",
                                                         "oversubscribe",
                                                         "exclusive",
                                                         "label",
                                                         "unbuffered",
                                                         "verbose",
                                                         "quiet",
                                                         "immediate",
                                                         "disable-status",
                                                         "kill-on-bad-exit",
                                                         "multi-prog",
                                                         "overlap",
                                                         "exact",
                                                         "whole",
                                                         "pty",
                                                         "preserve-env",
                                                         "interactive",
                                                         "contiguous",
                                                         "debugger-test",
                                                         "help",
                                                         "usage",
                                                         "version",
                                                         "spread-job",
                                                         "use-min-nodes",
                                                         "reboot",
                                                         "test-only",
                                                         "hold",
                                                         "no-allocate",
                                                         "propagate",
                                                         "nice",
                                                         "x11",
                                                         "resv-ports",
                                                         "get-user-env",
                                                         "parallel-launch",
                                                         "no-shell"};
constexpr std::string_view kSrunAloneShort = "EHIKklOQsuvVXZh";

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);  // npos + 1 is 0
}

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// The word that starts it all: the first, or the first after env, its options and assignments.
std::size_t first_program(const Words& words) {
  std::size_t at = 0;
  if (words.empty() || base_name(words[0]) != "env") return at;
  for (++at; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "-u" || word == "--unset") {
      ++at;
    } else if (!word.starts_with('-') && word.find('=') == std::string::npos) {
      return at;
    }
  }
  return at;
}

// One option: its name without dashes, its value, and how many words it has.
struct Option {
  std::string name;
  std::string value;
  std::size_t words = 1;
};

Option mpirun_option(const Words& words, std::size_t at) {
  Option option;
  const std::string& word = words[at];
  option.name = word.substr(word.find_first_not_of('-'));
  const auto word_at = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  if (is_one_of(option.name, kMpirunTwo)) {
    option.name = word_at(at + 1);  // the parameter is what matters
    option.value = word_at(at + 2);
    option.words = 3;
  } else if (is_one_of(option.name, kMpirunOne)) {
    option.value = word_at(at + 1);
    option.words = 2;
  }
  return option;
}

void take_mpirun_option(const Option& option, std::size_t at, LaunchLine& line) {
  const std::string& name = option.name;
  if (name == "n" || name == "np" || name == "c") {
    line.ranks = number_in(option.value);
  } else if (name == "host" || name == "H") {
    line.host_lists.push_back(option.value);
  } else if (name == "hostfile" || name == "machinefile" || name == "default-hostfile") {
    line.hostfile = option.value;
  } else {
    if (name == "plm_rsh_agent" || name == "plm_ssh_agent") line.remote_shell = option.value;
    if (name == "wdir" || name == "wd") line.folder = option.value;
    return;
  }
  line.replaced.emplace_back(at, option.words);
}

void read_mpirun(const Words& words, LaunchLine& line) {
  std::size_t at = line.at + 1;
  while (at < words.size() && words[at].size() > 1 && words[at].starts_with('-')) {
    if (words[at] == "--") break;
    const Option option = mpirun_option(words, at);
    take_mpirun_option(option, at, line);
    at += option.words;
  }
  line.several_programs =
      std::find(words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())),
                words.end(), ":") != words.end();
}

Option srun_option(const Words& words, std::size_t at) {
  Option option;
  const std::string& word = words[at];
  const auto next = [&] {
    option.words = 2;
    return at + 1 < words.size() ? words[at + 1] : std::string();
  };
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    option.name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (equals != std::string::npos) {
      option.value = word.substr(equals + 1);
    } else if (!is_one_of(option.name, kSrunAlone)) {
      option.value = next();
    }
    return option;
  }
  option.name = word.substr(1, 1);
  if (kSrunAloneShort.find(word[1]) != std::string_view::npos) return option;
  option.value = word.size() > 2 ? word.substr(2) : next();
  return option;
}

void take_srun_option(const Option& option, std::size_t at, LaunchLine& line) {
  const std::string& name = option.name;
  if (name == "n" || name == "ntasks") {
    line.ranks = number_in(option.value);
  } else if (name == "w" || name == "nodelist") {
    line.host_lists.push_back(option.value);
  } else if (name == "x" || name == "exclude") {
    line.excluded = option.value;
  } else if (name != "N" && name != "nodes") {
    if (name == "multi-prog") line.several_programs = true;
    if (name == "D" || name == "chdir") line.folder = option.value;
    return;
  }
  line.replaced.emplace_back(at, option.words);
}

void read_srun(const Words& words, LaunchLine& line) {
  std::size_t at = line.at + 1;
  while (at < words.size() && words[at].size() > 1 && words[at].starts_with('-')) {
    if (words[at] == "--") break;
    const Option option = srun_option(words, at);
    take_srun_option(option, at, line);
    at += option.words;
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

std::string option_text(const std::vector<Host>& hosts) {
  std::vector<std::string> parts;
  parts.reserve(hosts.size());
  for (const Host& host : hosts) {
    parts.push_back(host.slots > 0 ? host.name + ":" + std::to_string(host.slots) : host.name);
  }
  return joined(parts);
}

Words placement_options(const LaunchLine& line, const Placement& placement,
                        const std::string& hostfile) {
  Words options;
  if (line.launcher == Launcher::mpirun) {
    options = hostfile.empty() ? Words{"--host", option_text(placement.hosts)}
                               : Words{"--hostfile", hostfile};
    if (placement.ranks) options.insert(options.end(), {"-n", std::to_string(*placement.ranks)});
    return options;
  }
  std::vector<std::string> names;
  names.reserve(placement.hosts.size());
  for (const Host& host : placement.hosts) names.push_back(host.name);
  std::vector<std::string> left_out = placement.left_out;
  if (line.excluded) left_out.push_back(*line.excluded);
  options = {"--nodes=" + std::to_string(names.size()), "--nodelist=" + joined(names)};
  if (!left_out.empty()) options.push_back("--exclude=" + joined(left_out));
  if (placement.ranks) options.push_back("--ntasks=" + std::to_string(*placement.ranks));
  return options;
}

}  // namespace

LaunchLine read_launch_line(const Words& words) {
  LaunchLine line;
  line.at = first_program(words);
  if (line.at >= words.size()) return line;
  const std::string_view name = base_name(words[line.at]);
  if (is_one_of(name, kMpirun)) {
    line.launcher = Launcher::mpirun;
    read_mpirun(words, line);
  } else if (name == "srun") {
    line.launcher = Launcher::srun;
    read_srun(words, line);
  }
  return line;
}

Words placed_words(const Words& words, const LaunchLine& line, const Placement& placement,
                   const std::string& hostfile) {
  if (line.launcher == Launcher::none) return words;
  Words placed(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(line.at) + 1);
  const Words options = placement_options(line, placement, hostfile);
  placed.insert(placed.end(), options.begin(), options.end());
  for (std::size_t at = line.at + 1; at < words.size(); ++at) {
    const auto replaced = std::find_if(line.replaced.begin(), line.replaced.end(),
                                       [&](const auto& option) { return option.first == at; });
    if (replaced == line.replaced.end()) {
      placed.push_back(words[at]);
    } else {
      at += replaced->second - 1;
    }
  }
  return placed;
}

std::string hostfile_text(const std::vector<Host>& hosts) {
  std::string text;
  for (const Host& host : hosts) {
    if (!host.line.empty()) {
      text += host.line;
    } else {
      text += host.name;
      if (host.slots > 0) text += " slots=" + std::to_string(host.slots);
    }
    text += "\n";
  }
  return text;
}

}  // namespace steadfarm::supervisor
