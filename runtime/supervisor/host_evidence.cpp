#include "supervisor/host_evidence.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace steadfarm::supervisor {
namespace {

constexpr std::size_t kLineMax = 1024;
constexpr std::size_t kHostsMax = 10'000;

// What stands between two texts of a line, up to the first blank if the second is empty.
std::optional<std::string> between(std::string_view line, std::string_view before,
                                   std::string_view after) {
  const std::size_t at = line.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + before.size());
  if (!after.empty()) {
    const std::size_t end = rest.find(after);
    if (end == std::string_view::npos) return std::nullopt;
    rest = rest.substr(0, end);
  } else {
    rest = rest.substr(0, rest.find_first_of(" \t\r,"));
  }
  while (!rest.empty() && (rest.back() == ':' || rest.back() == '.')) rest.remove_suffix(1);
  if (rest.empty() || rest.find(' ') != std::string_view::npos) return std::nullopt;
  return std::string(rest);
}

// One kind of line: it has `mark`, and the host stands between `before` and `after`.
struct Pattern {
  std::string_view mark;
  std::string_view before;
  std::string_view after;
  std::string_view why;
};

constexpr std::array<Pattern, 8> kPatterns = {{
    {"Remote daemon: [", "] on node ", "", "mpirun lost the connection to it"},
    {"  target node:", "target node:  ", "", "mpirun cannot reach it"},
    {"ssh: connect to host ", "connect to host ", " port ", "ssh cannot connect to it"},
    {"ssh: Could not resolve hostname ", "hostname ", "", "ssh cannot find it"},
    {"Connection to ", "Connection to ", " closed by remote host", "ssh lost the connection to it"},
    {"Timeout, server ", "server ", " not responding", "ssh lost the connection to it"},
    {"srun: error: Node failure on ", "failure on ", "", "Slurm lost it"},
    {"srun: error: Task launch for ", "failed on node ", ":", "srun cannot start anything on it"},
}};

std::string_view without_color(std::string_view line) {
  const std::size_t begin = line.find_first_not_of("\x1b\r");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::optional<HostTrouble> trouble_in_line(std::string_view line) {
  line = without_color(line);
  for (const Pattern& pattern : kPatterns) {
    const std::size_t mark = line.find(pattern.mark);
    if (mark == std::string_view::npos) continue;
    const auto host = between(line.substr(mark), pattern.before, pattern.after);
    if (host) return HostTrouble{*host, std::string(pattern.why)};
  }
  return std::nullopt;
}

void LauncherTalk::add(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      end_line();
    } else if (line_.size() < kLineMax) {
      line_.push_back(c);
    }
  }
}

void LauncherTalk::end_line() {
  auto trouble = trouble_in_line(line_);
  line_.clear();
  if (!trouble || found_.size() >= kHostsMax) return;
  const bool known = std::any_of(found_.begin(), found_.end(),
                                 [&](const HostTrouble& t) { return t.host == trouble->host; });
  if (!known) found_.push_back(std::move(*trouble));
}

std::vector<HostTrouble> LauncherTalk::take() {
  if (!line_.empty()) end_line();
  return std::exchange(found_, {});
}

std::vector<SlurmHost> hosts_of_sinfo(std::string_view output) {
  std::vector<SlurmHost> hosts;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    const std::size_t blank = line.find(' ');
    if (blank == 0 || blank == std::string_view::npos) continue;
    SlurmHost host;
    host.name = line.substr(0, blank);
    const std::size_t state = line.find_first_not_of(' ', blank);
    if (state == std::string_view::npos) continue;
    host.state = line.substr(state, line.find(' ', state) - state);
    const std::string low = lower(host.state);
    // An asterisk: it does not answer.
    host.up = low.find('*') == std::string::npos && !low.starts_with("down") &&
              !low.starts_with("fail") && !low.starts_with("power") && low != "unknown";
    const bool known = std::any_of(hosts.begin(), hosts.end(),
                                   [&](const SlurmHost& h) { return h.name == host.name; });
    if (!known) hosts.push_back(std::move(host));  // one line a partition
  }
  return hosts;
}

std::optional<std::string> node_list_of_job(std::string_view output) {
  constexpr std::string_view kKey = " NodeList=";
  const std::size_t at = output.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = output.substr(at + kKey.size());
  const std::string_view list = rest.substr(0, rest.find_first_of(" \n"));
  if (list.empty() || list == "(null)") return std::nullopt;
  return std::string(list);
}

}  // namespace steadfarm::supervisor
