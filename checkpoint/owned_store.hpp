// The owner's end of a store: taken over once, then published to.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/live_keys.hpp"
#include "checkpoint/publication.hpp"
#include "checkpoint/publisher.hpp"
#include "checkpoint/retention.hpp"
#include "checkpoint/store.hpp"
#include "checkpoint/survey.hpp"

namespace steadfarm::checkpoint {

class OwnedStore final : public Store {
 public:
  /// `newest` is the take-over manifest, which `publisher` has made durable. `steps` counts what
  /// is done in `folder`.
  OwnedStore(std::unique_ptr<Folder> folder, Publisher publisher, StoreOptions options,
             Manifest newest, Digest digest, Retention retention,
             std::shared_ptr<const std::atomic<std::uint64_t>> steps);

  void restore(const core::RecoveredState& state, SegmentIndices indices,
               const std::vector<ShardInfo>& shards) {
    live_.reset(state.units);
    indices_ = std::move(indices);
    for (const ShardInfo& shard : shards) shards_.insert(shard.name);
  }

  [[nodiscard]] Result<std::unique_ptr<Publication>> prepare(
      std::shared_ptr<const core::GenerationDelta> delta) override;
  [[nodiscard]] Result<Generation> write(Publication& publication) override;
  void maintain() override;
  void hurry() override { hurry_ = true; }
  [[nodiscard]] std::uint64_t steps() const override { return *steps_; }
  [[nodiscard]] Generation generation() const override;
  [[nodiscard]] OwnerEpoch owner_epoch() const override { return owner_epoch_; }
  [[nodiscard]] std::uint64_t last_publish_bytes() const override;
  [[nodiscard]] std::vector<std::string> take_warnings() override;

 private:
  [[nodiscard]] Result<Generation> next_number();
  [[nodiscard]] Status resolve(Generation number);
  [[nodiscard]] Status check_newest();
  [[nodiscard]] bool is_ours(const Manifest& manifest) const;
  void put_compaction_off(Publication& publication);
  [[nodiscard]] Status check_space(Publication& publication);
  [[nodiscard]] Result<Manifest> write_content(const Publication& publication, Generation number,
                                               std::vector<std::string>& written);
  [[nodiscard]] Manifest child(const core::GenerationDelta& delta, Generation number) const;
  [[nodiscard]] Result<Generation> try_write(Publication& publication,
                                             std::vector<std::string>& loose);
  void tidy();
  [[nodiscard]] std::vector<SegmentEntry> due_for_compaction() const;
  void doom_orphans(std::vector<std::string>& warnings);
  [[nodiscard]] Status publish_manifest(const Manifest& manifest,
                                        const std::vector<std::string>& written);
  [[nodiscard]] Error explained(const Error& error);
  void doom(const std::vector<std::string>& names);
  void end_doubts();
  void failed(Publication& publication, const std::vector<std::string>& loose);
  void succeeded(Publication& publication, Manifest manifest);
  void warn(std::vector<std::string> warnings);

  std::unique_ptr<Folder> folder_;
  StoreOptions options_;
  const OwnerEpoch owner_epoch_;
  const Digest fingerprint_;
  const std::shared_ptr<const std::atomic<std::uint64_t>> steps_;
  Publisher publisher_;

  // What follows is touched by `write` and `maintain` alone.
  Manifest newest_;  // that was returned as published
  Digest newest_digest_;
  Retention retention_;
  LiveKeys live_;
  SegmentIndices indices_;      // of what newest_ names and compaction may read again
  std::set<ShardName> shards_;  // that newest_ leads to
  // Manifests of ours whose publication failed in its last step: there or not.
  std::vector<Manifest> in_doubt_;
  std::uint64_t compaction_pause_ = 0;  // generations to wait after a failure
  std::uint64_t publish_bytes_ = 0;
  bool lists_whole_ = true;  // false: memory ran out over retention_ or indices_

  std::atomic<bool> hurry_ = false;
  // What both threads touch.
  mutable std::mutex mutex_;
  Generation published_;
  std::uint64_t last_publish_bytes_ = 0;
  std::vector<std::string> warnings_;
  std::unique_ptr<const Compacted> compacted_;  // goes with the next generation
};

}  // namespace steadfarm::checkpoint
