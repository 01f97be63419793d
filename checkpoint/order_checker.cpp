#include "checkpoint/order_checker.hpp"

#include <algorithm>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

bool names_segment(const Bytes& manifest, const std::string& segment) {
  const Result<Manifest> decoded = decode_manifest(manifest);
  if (!decoded) return false;
  const std::vector<SegmentEntry>& entries = decoded.value().segments;
  return std::any_of(entries.begin(), entries.end(),
                     [&](const SegmentEntry& entry) { return entry.file == segment; });
}

}  // namespace

OrderChecker::OrderChecker(MemoryFileSystem& files) : files_(files) { files_.set_observer(this); }
OrderChecker::~OrderChecker() { files_.set_observer(nullptr); }

void OrderChecker::changed(Operation operation, const std::string& folder, const std::string& name,
                           const std::string& to) {
  const bool final_name = parse_manifest_name(name) || parse_segment_name(name);
  if ((operation == Operation::write || operation == Operation::sync) && final_name) {
    breaches_.push_back(name + " was changed after it had its final name");
  }
  if (operation == Operation::link && parse_manifest_name(to)) manifest_linked(folder, name, to);
  // A rename into `bad` or `discarded` loses nothing, but the name is gone from here as well.
  if (operation == Operation::unlink) removed(folder, name);
}

void OrderChecker::manifest_linked(const std::string& folder, const std::string& from,
                                   const std::string& to) {
  const MemoryDisk::FilePointer file = files_.disk(folder).find(from);
  if (!file->durable()) breaches_.push_back(to + " was published before its bytes were durable");
  const Result<Manifest> manifest = decode_manifest(file->content);
  if (!manifest) {
    breaches_.push_back(to + " was published and is not a manifest");
    return;
  }
  for (const SegmentEntry& entry : manifest.value().segments) {
    if (!files_.is_durable(folder, entry.file)) {
      breaches_.push_back(to + " was published before " + entry.file + " was durable");
    }
  }
}

void OrderChecker::removed(const std::string& folder, const std::string& name) {
  const MemoryDisk& disk = files_.disk(folder);
  if (parse_segment_name(name)) {
    for (const auto* names : {&disk.durable(), &disk.visible()}) {
      for (const auto& [other, file] : *names) {
        if (parse_manifest_name(other) && names_segment(file->content, name)) {
          breaches_.push_back(name);
          breaches_.back()
              .append(" was removed while ")
              .append(other)
              .append(" could still come back");
        }
      }
    }
  }
  if (const auto generation = parse_manifest_name(name)) {
    const auto& durable = disk.durable();
    const bool newer = std::any_of(durable.begin(), durable.end(), [&](const auto& entry) {
      const auto other = parse_manifest_name(entry.first);
      return other && *other > *generation && entry.second->durable();
    });
    if (!newer) breaches_.push_back(name + " was removed before a newer one was durable");
  }
}

void OrderChecker::reported(const std::string& folder, Generation generation) {
  const std::string name = manifest_name(generation);
  if (!files_.is_durable(folder, name)) {
    breaches_.push_back(name + " was reported before it was durable");
  }
}

}  // namespace steadfarm::checkpoint
