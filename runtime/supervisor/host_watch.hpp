// Knows on which hosts the command runs and which of them are gone, and says where the next start
// goes. Asks Slurm, listens to the launcher, and probes if it is told to.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/host_book.hpp"
#include "supervisor/host_evidence.hpp"
#include "supervisor/launch_line.hpp"

namespace steadfarm::supervisor {

struct HostOptions {
  std::string spares;  // as for mpirun's --host: hosts that stand in for lost ones
  bool probe = false;  // ask every host through ssh before a restart
};

class HostWatch {
 public:
  HostWatch(std::vector<std::string> words, const HostOptions& options, const sigset_t& mask);
  ~HostWatch();  // removes the hostfile it has made
  HostWatch(const HostWatch&) = delete;
  HostWatch& operator=(const HostWatch&) = delete;

  /// Whether it can do anything: a launcher that it knows, with hosts that it knows.
  [[nodiscard]] bool active() const { return book_.has_value(); }
  /// Why not, if somebody asked for it; empty if nobody did.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  struct Start {
    std::vector<std::string> words;
    std::vector<std::pair<std::string, std::string>> variables;
    std::vector<HostNote> notes;
    std::vector<std::string> hosts;
    std::optional<int> ranks;
    bool nowhere = false;  // no host is left
    std::string failure;   // it could not be prepared; a line
  };
  /// For the next start. The first one is not probed.
  [[nodiscard]] Start prepare();

  /// What the launcher wrote to its standard error. -1 without a need for it.
  [[nodiscard]] int error_end() const { return pipe_[1]; }
  [[nodiscard]] int listen_end() const { return pipe_[0]; }
  /// Opens both before a start, and closes the command's end once it runs.
  void open_pipe();
  void close_error_end();
  /// Passes on what has come meanwhile, and remembers the hosts that are named in it.
  void listen();
  /// After the command's end. True if it has lost a host.
  [[nodiscard]] bool look_back();

 private:
  [[nodiscard]] std::vector<Host> given_hosts();
  [[nodiscard]] std::vector<Host> slurm_hosts() const;
  void ask_slurm();
  void probe();
  [[nodiscard]] bool write_hostfile(const std::vector<Host>& hosts);

  std::vector<std::string> words_;
  HostOptions options_;
  sigset_t mask_;
  LaunchLine line_;
  std::optional<HostBook> book_;
  std::string trouble_;
  LauncherTalk talk_;
  int pipe_[2] = {-1, -1};
  std::string hostfile_;  // that was made here
  bool started_ = false;
};

}  // namespace steadfarm::supervisor
