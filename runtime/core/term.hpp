// Which master's word a number is. Sessions and attempts carry its term in their upper bits, so
// that those of a later master differ from all before, and its sessions are higher.
#pragma once

#include "base/ids.hpp"

namespace steadfarm::core {

/// By how much the store's owner epoch is above that of the job's first master. Only one master can
/// have got a given owner epoch, so only one has a term.
using Term = Strong<struct TermTag, std::uint32_t>;

[[nodiscard]] constexpr Term term_of(Session session) {
  return Term(static_cast<std::uint32_t>(session.value >> 32U));
}
/// The first of the term's sessions is the next one.
[[nodiscard]] constexpr Session session_before(Term term) {
  return Session(std::uint64_t{term.value} << 32U);
}

// Attempts are kept in every unit, so they have room for a mark only: that of the first term is 0,
// that of a later one is not, and that of two later terms is the same in one of 4095 cases. Whoever
// takes another master's attempt for its own then finds that it never gave it.
inline constexpr std::uint32_t kTermMarkShift = 20;
inline constexpr std::uint32_t kTermMarks = 1U << (32 - kTermMarkShift);
/// So often one master can hand a unit out.
inline constexpr std::uint32_t kAttemptNumberMax = (1U << kTermMarkShift) - 1;

[[nodiscard]] constexpr std::uint32_t mark_of(Term term) {
  return term == Term(0) ? 0 : 1 + (term.value - 1) % (kTermMarks - 1);
}
[[nodiscard]] constexpr std::uint32_t mark_of(Attempt attempt) {
  return attempt.value >> kTermMarkShift;
}
/// The first of the term's attempts of any unit is the next one.
[[nodiscard]] constexpr Attempt attempt_before(Term term) {
  return Attempt(mark_of(term) << kTermMarkShift);
}
/// The attempt without its mark: from 1 under each master.
[[nodiscard]] constexpr std::uint32_t number_of(Attempt attempt) {
  return attempt.value & kAttemptNumberMax;
}

}  // namespace steadfarm::core
