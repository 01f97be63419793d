// Watches a store on the in-memory file system and notes every breach of the order on which its
// promises rest.
#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "checkpoint/memory_file_system.hpp"

namespace steadfarm::checkpoint {

/// The rules:
/// - a manifest gets its number only when its own bytes and everything it names are durable;
/// - a generation is reported only when its manifest is durable;
/// - a segment goes only when no manifest that could come back names it;
/// - a manifest goes only when a newer one is durable;
/// - a file is never written or synced again after it has its final name.
class OrderChecker final : public FileObserver {
 public:
  explicit OrderChecker(MemoryFileSystem& files);
  ~OrderChecker() override;
  OrderChecker(const OrderChecker&) = delete;
  OrderChecker& operator=(const OrderChecker&) = delete;

  void changed(Operation operation, const std::string& folder, const std::string& name,
               const std::string& to) override;
  /// Call when the store has told its user that this generation is committed.
  void reported(const std::string& folder, Generation generation);

  /// One line each; empty if all is well.
  [[nodiscard]] const std::vector<std::string>& breaches() const { return breaches_; }

 private:
  void manifest_linked(const std::string& folder, const std::string& from, const std::string& to);
  void removed(const std::string& folder, const std::string& name);

  MemoryFileSystem& files_;
  std::vector<std::string> breaches_;
};

}  // namespace steadfarm::checkpoint
