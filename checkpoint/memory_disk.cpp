#include "checkpoint/memory_disk.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace steadfarm::checkpoint {
namespace {

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void keep(std::vector<std::string>& names, const std::string& name) {
  if (!contains(names, name)) names.push_back(name);
}

/// What is left of bytes that were never synced: nothing, a prefix, zeros, or a patchwork of
/// sectors, as disks and file systems leave them.
void damage_tail(MemoryFile& file, Prng& prng, FaultCounts& counts) {
  constexpr std::size_t sector_bytes = 512;
  const std::size_t begin = file.synced_bytes;
  const std::size_t tail = file.content.size() - begin;
  if (tail == 0) return;
  const std::uint64_t style = prng.below(5);
  if (style == 0) return;  // it was written back in time
  if (style <= 2) {
    const std::size_t kept = style == 1 ? 0 : static_cast<std::size_t>(prng.below(tail));
    counts.crash_lost_bytes += tail - kept;
    if (kept > 0) ++counts.crash_torn_files;
    file.content.resize(begin + kept);
    return;
  }
  ++counts.crash_torn_files;
  for (std::size_t at = begin; at < file.content.size(); at += sector_bytes) {
    if (style == 4 && prng.chance(0.5)) continue;
    const std::size_t end = std::min(at + sector_bytes, file.content.size());
    const auto filler = static_cast<std::byte>(style == 3 ? 0 : prng.below(256));
    std::fill(file.content.begin() + static_cast<std::ptrdiff_t>(at),
              file.content.begin() + static_cast<std::ptrdiff_t>(end), filler);
    counts.crash_lost_bytes += end - at;
  }
}

void lose_forgotten(MemoryFile& file, FaultCounts& counts) {
  for (const MemoryFile::Range& range : file.forgotten) {
    const std::size_t end = std::min(range.end, file.content.size());
    for (std::size_t i = range.begin; i < end; ++i) file.content[i] = std::byte{0};
    if (range.begin < end) counts.crash_lost_bytes += end - range.begin;
  }
  file.forgotten.clear();
}

}  // namespace

MemoryDisk::FilePointer MemoryDisk::find(const std::string& name) const {
  const auto found = visible_.find(name);
  return found == visible_.end() ? nullptr : found->second;
}

bool MemoryDisk::exists(const std::string& name) const {
  return visible_.contains(name) || contains(folders_, name);
}

bool MemoryDisk::has_parent(const std::string& name) const {
  const std::string parent = parent_of(name);
  return parent.empty() || contains(folders_, parent);
}

std::vector<std::string> MemoryDisk::list(const std::string& subfolder) const {
  std::vector<std::string> names;
  for (const auto& [name, file] : visible_) {
    if (parent_of(name) != subfolder) continue;
    names.push_back(subfolder.empty() ? name : name.substr(subfolder.size() + 1));
  }
  for (const std::string& name : folders_) {
    if (parent_of(name) == subfolder) {
      names.push_back(subfolder.empty() ? name : name.substr(subfolder.size() + 1));
    }
  }
  return names;
}

std::uint64_t MemoryDisk::used_bytes() const {
  std::set<const MemoryFile*> files;
  std::uint64_t bytes = 0;
  for (const auto& [name, file] : visible_) {
    if (files.insert(file.get()).second) bytes += file->content.size();
  }
  return bytes;
}

void MemoryDisk::put(const std::string& name, FilePointer file) {
  change({name, std::move(file), {}, {}});
}

void MemoryDisk::remove(const std::string& name) { change({{}, nullptr, name, {}}); }

void MemoryDisk::move(const std::string& from, const std::string& to) {
  change({to, find(from), from, {}});
}

void MemoryDisk::make_folder(const std::string& name) {
  if (!contains(folders_, name)) change({{}, nullptr, {}, name});
}

void MemoryDisk::change(Change change) {
  if (!change.drop.empty()) visible_.erase(change.drop);
  if (!change.put.empty()) visible_[change.put] = change.file;
  if (!change.folder.empty()) folders_.push_back(change.folder);
  pending_.push_back(std::move(change));
}

void MemoryDisk::apply(const Change& change) {
  if (!change.drop.empty()) durable_.erase(change.drop);
  if (!change.put.empty()) durable_[change.put] = change.file;
  // A journal does not move a file into a folder that it lost.
  if (!change.put.empty() && !change.drop.empty()) keep_folder(parent_of(change.put));
  if (!change.folder.empty()) keep(durable_folders_, change.folder);
}

void MemoryDisk::keep_folder(const std::string& name) {
  if (name.empty()) return;
  keep_folder(parent_of(name));
  keep(durable_folders_, name);
}

// A new file in a folder that was lost is lost, also if that folder was synced itself: each must be
// synced in the one above it.
bool MemoryDisk::would_be_found(const std::string& name) const {
  const std::string parent = parent_of(name);
  return parent.empty() || (contains(durable_folders_, parent) && would_be_found(parent));
}

bool MemoryDisk::is_durable(const std::string& name) const {
  const auto found = durable_.find(name);
  return found != durable_.end() && found->second->durable() && would_be_found(name);
}

void MemoryDisk::sync_folder(const std::string& subfolder) {
  std::vector<Change> rest;
  for (Change& change : pending_) {
    const bool here = (!change.drop.empty() && parent_of(change.drop) == subfolder) ||
                      (!change.put.empty() && parent_of(change.put) == subfolder) ||
                      (!change.folder.empty() && parent_of(change.folder) == subfolder);
    if (here) {
      apply(change);
    } else {
      rest.push_back(std::move(change));
    }
  }
  pending_ = std::move(rest);
}

void MemoryDisk::crash(Prng& prng, FaultCounts& counts) {
  ++counts.crashes;
  // All lost, all kept, a prefix kept (a journal), or any subset (a file system without one).
  const std::uint64_t style = prng.below(4);
  const std::uint64_t prefix = prng.below(pending_.size() + 1);
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const bool keep = style == 1 || (style == 2 && i < prefix) || (style == 3 && prng.chance(0.5));
    if (keep) {
      apply(pending_[i]);
    } else {
      ++counts.crash_lost_names;
    }
  }
  pending_.clear();
  counts.crash_lost_names +=
      std::erase_if(durable_, [this](const auto& entry) { return !would_be_found(entry.first); });
  std::vector<std::string> found;
  std::copy_if(durable_folders_.begin(), durable_folders_.end(), std::back_inserter(found),
               [this](const std::string& name) { return would_be_found(name); });
  durable_folders_ = std::move(found);
  std::set<MemoryFile*> files;
  for (const auto& [name, file] : durable_) {
    if (!files.insert(file.get()).second) continue;
    damage_tail(*file, prng, counts);
    lose_forgotten(*file, counts);
    file->synced_bytes = file->content.size();
  }
  visible_ = durable_;
  folders_ = durable_folders_;
}

}  // namespace steadfarm::checkpoint
