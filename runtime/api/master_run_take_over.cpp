// What a master that was a worker before does differently.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/master_run.hpp"
#include "api/take_over.hpp"
#include "base/number_text.hpp"

namespace steadfarm::api {
bool MasterRun::was_master(Rank rank) const {
  if (!inherited_) return false;
  const std::vector<Rank>& masters = inherited_->from.masters;
  return std::find(masters.begin(), masters.end(), rank) != masters.end();
}

// Those who have agreed, and the worker in this very process.
std::vector<Rank> MasterRun::awaited() const {
  std::vector<Rank> ranks = inherited_->from.followers;
  ranks.push_back(transport_.self());
  std::sort(ranks.begin(), ranks.end());
  return ranks;
}

// Of the master that is lost: the number of the manifest by which it took the store over.
OwnerEpoch MasterRun::lost_epoch() const {
  return OwnerEpoch(inherited_->first_epoch.value + inherited_->from.after.value);
}

// Shards that the workers have written for masters before this one count. Not if the store had an
// owner in between whom we do not know: it may have tidied them away.
OwnerEpoch MasterRun::shards_from() const {
  if (!inherited_ || inherited_->shards_from == OwnerEpoch(0)) return opened_.owner_epoch;
  return opened_.previous_owner == lost_epoch() ? inherited_->shards_from : opened_.owner_epoch;
}

Status MasterRun::set_term() {
  if (!inherited_) return {};
  const Result<core::Term> term =
      term_in_store(options_.store, inherited_->first_epoch, opened_.owner_epoch);
  if (!term) return term.error();
  term_ = term.value();
  return {};
}

// Whoever has the store now speaks to the workers itself. Otherwise nobody can go on here, and the
// job is to be started again.
void MasterRun::cannot_take_over(const Error& error) {
  const std::string text = "rank " + std::to_string(transport_.self().value) +
                           " cannot take over from rank " +
                           std::to_string(inherited_->from.lost.value) + ": " + error.message;
  if (error.code == ErrorCode::fenced) inherited_->from.followers.clear();
  refuse(error.code == ErrorCode::fenced ? 65 : 75, text);
}

std::string MasterRun::take_over_text() const {
  if (!takeover_ || options_.takeover == "off") return {};
  return "; if the master dies a worker takes over, where the launcher lets the others live";
}

void MasterRun::say_taken_over() {
  const core::TakeOver& from = inherited_->from;
  const std::uint64_t restored = units_restored_;
  take_over_ = {.lost = from.lost,
                .rank = transport_.self(),
                .evidence = from.evidence,
                .silence_us = from.silent_us,
                .missing = {},
                .restored = restored,
                .went_on_us = {}};
  const std::vector<Rank> here = awaited();
  std::set_difference(workers_.begin(), workers_.end(), here.begin(), here.end(),
                      std::back_inserter(take_over_->missing));
  log_->write("taken_over", {{"rank", transport_.self().value},
                             {"lost_rank", from.lost.value},
                             {"evidence", from.evidence},
                             {"silent_ms", from.silent_us / 1000},
                             {"opened_after_ms", (clock_.now() - from.lost_at) / 1000},
                             {"followers", from.followers.size()},
                             {"units_restored", restored},
                             {"generation", opened_.generation.value},
                             {"owner_epoch", opened_.owner_epoch.value}});
  progress_.end();
  say("rank " + std::to_string(transport_.self().value) + " takes over from rank " +
      std::to_string(from.lost.value) + " (" + from.evidence + ", nothing heard for " +
      seconds_text(from.silent_us) + "): " + std::to_string(from.followers.size()) +
      " other workers, store '" + options_.store + "' with " + std::to_string(restored) +
      " units restored, owner epoch " + std::to_string(opened_.owner_epoch.value));
}

void MasterRun::say_work_goes_on(const core::Note& note) {
  if (!inherited_) return;
  const TimeUs after_us = clock_.now() - inherited_->from.lost_at;
  take_over_->went_on_us = after_us;
  take_over_->handed_in = note.count;
  log_->write("work_goes_on", {{"lost_rank", inherited_->from.lost.value},
                               {"evidence", inherited_->from.evidence},
                               {"silent_ms", inherited_->from.silent_us / 1000},
                               {"after_ms", after_us / 1000},
                               {"units_handed_in", note.count}});
  progress_.end();
  say("work goes on " + seconds_text(after_us) + " after the loss was noticed, with " +
      std::to_string(note.count) + " units handed in by the workers");
}

}  // namespace steadfarm::api
