// Which hosts the next start uses: pure. Evidence in, a placement out.
//
// A host that is lost is left out of the next start. Later it gets a second chance: at once, if
// somebody who knows says that it is up, else at a start that would have to do with fewer ranks. A
// host that is lost a second time stays out for good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/host_lists.hpp"
#include "supervisor/launch_line.hpp"

namespace steadfarm::supervisor {

/// What became of a host, for the log and for people.
struct HostNote {
  enum class Kind : std::uint8_t {
    lost,  // left out of the next start
    lost_for_good,
    taken_back,  // it is used again
    spare_used,
  };
  Kind kind = Kind::lost;
  std::string host;
  std::string text;  // a line
};

class HostBook {
 public:
  /// `ranks`: as many as the command asks for; none: as many as the hosts take.
  HostBook(std::vector<Host> hosts, std::vector<Host> spares, std::optional<int> ranks);

  /// Evidence from the start that is running or has just ended. A host that was not in it, or that
  /// this start has lost already, is not lost by it; unknown names change nothing.
  void lose(const std::string& name, const std::string& why);
  /// It is known to be down just now: the next start does not use it.
  void avoid(const std::string& name);
  /// Somebody who knows, as a probe does, says that it answers now. (Slurm takes its time to see
  /// that a host is lost, so its word that one is up is none.)
  void vouch(const std::string& name);

  struct Plan {
    Placement placement;
    bool as_given = false;  // the command's own words say the same
    std::vector<HostNote> notes;
  };
  /// For the next start; counts as one.
  [[nodiscard]] Plan next();

  /// True if a host was lost since the last `next`.
  [[nodiscard]] bool lost_one() const;
  /// Every name, spares too, for those who ask about them.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    Host host;
    bool spare = false;
    bool used = false;      // in the last start
    bool lost_now = false;  // by the last start
    bool vouched = false;   // after its last loss
    bool avoided = false;   // for the next start
    int losses = 0;
    std::string why;
  };
  [[nodiscard]] Entry* find(const std::string& name);
  void note_losses(std::vector<HostNote>& notes) const;
  void choose();
  [[nodiscard]] std::optional<int> ranks_for(const std::vector<Host>& hosts) const;
  [[nodiscard]] bool takes_all_ranks() const;

  std::vector<Entry> entries_;  // the spares last
  std::optional<int> ranks_;
};

}  // namespace steadfarm::supervisor
