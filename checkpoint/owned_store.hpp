// The owner's end of a store: taken over once, then published to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/live_keys.hpp"
#include "checkpoint/publisher.hpp"
#include "checkpoint/retention.hpp"
#include "checkpoint/store.hpp"
#include "checkpoint/survey.hpp"

namespace steadfarm::checkpoint {

class OwnedStore final : public Store {
 public:
  /// `newest` is the take-over manifest, which `publisher` has made durable.
  OwnedStore(std::unique_ptr<Folder> folder, Publisher publisher, StoreOptions options,
             Manifest newest, Digest digest, Retention retention);

  void restore(const core::RecoveredState& state) { live_.reset(state.units); }

  [[nodiscard]] Result<Generation> publish(const core::GenerationDelta& delta) override;
  [[nodiscard]] Generation generation() const override { return newest_.generation; }
  [[nodiscard]] OwnerEpoch owner_epoch() const override { return newest_.owner_epoch; }
  [[nodiscard]] std::uint64_t last_publish_bytes() const override { return last_publish_bytes_; }
  [[nodiscard]] std::vector<std::string> take_warnings() override;

 private:
  [[nodiscard]] Result<Generation> next_number();
  [[nodiscard]] Status resolve(Generation number);
  [[nodiscard]] Status check_space(const core::GenerationDelta& delta);
  [[nodiscard]] Result<Manifest> write_content(const core::GenerationDelta& delta,
                                               Generation number,
                                               std::vector<std::string>& written);
  [[nodiscard]] Manifest child(const core::GenerationDelta& delta, Generation number) const;
  [[nodiscard]] Status publish_manifest(const Manifest& manifest,
                                        const std::vector<std::string>& written);
  [[nodiscard]] Error explained(const Error& error);
  void doom(const std::vector<std::string>& names);

  std::unique_ptr<Folder> folder_;
  StoreOptions options_;
  Manifest newest_;  // that was returned as published
  Digest newest_digest_;
  Publisher publisher_;
  Retention retention_;
  LiveKeys live_;
  // Manifests of ours whose publication failed in its last step: there or not.
  std::vector<Manifest> in_doubt_;
  std::uint64_t last_publish_bytes_ = 0;
  std::uint64_t compaction_pause_ = 0;  // generations to wait after one that failed
  std::vector<std::string> warnings_;
};

}  // namespace steadfarm::checkpoint
