#include "supervisor/host_watch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "supervisor/short_command.hpp"

namespace steadfarm::supervisor {
namespace {

using Launcher = LaunchLine::Launcher;

constexpr std::int64_t kSlurmPatienceMs = 5'000;
constexpr std::int64_t kProbePatienceMs = 8'000;
// mpirun does not see that a host has gone silent for eight minutes, as it is delivered: its
// connections are idle, and the kernel asks after their other end that seldom. With these it takes
// some twenty seconds. What the user has set counts.
constexpr const char* kKeepalive[][2] = {
    {"OMPI_MCA_oob_tcp_keepalive_time", "10"},  {"OMPI_MCA_oob_tcp_keepalive_intvl", "3"},
    {"OMPI_MCA_oob_tcp_keepalive_probes", "3"}, {"PRTE_MCA_oob_tcp_keepalive_time", "10"},
    {"PRTE_MCA_oob_tcp_keepalive_intvl", "3"},  {"PRTE_MCA_oob_tcp_keepalive_probes", "3"}};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The words that a user separates by blanks, as Open MPI does with its remote shell.
std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace

HostWatch::HostWatch(std::vector<std::string> words, const HostOptions& options,
                     const sigset_t& mask)
    : words_(std::move(words)), options_(options), mask_(mask), line_(read_launch_line(words_)) {
  const bool asked = options_.probe || !options_.spares.empty();
  if (line_.launcher == Launcher::none || line_.several_programs) {
    if (asked) {
      trouble_ =
          "--probe and --spares need a command that begins with mpirun or srun and has one program";
    }
    return;
  }
  std::vector<Host> hosts = given_hosts();
  std::vector<Host> spares = hosts_of_option(options_.spares);
  if (hosts.empty() && asked && trouble_.empty()) {
    trouble_ = "--probe and --spares need to know the hosts: give --hostfile or --host to mpirun";
  }
  if (hosts.empty() || (hosts.size() == 1 && spares.empty())) return;
  std::optional<int> ranks = line_.ranks;
  // srun takes what it is not told from its job, which asks for all hosts.
  if (!ranks && line_.launcher == Launcher::srun) {
    const std::vector<int> tasks = expand_slurm_counts(variable("SLURM_NTASKS"));
    if (!tasks.empty()) ranks = tasks.front();
  }
  book_.emplace(std::move(hosts), std::move(spares), ranks);
}

HostWatch::~HostWatch() {
  for (const int end : pipe_) {
    if (end >= 0) close(end);
  }
  if (!hostfile_.empty()) unlink(hostfile_.c_str());
}

std::vector<Host> HostWatch::given_hosts() {
  std::vector<Host> listed;
  for (const std::string& list : line_.host_lists) {
    if (line_.launcher == Launcher::srun) {
      for (std::string& name : expand_slurm_names(list)) listed.push_back({std::move(name), 0, ""});
    } else {
      for (Host& host : hosts_of_option(list)) listed.push_back(std::move(host));
    }
  }
  if (line_.hostfile) {
    std::ifstream file(*line_.hostfile);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file) {
      trouble_ =
          "cannot read the hostfile '" + *line_.hostfile + "', so lost hosts are not left out";
      return {};
    }
    std::vector<Host> in_file = hosts_of_hostfile(text.str());
    if (listed.empty()) return in_file;
    // --host picks hosts of the file.
    std::vector<Host> picked;
    for (Host& host : in_file) {
      const auto same = [&](const Host& h) { return same_host(h.name, host.name); };
      if (std::any_of(listed.begin(), listed.end(), same)) picked.push_back(std::move(host));
    }
    return picked;
  }
  return listed.empty() ? slurm_hosts() : listed;
}

// Those of the job that this runs in.
std::vector<Host> HostWatch::slurm_hosts() const {
  std::vector<Host> hosts;
  for (std::string& name : expand_slurm_names(variable("SLURM_JOB_NODELIST"))) {
    hosts.push_back({std::move(name), 0, ""});
  }
  std::string tasks = variable("SLURM_TASKS_PER_NODE");
  if (tasks.empty()) tasks = variable("SLURM_JOB_CPUS_PER_NODE");
  const std::vector<int> slots = expand_slurm_counts(tasks);
  if (slots.size() != hosts.size()) return hosts;
  for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].slots = slots[i];
  return hosts;
}

// What is not in the job's list any more, and what Slurm says is down, is lost.
void HostWatch::ask_slurm() {
  const std::string job = variable("SLURM_JOB_ID");
  if (job.empty()) return;
  std::string names;
  for (const std::string& name : book_->names()) names += (names.empty() ? "" : ",") + name;
  const auto answers =
      ask_all({{"sinfo", "--noheader", "--Node", "--nodes=" + names, "--format=%N %T"},
               {"scontrol", "show", "job", "--oneliner", job}},
              mask_, kSlurmPatienceMs);
  if (answers[0].succeeded) {
    for (const SlurmHost& host : hosts_of_sinfo(answers[0].output)) {
      if (host.up) continue;
      book_->lose(host.name, "Slurm says that it is " + host.state);
      book_->avoid(host.name);
    }
  }
  const auto list = answers[1].succeeded ? node_list_of_job(answers[1].output) : std::nullopt;
  if (!list) return;
  const std::vector<std::string> left = expand_slurm_names(*list);
  for (const Host& host : slurm_hosts()) {
    const auto same = [&](const std::string& name) { return same_host(name, host.name); };
    if (std::any_of(left.begin(), left.end(), same)) continue;
    book_->lose(host.name, "Slurm has taken it out of the job");
    book_->avoid(host.name);
  }
}

void HostWatch::probe() {
  std::vector<std::string> shell = words_of(line_.remote_shell.value_or("ssh"));
  if (shell.empty()) shell = {"ssh"};
  const std::size_t slash = shell[0].find_last_of('/');
  if (shell[0].substr(slash == std::string::npos ? 0 : slash + 1) == "ssh") {
    shell.insert(shell.begin() + 1, {"-o", "BatchMode=yes", "-o", "ConnectTimeout=5"});
  }
  std::vector<std::vector<std::string>> commands;
  const std::vector<std::string> names = book_->names();
  for (const std::string& name : names) {
    commands.push_back(shell);
    commands.back().insert(commands.back().end(), {name, "true"});
  }
  const std::vector<ShortAnswer> answers = ask_all(commands, mask_, kProbePatienceMs);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (answers[i].succeeded) {
      book_->vouch(names[i]);
    } else {
      book_->lose(names[i], "it does not answer to " + shell[0]);
      book_->avoid(names[i]);
    }
  }
}

bool HostWatch::write_hostfile(const std::vector<Host>& hosts) {
  if (hostfile_.empty()) {
    const std::string folder = variable("TMPDIR").empty() ? "/tmp" : variable("TMPDIR");
    std::string name = folder + "/steadfarm-hosts.XXXXXX";
    const int file = mkostemp(name.data(), O_CLOEXEC);  // mode 0600
    if (file < 0) return false;
    close(file);
    hostfile_ = name;
  }
  std::ofstream file(hostfile_, std::ios::trunc);
  file << hostfile_text(hosts);
  return static_cast<bool>(file.flush());
}

HostWatch::Start HostWatch::prepare() {
  Start start;
  start.words = words_;
  if (!book_) return start;
  ask_slurm();
  if (started_ && options_.probe) probe();
  started_ = true;
  HostBook::Plan plan = book_->next();
  start.notes = std::move(plan.notes);
  start.ranks = plan.placement.ranks;
  start.nowhere = plan.placement.hosts.empty();
  for (const Host& host : plan.placement.hosts) start.hosts.push_back(host.name);
  if (line_.launcher == Launcher::mpirun) {
    for (const auto& [name, value] : kKeepalive) {
      if (std::getenv(name) == nullptr) start.variables.emplace_back(name, value);
    }
  }
  if (plan.as_given || start.nowhere) return start;
  std::string hostfile;
  if (line_.launcher == Launcher::mpirun && line_.hostfile) {
    if (!write_hostfile(plan.placement.hosts)) {
      start.failure = "cannot write a hostfile; see the space and the rights in TMPDIR";
      return start;
    }
    hostfile = hostfile_;
  }
  start.words = placed_words(words_, line_, plan.placement, hostfile);
  return start;
}

void HostWatch::open_pipe() {
  if (!book_) return;
  for (int& end : pipe_) {
    if (end >= 0) close(end);
    end = -1;
  }
  if (pipe2(pipe_, O_CLOEXEC) != 0) pipe_[0] = pipe_[1] = -1;  // nobody listens, then
  if (pipe_[0] >= 0) fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
}

void HostWatch::close_error_end() {
  if (pipe_[1] >= 0) close(pipe_[1]);
  pipe_[1] = -1;
}

void HostWatch::listen() {
  char bytes[8192];
  while (pipe_[0] >= 0) {
    const ssize_t count = read(pipe_[0], bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      close(pipe_[0]);
      pipe_[0] = -1;
      return;
    }
    const auto size = static_cast<std::size_t>(count);
    for (std::size_t done = 0; done < size;) {
      const ssize_t written = write(STDERR_FILENO, bytes + done, size - done);
      if (written <= 0 && errno != EINTR) break;  // nobody reads it any more
      if (written > 0) done += static_cast<std::size_t>(written);
    }
    talk_.add({bytes, size});
  }
}

bool HostWatch::look_back() {
  if (!book_) return false;
  listen();
  for (const HostTrouble& trouble : talk_.take()) book_->lose(trouble.host, trouble.why);
  ask_slurm();
  return book_->lost_one();
}

}  // namespace steadfarm::supervisor
