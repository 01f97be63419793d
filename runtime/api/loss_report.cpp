#include "api/loss_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace steadfarm::api {
namespace {

constexpr std::size_t kEntriesMax = 1000;

double to_seconds(TimeUs us) { return static_cast<double>(us) * 1e-6; }

}  // namespace

LossReport::Entry* LossReport::newest(Rank rank) {
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                  [&](const Entry& entry) { return entry.rank == rank; });
  return found == entries_.rend() ? nullptr : &*found;
}

void LossReport::note(const core::Note& note, TimeUs at_us) {
  using core::NoteKind;
  if (note.kind == NoteKind::worker_lost && note.loss) {
    redo_us_ += note.loss->redo_us;
    if (entries_.size() == kEntriesMax) return;
    const auto known = known_.find(note.rank);
    entries_.push_back({note.rank, known == known_.end() ? Known() : known->second, at_us,
                        note.count, note.text, *note.loss, std::nullopt, false});
  } else if (note.kind == NoteKind::work_went_on) {
    Entry* entry = newest(note.rank);
    if (entry != nullptr) entry->went_on_us = static_cast<TimeUs>(note.count);
  } else if (note.kind == NoteKind::worker_returned) {
    Entry* entry = newest(note.rank);
    if (entry != nullptr) entry->returned = true;
  }
}

std::string LossReport::name(Rank rank) const {
  const auto known = known_.find(rank);
  const std::string number = std::to_string(rank.value);
  return known == known_.end() ? number : number + " on " + known->second.host;
}

nlohmann::json LossReport::json() const {
  nlohmann::json out = nlohmann::json::array();
  for (const Entry& entry : entries_) {
    nlohmann::json loss = {{"rank", entry.rank.value},
                           {"host", entry.known.host},
                           {"pid", entry.known.pid},
                           {"at_s", to_seconds(entry.at_us)},
                           {"how", core::to_string(entry.loss.how)},
                           {"evidence", entry.evidence},
                           {"silence_s", to_seconds(entry.loss.silence_us)},
                           {"units", entry.units},
                           {"unit_seconds_lost", to_seconds(entry.loss.redo_us)},
                           {"returned", entry.returned}};
    if (entry.loss.phi > 0) loss["phi"] = entry.loss.phi;
    loss["work_went_on_after_s"] =
        entry.went_on_us ? nlohmann::json(to_seconds(*entry.went_on_us)) : nlohmann::json();
    out.push_back(std::move(loss));
  }
  return out;
}

nlohmann::json TakeOverReport::json() const {
  nlohmann::json ranks = nlohmann::json::array();
  for (const Rank each : missing) ranks.push_back(each.value);
  return {{"lost_rank", lost.value},
          {"rank", rank.value},
          {"evidence", evidence},
          {"silence_s", to_seconds(silence_us)},
          {"missing_ranks", std::move(ranks)},
          {"units_restored", restored},
          {"units_handed_in", handed_in},
          {"work_went_on_after_s",
           went_on_us ? nlohmann::json(to_seconds(*went_on_us)) : nlohmann::json()}};
}

}  // namespace steadfarm::api
