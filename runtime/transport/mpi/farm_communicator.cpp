#include "transport/mpi/farm_communicator.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "transport/mpi/mpi_error.hpp"
#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {
namespace {

using Shared = std::shared_ptr<FarmCommunicator>;

Error unsupported(const char* call, int code) {
  return {ErrorCode::unsupported, "the farm's communicator: " + mpi_error_text(call, code)};
}

/// Communicators whose parents the application has freed. Never destroyed: MPI_Finalize may still
/// free a parent when static objects are gone.
struct Orphans {
  std::mutex mutex;
  std::vector<Shared> all;
};

Orphans& orphans() {
  static Orphans& those = *new Orphans;
  return those;
}

}  // namespace

// MPI calls this in the midst of MPI_Comm_free or MPI_Finalize, where nothing may be freed.
int FarmCommunicator::parent_is_freed(MPI_Comm /*parent*/, int /*key*/, void* value,
                                      void* /*extra*/) {
  const std::unique_ptr<Shared> shared(static_cast<Shared*>(value));
  const std::lock_guard lock(orphans().mutex);
  orphans().all.push_back(*shared);
  return MPI_SUCCESS;
}

void FarmCommunicator::free_orphans() {
  std::vector<Shared> mine;
  {
    const std::lock_guard lock(orphans().mutex);
    mine = std::exchange(orphans().all, {});
  }
  std::erase_if(mine, [](const Shared& orphan) {
    if (!orphan->open_.empty() || !orphan->may_be_freed()) return false;
    MPI_Comm_free(&orphan->own_);
    return true;
  });
  const std::lock_guard lock(orphans().mutex);
  orphans().all.insert(orphans().all.end(), mine.begin(), mine.end());
}

Result<Shared> FarmCommunicator::of(MPI_Comm parent) {
  static int key = MPI_KEYVAL_INVALID;
  if (key == MPI_KEYVAL_INVALID) {
    // A duplicate that the application makes is another communicator, with farms of its own.
    const int code = MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, &parent_is_freed, &key, nullptr);
    if (code != MPI_SUCCESS) return unsupported("MPI_Comm_create_keyval", code);
  }
  free_orphans();
  void* value = nullptr;
  int found = 0;
  if (const int code = MPI_Comm_get_attr(parent, key, &value, &found); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_get_attr", code);
  }
  if (found != 0) return *static_cast<Shared*>(value);
  MPI_Comm own = MPI_COMM_NULL;
  if (const int code = MPI_Comm_dup(parent, &own); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_dup", code);
  }
  if (const int code = MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_set_errhandler", code);
  }
  auto shared = std::make_unique<Shared>(std::make_shared<FarmCommunicator>(own));
  if (const int code = MPI_Comm_set_attr(parent, key, shared.get()); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_set_attr", code);
  }
  return *shared.release();  // the attribute's, until the parent is freed
}

int FarmCommunicator::next_farm() const { return (newest_farm_ + 1) % kFarmNumbers; }

void FarmCommunicator::begin_farm(MessageSink& sink) {
  newest_farm_ = next_farm();
  open_.push_back({newest_farm_, &sink});
  std::erase_if(early_, [&](const Early& early) {
    if (early.farm != newest_farm_) return false;
    sink.take(early.source, early.kind, early.message, early.bytes);
    return true;
  });
}

void FarmCommunicator::end_farm(int farm, bool settled, const std::set<int>& was_lost,
                                const std::set<int>& lost) {
  std::erase_if(open_, [farm](const Open& open) { return open.farm == farm; });
  for (const int rank : was_lost) lost_.erase(rank);
  lost_.insert(lost.begin(), lost.end());
  if (!settled) unsettled_ = true;
}

int FarmCommunicator::receive_one(bool& found) {
  int flag = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  const int code = MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, own_, &flag, &message, &status);
  found = code == MPI_SUCCESS && flag != 0;
  if (!found) return code;
  int count = 0;
  MPI_Get_count(&status, MPI_BYTE, &count);
  const auto bytes = static_cast<std::size_t>(count);
  const int farm = farm_of(status.MPI_TAG);
  const int kind = kind_of(status.MPI_TAG);
  const auto open = std::find_if(open_.begin(), open_.end(),
                                 [farm](const Open& each) { return each.farm == farm; });
  if (open != open_.end()) {
    open->sink->take(status.MPI_SOURCE, kind, message, bytes);
  } else if (farms_after(farm, newest_farm_) > 0) {
    early_.push_back({farm, kind, status.MPI_SOURCE, message, bytes});
  } else {
    drop(message, bytes);
  }
  return code;
}

// Without waiting: its sender may be dead in the midst of it.
void FarmCommunicator::drop(MPI_Message message, std::size_t bytes) {
  sweep_stale();
  auto stale = std::make_unique<Stale>();
  stale->bytes.resize(bytes);
  const int code =
      MPI_Imrecv(stale->bytes.data(), static_cast<int>(bytes), MPI_BYTE, &message, &stale->request);
  if (code == MPI_SUCCESS) stale_.push_back(std::move(stale));
}

void FarmCommunicator::sweep_stale() {
  std::erase_if(stale_, [](const std::unique_ptr<Stale>& stale) {
    int done = 0;
    return MPI_Test(&stale->request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0;
  });
}

bool FarmCommunicator::may_be_freed() {
  sweep_stale();
  return !unsettled_ && lost_.empty() && early_.empty() && stale_.empty();
}

}  // namespace steadfarm::transport
