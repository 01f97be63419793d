#include "core/succession.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::core {

Succession::Succession(const SuccessionOptions& options, TimeUs now)
    : options_(options), master_(options.master), heard_at_(now) {}

bool Succession::reachable(Rank rank) const {
  return rank != options_.self && !gone_.contains(rank) && !shunned_.contains(rank) &&
         !dead_.contains(rank) && !masters_.contains(rank);
}

void Succession::tick(TimeUs now, SuccessionActions& out) {
  // Silence counts only while we listen.
  const bool stopped = last_tick_ >= 0 && now - last_tick_ > options_.silence_us / 2;
  last_tick_ = now;
  if (stopped) {
    heard_at_ = now;
    if (state_ == State::seeking) seek(now);
    if (state_ == State::claiming) consent_until_ = now + options_.consent_us;
  }
  const bool silent = now - heard_at_ > options_.silence_us;
  if (state_ == State::following && silent) {
    lose_master(now, "silent for longer than the time-out", false, out);
  } else if (state_ == State::promised && silent) {
    shunned_.insert(candidate_);
    out.emplace_back(Shun{candidate_});
    seek(now);
  } else if (state_ == State::seeking && may_claim_ && now >= claim_at_) {
    state_ = State::claiming;
    agreed_.clear();
    consent_until_ = now + options_.consent_us;
    claim(now, out);
  } else if (state_ == State::claiming) {
    if (now >= consent_until_ && may_go_ahead()) {
      take_over(out);
    } else if (now >= claim_at_) {
      claim(now, out);
    }
  }
}

// Everybody below us comes first, as far as we know that they live.
void Succession::seek(TimeUs now) {
  state_ = State::seeking;
  TimeUs below = 0;
  for (std::int32_t rank = 0; rank < options_.self.value; ++rank) {
    if (reachable(Rank(rank))) ++below;
  }
  claim_at_ = now + std::min(below * options_.turn_us, options_.silence_us);
}

void Succession::lose_master(TimeUs now, std::string evidence, bool certain,
                             SuccessionActions& out) {
  lost_ = master_;
  masters_.insert(master_);
  evidence_ = std::move(evidence);
  certain_ = certain;
  silent_us_ = now - heard_at_;
  lost_at_ = now;
  shunned_.insert(master_);
  out.emplace_back(Shun{master_});
  seek(now);
}

void Succession::claim(TimeUs now, SuccessionActions& out) {
  claim_at_ = now + options_.claim_us;
  bool all = true;
  for (std::int32_t rank = 0; rank < options_.rank_count; ++rank) {
    if (!reachable(Rank(rank)) || agreed_.contains(Rank(rank))) continue;
    all = false;
    out.emplace_back(SuccessionSend{Rank(rank), wire::Claim{certain_}});
  }
  if (all && may_go_ahead()) take_over(out);
}

// Silence alone may mean that we are cut off from a master that is well. A few that are must not
// take the store from it; they ask on until they are heard, or end themselves.
bool Succession::may_go_ahead() const {
  if (certain_) return true;
  std::int32_t workers = 0;
  for (std::int32_t rank = 0; rank < options_.rank_count; ++rank) {
    const bool gone = gone_.contains(Rank(rank)) || dead_.contains(Rank(rank));
    if (!gone && !masters_.contains(Rank(rank))) ++workers;
  }
  return 2 * (static_cast<std::int32_t>(agreed_.size()) + 1) >= workers;
}

// Whoever has not answered is suspected: it may come by itself later.
void Succession::take_over(SuccessionActions& out) {
  state_ = State::taking;
  for (std::int32_t rank = 0; rank < options_.rank_count; ++rank) {
    if (!reachable(Rank(rank)) || agreed_.contains(Rank(rank))) continue;
    shunned_.insert(Rank(rank));
    out.emplace_back(Shun{Rank(rank)});
  }
  master_ = options_.self;
  out.emplace_back(TakeOver{term_, lost_, evidence_, silent_us_, lost_at_,
                            std::vector<Rank>(agreed_.begin(), agreed_.end()),
                            std::vector<Rank>(masters_.begin(), masters_.end())});
}

void Succession::promise(TimeUs now, Rank candidate, SuccessionActions& out) {
  heard_at_ = now;
  if (state_ == State::promised && candidate_ == candidate) return;
  state_ = State::promised;
  candidate_ = candidate;
  if (shunned_.erase(candidate) > 0) out.emplace_back(Unshun{candidate});
  out.emplace_back(FollowMaster{candidate});
}

// Others hear it, so the fault may be ours. If it does not hear us it has given us up, and takes us
// back at our next word.
void Succession::master_lives(TimeUs now, SuccessionActions& out) {
  state_ = State::following;
  heard_at_ = now;
  shunned_.erase(master_);
  out.emplace_back(Unshun{master_});
  out.emplace_back(FollowMaster{master_});
}

void Succession::heard(TimeUs now, Rank from, bool as_worker, SuccessionActions& out) {
  const bool follows = state_ == State::waiting || state_ == State::following;
  if (follows && from == master_) {
    heard_at_ = now;
  } else if (state_ == State::promised && from == candidate_) {
    // One that takes us for its master is not going to be ours.
    if (as_worker) {
      seek(now);
    } else {
      heard_at_ = now;
    }
  } else if ((state_ == State::seeking || state_ == State::claiming) && from == master_ &&
             !dead_.contains(from)) {
    master_lives(now, out);
  } else if (from != master_ && !dead_.contains(from) && shunned_.erase(from) > 0) {
    out.emplace_back(Unshun{from});
  }
}

void Succession::on_message(TimeUs now, Rank from, Term term, const wire::Claim& claim,
                            SuccessionActions& out) {
  const auto answer = [&](wire::Verdict verdict, Rank whom) {
    out.emplace_back(SuccessionSend{from, wire::Consent{verdict, whom}});
  };
  // What the master that we have left once claimed comes late, and nothing is sent to it.
  if (dead_.contains(from) || shunned_.contains(from)) return;
  if (state_ == State::taking || term < term_) {
    answer(wire::Verdict::follow, master_);
    return;
  }
  if (state_ == State::following || state_ == State::waiting) {
    if (!claim.certain && now - heard_at_ < options_.silence_us / 2) {
      answer(wire::Verdict::master_lives, master_);
      return;
    }
    lose_master(now, "given up by rank " + std::to_string(from.value), claim.certain, out);
  }
  // Promises go to ever lower ranks, so they never go round in a circle.
  if (state_ == State::promised && candidate_ < from) {
    answer(wire::Verdict::follow, candidate_);
    return;
  }
  // Of two that claim, the lower rank. It hears of us by our own claim.
  if (state_ == State::claiming && options_.self < from) {
    out.emplace_back(SuccessionSend{from, wire::Claim{certain_}});
    return;
  }
  promise(now, from, out);
  answer(wire::Verdict::yes, from);
}

void Succession::on_message(TimeUs now, Rank from, Term term, const wire::Consent& consent,
                            SuccessionActions& out) {
  const bool asks = state_ == State::seeking || state_ == State::claiming;
  // What a dead worker had said comes late; it follows nobody any more.
  if (!asks || term < term_ || dead_.contains(from)) return;
  switch (consent.verdict) {
    case wire::Verdict::yes:
      if (state_ != State::claiming) return;
      agreed_.insert(from);
      claim_at_ = now;  // the next tick sees whether all have
      break;
    case wire::Verdict::master_lives:
      if (!certain_) master_lives(now, out);
      break;
    case wire::Verdict::follow:
      // From one that is the master, or has a later one; or else to a lower rank than ours.
      if (consent.follow == options_.self || dead_.contains(consent.follow)) return;
      if (consent.follow == from || term > term_ || consent.follow < options_.self) {
        promise(now, consent.follow, out);
      }
      break;
  }
}

void Succession::peer_dead(TimeUs now, Rank rank, const std::string& evidence,
                           SuccessionActions& out) {
  dead_.insert(rank);
  out.emplace_back(Shun{rank});
  if (state_ == State::following && rank == master_) {
    lose_master(now, evidence, true, out);
  } else if (state_ == State::promised && rank == candidate_) {
    seek(now);
  } else if (state_ == State::seeking || state_ == State::claiming) {
    if (rank == master_) certain_ = true;
    if (state_ == State::seeking) seek(std::min(now, lost_at_));
  }
  agreed_.erase(rank);
}

void Succession::roster(const std::vector<Rank>& gone) {
  if (state_ != State::waiting && state_ != State::following) return;
  gone_ = {gone.begin(), gone.end()};
}

void Succession::welcomed(TimeUs now, Rank from, Term term, bool may_claim,
                          SuccessionActions& out) {
  if (state_ == State::taking || term < term_ || dead_.contains(from)) return;
  const bool is_new = from != master_ || state_ != State::following;
  if (term == term_ && from != master_ && state_ != State::waiting) return;
  term_ = term;
  may_claim_ = may_claim;
  heard_at_ = now;
  if (!is_new) return;
  if (from != master_) masters_.insert(master_);
  const bool promised = state_ == State::promised && candidate_ == from;
  state_ = State::following;
  master_ = from;
  if (shunned_.erase(from) > 0) out.emplace_back(Unshun{from});
  if (!promised && from != options_.master) out.emplace_back(FollowMaster{from});
}

}  // namespace steadfarm::core
