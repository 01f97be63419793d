#include "transport/mpi/mpi_spawner.hpp"

#include <mpi.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "transport/mpi/mpi_endpoint.hpp"
#include "transport/mpi/mpi_error.hpp"
#include "transport/mpi/mpi_version.hpp"
#include "transport/mpi/replacement.hpp"

namespace steadfarm::transport {
namespace {

// The program behind the name: it may have been found on a PATH that is another one elsewhere.
std::string own_program() {
  char path[PATH_MAX] = {};
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

std::vector<std::string> own_arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  if (!words.empty()) words.erase(words.begin());
  return words;
}

}  // namespace

// What the thread works on. It belongs to both, because the thread may be left behind.
struct MpiSpawner::Call {
  void run();
  [[nodiscard]] int spawn();

  std::string program;
  std::vector<std::string> arguments;
  std::string folder;
  MPI_Comm self = MPI_COMM_NULL;
  Rank rank;
  // Written before `done`, read after it.
  MPI_Comm intercommunicator = MPI_COMM_NULL;
  Status status;
  std::atomic<bool> done{false};
};

void MpiSpawner::Call::run() {
  const int code = spawn();
  if (code != MPI_SUCCESS) {
    status = Error{ErrorCode::unsupported, mpi_error_text("MPI_Comm_spawn", code)};
  }
  done.store(true, std::memory_order_release);
}

int MpiSpawner::Call::spawn() {
  MPI_Info info = MPI_INFO_NULL;
  if (const int code = MPI_Info_create(&info); code != MPI_SUCCESS) return code;
  const std::string mark = std::string(kReplacementVariable) + "=" + std::to_string(rank.value);
  MPI_Info_set(info, "env", mark.c_str());
  if (!folder.empty()) MPI_Info_set(info, "wd", folder.c_str());
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  int error = MPI_SUCCESS;
  const int code =
      MPI_Comm_spawn(program.c_str(), words.data(), 1, info, 0, self, &intercommunicator, &error);
  MPI_Info_free(&info);
  return code != MPI_SUCCESS ? code : error;
}

struct MpiSpawner::Parts {
  explicit Parts(MpiEndpoint& reached_by) : endpoint(reached_by) {}

  MpiEndpoint& endpoint;
  std::string program;
  std::vector<std::string> arguments;
  std::string folder;
  MPI_Comm self = MPI_COMM_NULL;
  std::shared_ptr<Call> call;  // null: idle
  std::thread thread;
};

MpiSpawner::MpiSpawner(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

MpiSpawner::~MpiSpawner() {
  if (parts_->thread.joinable()) parts_->thread.detach();
  if (idle()) MPI_Comm_free(&parts_->self);
}

bool MpiSpawner::idle() const { return parts_->call == nullptr; }

void MpiSpawner::start(Rank rank) {
  STEADFARM_ASSERT(idle());
  parts_->call = std::make_shared<Call>();
  Call& call = *parts_->call;
  call.program = parts_->program;
  call.arguments = parts_->arguments;
  call.folder = parts_->folder;
  call.self = parts_->self;
  call.rank = rank;
  // Signals stay with the application's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    parts_->thread = std::thread([call = parts_->call] { call->run(); });
  } catch (const std::system_error& e) {
    call.status = Error{ErrorCode::unsupported, std::string("no thread for it: ") + e.what()};
    call.done = true;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::optional<Spawner::Done> MpiSpawner::take_done() {
  if (idle() || !parts_->call->done.load(std::memory_order_acquire)) return std::nullopt;
  if (parts_->thread.joinable()) parts_->thread.join();
  const std::shared_ptr<Call> call = std::exchange(parts_->call, nullptr);
  if (!call->status) return Done{call->rank, call->status};
  const Rank reached = parts_->endpoint.attach(call->intercommunicator);
  STEADFARM_ASSERT(reached == call->rank);
  return Done{call->rank, {}};
}

Result<std::unique_ptr<Spawner>> open_mpi_spawner(const MpiEnvironment& environment,
                                                  Transport& transport,
                                                  const Result<std::string>& folder) {
  const auto refused = [](const std::string& why) {
    return Error{ErrorCode::usage, "--respawn: no worker can be replaced here, because " + why};
  };
  if (!environment.owns_mpi()) {
    return refused(
        "the application has called MPI_Init itself, and a replacement would run it from its "
        "beginning; let the farm do that");
  }
  if (environment.thread_level() != ThreadLevel::multiple) {
    return refused("MPI gave no MPI_THREAD_MULTIPLE, and work would wait for MPI_Comm_spawn");
  }
  // Another MPI may not tell the new process what it is, which would then start a farm of its own.
  if (const std::string version = mpi_library_version(); !version.starts_with("Open MPI")) {
    return refused("this is " + version + "; it is known to work with Open MPI");
  }
  auto* endpoint = dynamic_cast<MpiEndpoint*>(&transport);
  STEADFARM_ASSERT(endpoint != nullptr);
  auto parts = std::make_unique<MpiSpawner::Parts>(*endpoint);
  parts->program = own_program();
  parts->arguments = own_arguments();
  if (folder) parts->folder = folder.value();
  if (parts->program.empty()) return refused("/proc/self/exe does not tell what program this is");
  if (const int code = MPI_Comm_dup(MPI_COMM_SELF, &parts->self); code != MPI_SUCCESS) {
    return refused(mpi_error_text("MPI_Comm_dup", code));
  }
  MPI_Comm_set_errhandler(parts->self, MPI_ERRORS_RETURN);
  return std::unique_ptr<Spawner>(new MpiSpawner(std::move(parts)));
}

}  // namespace steadfarm::transport
