#include "sim/trace.hpp"

#include <array>
#include <cstdio>

namespace steadfarm::sim {

void Trace::line(TimeUs now, std::uint32_t job, Rank rank, const char* what,
                 const std::string& detail) {
  std::array<char, 96> head{};
  std::snprintf(head.data(), head.size(), "%12.6f  job %-2u ", static_cast<double>(now) * 1e-6,
                job);
  *out_ << head.data();
  if (rank.value < 0) {
    *out_ << "-        ";
  } else if (rank.value == 0) {
    *out_ << "master   ";
  } else {
    std::snprintf(head.data(), head.size(), "worker%-3d", rank.value);
    *out_ << head.data();
  }
  std::snprintf(head.data(), head.size(), " %-12s ", what);
  *out_ << head.data() << detail << '\n';
}

}  // namespace steadfarm::sim
