#include "checkpoint/retention.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {

Retention::Entry Retention::entry_of(const Manifest& manifest) {
  Entry entry{manifest.generation, manifest.takeover, {}};
  entry.segments.reserve(manifest.segments.size());
  for (const SegmentEntry& segment : manifest.segments) entry.segments.push_back(segment.file);
  std::sort(entry.segments.begin(), entry.segments.end());
  return entry;
}

void Retention::keep(const Manifest& manifest) { kept_.push_back(entry_of(manifest)); }

void Retention::doom(const Manifest& manifest) { doomed_.push_back(entry_of(manifest)); }

void Retention::doom_file(const std::string& name) { candidates_.insert(name); }

void Retention::warn_once(const std::string& about, const std::string& what,
                          std::vector<std::string>& warnings) {
  if (warned_.insert(about).second) warnings.push_back("old files stay for now: " + what);
}

void Retention::doom_superseded() {
  std::list<Entry> stay;
  std::uint32_t counted = 0;
  bool newest = true;
  const Generation last = kept_.empty() ? Generation() : kept_.back().generation;
  while (!kept_.empty()) {
    const bool counts = !kept_.back().takeover;
    // Without a gap below the newest, a host that does not see the newest yet finds its number
    // taken when it wants to publish.
    const bool below_newest = kept_.back().generation.next() == last;
    const bool stays = newest || below_newest || (counts && counted < keep_);
    std::list<Entry>& target = stays ? stay : doomed_;
    target.splice(target.begin(), kept_, std::prev(kept_.end()));
    if (counts) ++counted;
    newest = false;
  }
  kept_ = std::move(stay);
}

void Retention::remove_manifests(Folder& folder, std::vector<std::string>& warnings) {
  const Entry none;
  for (auto entry = doomed_.begin(); entry != doomed_.end();) {
    const Status removed = folder.unlink(manifest_name(entry->generation));
    if (removed || removed.error().code == ErrorCode::not_found) {
      // Most of them are still named by the newest one.
      const std::vector<std::string>& stay = (kept_.empty() ? none : kept_.back()).segments;
      std::set_difference(entry->segments.begin(), entry->segments.end(), stay.begin(), stay.end(),
                          std::inserter(candidates_, candidates_.end()));
      entry = doomed_.erase(entry);
    } else {
      warn_once(manifest_name(entry->generation), removed.error().message, warnings);
      ++entry;
    }
  }
}

void Retention::remove_files(Folder& folder, std::vector<std::string>& warnings) {
  for (const auto* entries : {&kept_, &doomed_}) {
    for (const Entry& entry : *entries) {
      std::erase_if(candidates_, [&](const std::string& name) {
        return std::binary_search(entry.segments.begin(), entry.segments.end(), name);
      });
    }
  }
  if (candidates_.empty()) return;
  // A crash may bring a removed manifest back as long as the folder is not synced. Its segments
  // must be there then.
  if (const Status synced = folder.sync(); !synced) {
    warn_once({}, synced.error().message, warnings);
    return;
  }
  std::set<std::string> rest;
  for (const std::string& name : candidates_) {
    const Status removed = folder.unlink(name);
    if (removed || removed.error().code == ErrorCode::not_found) continue;
    warn_once(name, removed.error().message, warnings);
    rest.insert(name);
  }
  candidates_ = std::move(rest);
}

void Retention::sweep(Folder& folder, std::vector<std::string>& warnings) {
  doom_superseded();
  remove_manifests(folder, warnings);
  remove_files(folder, warnings);
}

}  // namespace steadfarm::checkpoint
