// How long a reader waits for files that cannot be read now, or cannot be seen yet.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// The clock, the pause and the user's ear. Called from several threads at once.
struct PatienceHooks {
  std::function<std::int64_t()> now_ms;             // never goes back
  std::function<bool(std::int64_t pause_ms)> wait;  // false: the run is to end, so nobody waits
  std::function<void(const std::string&)> say{};    // one line, once for each file waited for
};

/// One opening of a store. A network file system may answer EIO or ESTALE for a moment, descriptors
/// may run out, and what another host has written may be visible only when cached attributes have
/// expired. None of it says anything against a file.
class Patience {
 public:
  /// A file that cannot be read is tried again for `limit_ms` from its first failure. One that is
  /// missing is looked for until `limit_ms` after the construction: what another host had written
  /// before is visible by then, and nobody will write it later.
  Patience(std::int64_t limit_ms, PatienceHooks hooks);

  /// For as long as it is set: true means that what is missing was superseded and removed by a
  /// live owner, so nobody waits for it.
  void set_superseded(std::function<bool()> superseded) { superseded_ = std::move(superseded); }
  /// The run is to end: what is missing was not waited for, so it proves nothing.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  friend class Retry;

  const std::int64_t limit_ms_;
  const PatienceHooks hooks_;
  const std::int64_t begun_ms_;
  std::function<bool()> superseded_;
  std::atomic<bool> ended_ = false;  // the run is to end
};

/// The tries of one reading.
class Retry {
 public:
  /// Null: a few tries at once, and only after EIO and the like.
  explicit Retry(Patience* patience) : patience_(patience) {}

  /// Waits; true: try again. False at once for errors that time does not mend.
  [[nodiscard]] bool again(const Error& error);
  /// The last error, with how long it was borne.
  [[nodiscard]] Error explained(Error error) const;

 private:
  void say_once(const Error& error, bool missing);

  Patience* patience_;
  int tries_ = 0;
  std::int64_t first_ms_ = -1;  // of the first failure
  std::int64_t waited_ms_ = 0;
  std::int64_t pause_ms_ = 10;
  bool said_ = false;
};

/// Calls `read` until it succeeds or the patience is over.
template <class Read>
[[nodiscard]] auto read_patiently(Patience* patience, const Read& read) -> decltype(read()) {
  Retry retry(patience);
  auto result = read();
  while (!result && retry.again(result.error())) result = read();
  if (!result) return retry.explained(result.error());
  return result;
}

}  // namespace steadfarm::checkpoint
