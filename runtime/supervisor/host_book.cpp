#include "supervisor/host_book.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::supervisor {
namespace {

constexpr int kChances = 2;  // losses after which a host stays out

// All slots, or none if one of the hosts does not say.
std::optional<int> slots_of(const std::vector<Host>& hosts) {
  int sum = 0;
  for (const Host& host : hosts) {
    if (host.slots == 0) return std::nullopt;
    sum += host.slots;
  }
  return sum;
}

}  // namespace

HostBook::HostBook(std::vector<Host> hosts, std::vector<Host> spares, std::optional<int> ranks)
    : ranks_(ranks) {
  for (auto* list : {&hosts, &spares}) {
    for (Host& host : *list) {
      if (find(host.name) != nullptr) continue;
      Entry entry;
      entry.host = std::move(host);
      entry.spare = list == &spares;
      entries_.push_back(std::move(entry));
    }
  }
}

HostBook::Entry* HostBook::find(const std::string& name) {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& e) { return same_host(e.host.name, name); });
  return at == entries_.end() ? nullptr : &*at;
}

void HostBook::lose(const std::string& name, const std::string& why) {
  Entry* entry = find(name);
  if (entry == nullptr || !entry->used || entry->lost_now) return;
  entry->lost_now = true;
  entry->vouched = false;
  entry->why = why;
  ++entry->losses;
}

void HostBook::avoid(const std::string& name) {
  Entry* entry = find(name);
  if (entry != nullptr) entry->avoided = true;
}

void HostBook::vouch(const std::string& name) {
  Entry* entry = find(name);
  if (entry != nullptr) entry->vouched = true;
}

bool HostBook::lost_one() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.lost_now; });
}

std::vector<std::string> HostBook::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.host.name);
  return names;
}

void HostBook::note_losses(std::vector<HostNote>& notes) const {
  for (const Entry& entry : entries_) {
    if (!entry.lost_now) continue;
    HostNote note;
    note.host = entry.host.name;
    note.text = "host " + entry.host.name + " is lost: " + entry.why;
    if (entry.losses >= kChances) {
      note.kind = HostNote::Kind::lost_for_good;
      note.text = "WARNING: " + note.text + "; it has failed " + std::to_string(entry.losses) +
                  " times and is not used again. Have a look at it";
    }
    notes.push_back(std::move(note));
  }
}

bool HostBook::takes_all_ranks() const {
  std::vector<Host> used;
  std::size_t own = 0;
  for (const Entry& entry : entries_) {
    if (entry.used) used.push_back(entry.host);
    if (!entry.spare) ++own;
  }
  const auto slots = slots_of(used);
  if (ranks_ && slots) return *slots >= *ranks_;
  return used.size() >= own;
}

// Sound hosts first, then spares as far as they are needed, then hosts on their second chance.
void HostBook::choose() {
  const auto sound = [](const Entry& e) {
    return !e.avoided && (e.losses == 0 || (e.losses < kChances && e.vouched));
  };
  const auto none_used = [&] {
    return std::none_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.used; });
  };
  for (Entry& entry : entries_) entry.used = !entry.spare && sound(entry);
  for (Entry& entry : entries_) {
    if (entry.spare && sound(entry) && (none_used() || !takes_all_ranks())) entry.used = true;
  }
  for (const bool just_lost : {false, true}) {
    for (Entry& entry : entries_) {
      if (entry.used || entry.avoided || entry.losses >= kChances) continue;
      if (entry.losses == 0 || entry.lost_now != just_lost) continue;
      // What was lost a moment ago is tried again only if there is nothing else.
      if (just_lost ? none_used() : !takes_all_ranks()) entry.used = true;
    }
  }
}

std::optional<int> HostBook::ranks_for(const std::vector<Host>& hosts) const {
  if (!ranks_) return std::nullopt;
  std::vector<Host> given;
  for (const Entry& entry : entries_) {
    if (!entry.spare) given.push_back(entry.host);
  }
  auto before = slots_of(given);
  auto after = slots_of(hosts);
  if (!before || !after) {  // then all hosts are taken for equal
    before = static_cast<int>(given.size());
    after = static_cast<int>(hosts.size());
    if (*after >= *before) return ranks_;
  } else if (*after >= *ranks_) {
    return ranks_;
  }
  if (*before == 0 || *after >= *before) return ranks_;
  const auto share = static_cast<std::int64_t>(*ranks_) * *after / *before;
  // A farm has a master and a worker.
  return static_cast<int>(std::clamp<std::int64_t>(share, std::min(2, *ranks_), *ranks_));
}

HostBook::Plan HostBook::next() {
  Plan plan;
  note_losses(plan.notes);
  std::vector<bool> before;  // used, and not lost
  for (const Entry& entry : entries_) before.push_back(entry.used && !entry.lost_now);
  choose();
  plan.as_given = true;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    entry.lost_now = false;
    entry.avoided = false;
    plan.as_given = plan.as_given && entry.used != entry.spare;
    if (!entry.used) {
      if (!entry.spare || entry.losses > 0) plan.placement.left_out.push_back(entry.host.name);
      continue;
    }
    plan.placement.hosts.push_back(entry.host);
    if (before[i]) continue;
    const bool is_back = entry.losses > 0;
    if (!is_back && !entry.spare) continue;  // the first start
    HostNote note;
    note.kind = is_back ? HostNote::Kind::taken_back : HostNote::Kind::spare_used;
    note.host = entry.host.name;
    note.text = is_back ? "host " + entry.host.name + " gets a second chance"
                        : "spare host " + entry.host.name + " is used";
    plan.notes.push_back(std::move(note));
  }
  plan.placement.ranks = ranks_for(plan.placement.hosts);
  return plan;
}

}  // namespace steadfarm::supervisor
