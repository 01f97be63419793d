// Who becomes master when the master is lost: one worker's part in it. Pure, as the other machines.
//
// The workers settle it among themselves, by messages between two, with deadlines. What is asked is
// whether somebody still hears the master. That two masters cannot both get anywhere is not settled
// here: the store lets only one publish. PROTOCOL.md, section 10.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/options.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

struct SuccessionOptions {
  Rank self;
  Rank master;  // the first one
  std::int32_t rank_count = 0;
  TimeUs silence_us = 10 * kSecondUs;  // of the master, before it is lost
  TimeUs turn_us = 300'000;            // for every rank below, before it is our turn to claim
  TimeUs claim_us = 100'000;           // between copies of a Claim
  TimeUs consent_us = 600'000;         // for the answers to it
};

/// Send to this rank, beside what the worker's machine sends.
struct SuccessionSend {
  Rank to;
  wire::Body body;
};
/// Never send to this rank.
struct Shun {
  Rank rank;
};
/// Send to it again.
struct Unshun {
  Rank rank;
};
/// This rank is to be the master; or it is again, after all.
struct FollowMaster {
  Rank rank;
};
/// Be the master. `followers` will come; nothing should be sent to others.
struct TakeOver {
  Term after;  // of the lost master
  Rank lost;
  std::string evidence;
  TimeUs silent_us = 0;  // how long nothing had been heard of it when it was given up
  TimeUs lost_at = 0;    // when that was
  std::vector<Rank> followers;
  std::vector<Rank> masters;  // all that ever were, as far as is known here
};
using SuccessionAction = std::variant<SuccessionSend, Shun, Unshun, FollowMaster, TakeOver>;
using SuccessionActions = std::vector<SuccessionAction>;

class Succession {
 public:
  Succession(const SuccessionOptions& options, TimeUs now);

  /// To be called at every turn.
  void tick(TimeUs now, SuccessionActions& out);
  /// A message of any kind from this rank. `as_worker`: one that workers send to their master.
  void heard(TimeUs now, Rank from, bool as_worker, SuccessionActions& out);
  void on_message(TimeUs now, Rank from, Term term, const wire::Claim& claim,
                  SuccessionActions& out);
  void on_message(TimeUs now, Rank from, Term term, const wire::Consent& consent,
                  SuccessionActions& out);
  /// The transport knows that this rank is dead.
  void peer_dead(TimeUs now, Rank rank, const std::string& evidence, SuccessionActions& out);
  void roster(const std::vector<Rank>& gone);
  /// A master of this term has said Welcome. `may_claim`: this rank could do what it does.
  void welcomed(TimeUs now, Rank from, Term term, bool may_claim, SuccessionActions& out);

  [[nodiscard]] Rank master() const { return master_; }
  [[nodiscard]] Term term() const { return term_; }
  [[nodiscard]] bool taking_over() const { return state_ == State::taking; }
  [[nodiscard]] bool following() const { return state_ == State::following; }

 private:
  enum class State : std::uint8_t {
    waiting,    // for the first Welcome
    following,  // the master is there
    seeking,    // it is lost; our turn to claim comes
    claiming,   // we have asked the others
    promised,   // somebody else said it would take over
    taking,     // we do
  };

  void lose_master(TimeUs now, std::string evidence, bool certain, SuccessionActions& out);
  void seek(TimeUs now);
  void claim(TimeUs now, SuccessionActions& out);
  void promise(TimeUs now, Rank candidate, SuccessionActions& out);
  void take_over(SuccessionActions& out);
  [[nodiscard]] bool may_go_ahead() const;
  void master_lives(TimeUs now, SuccessionActions& out);
  [[nodiscard]] bool reachable(Rank rank) const;

  SuccessionOptions options_;
  State state_ = State::waiting;
  Rank master_;
  Term term_;
  bool may_claim_ = false;
  std::set<Rank> gone_;     // lost or left, by the master's word
  std::set<Rank> shunned_;  // nothing is sent to them until they speak
  std::set<Rank> dead_;     // by the transport's word
  std::set<Rank> masters_;  // former ones
  TimeUs heard_at_ = 0;     // of the master, or of whom we were promised
  TimeUs last_tick_ = -1;
  Rank lost_;  // the master that was lost, until there is another one
  std::string evidence_;
  bool certain_ = false;
  TimeUs silent_us_ = 0;
  TimeUs lost_at_ = 0;
  TimeUs claim_at_ = 0;  // our turn, or the next copies
  TimeUs consent_until_ = 0;
  std::set<Rank> agreed_;
  Rank candidate_;
};

}  // namespace steadfarm::core
