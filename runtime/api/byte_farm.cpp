#include "steadfarm/byte_farm.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

#include "api/input_file.hpp"
#include "api/job.hpp"
#include "api/paths.hpp"
#include "api/take_over.hpp"
#include "api/worker_side.hpp"
#include "base/digest.hpp"
#include "driver/paths.hpp"
#include "driver/signals.hpp"
#include "transport/guarded/guarded_transport.hpp"
#include "transport/mpi/mpi_environment.hpp"
#include "transport/mpi/mpi_spawner.hpp"
#include "transport/mpi/mpi_transport.hpp"
#include "transport/mpi/start_guard.hpp"

namespace steadfarm {

class ByteFarm::Impl {
 public:
  explicit Impl(Options given)
      : options(std::move(given)),
        folder(driver::current_folder()),
        paths(api::make_paths_absolute(folder, options)) {
    if (options.retries) options.executions = *options.retries;
    // Where MPI is the application's, only that knows how long its ranks wait for each other.
    transport::StartGuard guard;
    auto started = transport::MpiEnvironment::start(nullptr, nullptr);
    if (!started) throw std::runtime_error(started.error().message);
    environment.emplace(std::move(started).value());
    if (!environment->owns_mpi()) guard.disarm();
    transport::MpiTransportOptions transport_options;
    transport_options.communicator = options.communicator;
    auto opened = transport::open_mpi_transport(*environment, transport_options);
    if (!opened) throw std::runtime_error(opened.error().message);
    transport::GuardOptions call_guard;
    call_guard.deadline_ms = api::mpi_call_deadline_ms(options);
    call_guard.who =
        "rank " + std::to_string(opened.value()->self().value) + " on " + api::host_name();
    transport = std::make_unique<transport::GuardedTransport>(std::move(opened).value(),
                                                              std::move(call_guard));
    master = transport->self() == Rank(0);
    // From here on, so that a signal before run() is not lost and does not end the process. Where
    // MPI is ours, to the very end: one that comes late must not spoil a result.
    signals.emplace(options.handle_signals);
  }

  Outcome run() {
    if (was_run) throw std::logic_error("Farm::run was called twice");
    if (!work) throw std::logic_error("Farm::run before Farm::work");
    was_run = true;
    if (master_is_lost()) return cannot_begin();
    api::Job job;
    job.options = &options;
    job.submitted = &submitted;
    job.range_count = range_count;
    job.hints = std::move(hints);
    job.folds = std::move(folds);
    job.result_fields = result_fields;
    job.unit_layout = unit_layout;
    job.result_layout = result_layout;
    job.inputs = inputs;
    job.work = std::move(work);
    job.id = wire::JobId(digest(options.identity).lo);
    job.open_spawner = [this] { return open_spawner(); };
    job.replacement = environment->replacement().has_value();
    job.paths = paths;
    Outcome outcome;
    if (transport->rank_count() == 1) {
      outcome = api::run_alone(job);
      static_cast<void>(transport->settle(api::kSettleMs));  // so that its communicator may go
    } else if (transport->self() == Rank(0)) {
      outcome = api::run_master(job, *transport);
    } else {
      outcome = api::run_worker(job, *transport);
    }
    exit_code = outcome.exit_code;
    // A master that a worker has replaced has nothing to say: its fold is not the result's.
    if (transport->self() == Rank(0)) master = !(outcome.fenced && keeps_units());
    if (outcome.took_over) master = true;
    store_hangs = outcome.store_hangs;
    all_is_well = outcome.complete && outcome.workers_lost == 0;
    spawn_hangs = outcome.spawn_hangs;
    dismissed = !master && outcome.message.empty();
    if (!environment->owns_mpi()) signals.reset();
    return outcome;
  }

  // The others know as well as we do, and nobody leads them.
  [[nodiscard]] bool master_is_lost() const {
    return transport->self() != Rank(0) && transport->was_lost(Rank(0));
  }
  Outcome cannot_begin() {
    static_cast<void>(transport->settle(0));
    Outcome outcome = api::worker_outcome(
        transport->self(),
        core::Exit{75,
                   "the farm cannot begin: an earlier farm on these ranks has lost rank 0, "
                   "which would be the master; start the program again"});
    exit_code = outcome.exit_code;
    return outcome;
  }

  // Whoever may become the master must have the units.
  [[nodiscard]] bool keeps_units() const {
    return api::no_take_over_reason(options, transport->concurrent(), transport->rank_count())
        .empty();
  }

  Result<std::unique_ptr<transport::Spawner>> open_spawner() {
    if (options.communicator) {
      return Error{ErrorCode::usage,
                   "--respawn: no worker can be replaced here, because the farm works on a "
                   "communicator of the application, which a new process does not have"};
    }
    return transport::open_mpi_spawner(*environment, transport->inner(), folder);
  }

  void close() {
    constexpr int kCloseMs = 3'000;
    constexpr int kFinalizePatienceMs = 3'600'000;
    constexpr int kDiskGivenUp = 74;  // of a worker that has said goodbye
    constexpr int kRefused = 64;      // of one that the master has sent away
    if (!transport) return;
    const bool closed = transport->close(kCloseMs);
    transport.reset();  // keeps what MPI may still write into
    if (!environment->owns_mpi()) return;
    if (!closed || spawn_hangs) {
      // Nobody waits for anybody then, and mpirun of Open MPI 5 ends the job with the first rank
      // that says other than 0, before the master has printed the answer. It is the master that
      // says how the run ended.
      transport::MpiEnvironment::leave_now(dismissed ? 0 : exit_code);
    }
    transport::FinalizeOptions finalize;
    finalize.exit_code = exit_code;
    // Rank 0 may still work on the outcome, or on the units, and the others wait for it in
    // MPI_Finalize. Where the launcher takes their giving up for a crash, it would end rank 0 too.
    const bool left_in_order = !master && (exit_code == kDiskGivenUp || exit_code == kRefused);
    if ((all_is_well || left_in_order) && !transport::MpiEnvironment::others_outlive_us()) {
      finalize.deadline_ms = kFinalizePatienceMs;
    }
    static_cast<void>(environment->finalize(finalize));
    // A thread that may wake at any time must not meet the end of static objects.
    if (store_hangs) transport::MpiEnvironment::leave_now(exit_code);
  }

  Options options;
  Result<std::string> folder;  // where the farm was made: a unit may change it
  Status paths;
  std::optional<driver::SignalScope> signals;
  std::optional<transport::MpiEnvironment> environment;
  std::unique_ptr<transport::GuardedTransport> transport;
  api::SubmittedUnits submitted;
  std::uint64_t range_count = 0;
  api::HintFunction hints;
  api::Folds folds;
  std::string result_fields;
  std::string unit_layout = "bytes";
  std::string result_layout = "bytes";
  std::vector<checkpoint::InputRecord> inputs;
  std::function<void(UnitCall&)> work;
  bool was_run = false;
  bool master = false;
  int exit_code = 70;
  bool store_hangs = false;
  bool all_is_well = false;
  bool spawn_hangs = false;
  bool dismissed = false;  // a worker that the master has sent home
};

ByteFarm::ByteFarm(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ByteFarm::ByteFarm(ByteFarm&&) noexcept = default;
ByteFarm::~ByteFarm() {
  if (impl_) impl_->close();
}

const Options& ByteFarm::options() const { return impl_->options; }
bool ByteFarm::is_master() const { return impl_->master; }
bool ByteFarm::wants_units() const { return impl_->master || impl_->keeps_units(); }
std::int32_t ByteFarm::rank() const { return impl_->transport->self().value; }
std::int32_t ByteFarm::rank_count() const { return impl_->transport->rank_count(); }

void ByteFarm::submit(ByteView payload, std::int32_t priority, const UnitHints& hints) {
  if (impl_->range_count > 0) throw std::logic_error("Farm::submit together with Farm::range");
  if (wants_units()) impl_->submitted.add(payload, priority, hints);
}

void ByteFarm::range(std::uint64_t count) {
  if (impl_->submitted.count() > 0)
    throw std::logic_error("Farm::range together with Farm::submit");
  impl_->range_count = count;
}

void ByteFarm::hints(std::function<UnitHints(const UnitKey&, ByteView)> function) {
  impl_->hints = std::move(function);
}

void ByteFarm::work(std::function<void(UnitCall&)> function) { impl_->work = std::move(function); }
void ByteFarm::fold(Fold fold) { impl_->folds.add(std::move(fold)); }

void ByteFarm::describe_results(std::string fields) { impl_->result_fields = std::move(fields); }

void ByteFarm::layouts(std::string unit, std::string result) {
  impl_->unit_layout = std::move(unit);
  impl_->result_layout = std::move(result);
}

void ByteFarm::input_file(const std::string& path) {
  constexpr std::size_t kInputsMax = 1000;  // each is a line in every manifest
  if (impl_->inputs.size() == kInputsMax) {
    throw std::length_error("Farm::input_file: there are " + std::to_string(kInputsMax) +
                            " input files already; name one that lists the digests of the others");
  }
  if (!wants_units()) return;
  Result<checkpoint::InputRecord> input = api::read_input_file(path);
  if (!input) throw std::runtime_error(input.error().message);
  impl_->inputs.push_back(std::move(input).value());
}

void ByteFarm::store_results() { impl_->options.keep_results = true; }

Outcome ByteFarm::run() { return impl_->run(); }

}  // namespace steadfarm
