// The incumbent that one worker finds cuts nodes on another: master and two workers in one process,
// over the in-memory transport, turned by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "driver/master_driver.hpp"
#include "driver/worker_driver.hpp"
#include "examples/qap/search.hpp"
#include "steadfarm/serialise.hpp"
#include "transport/local/local_hub.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm {
namespace {

constexpr std::uint64_t kWholeSubtree = 1ULL << 40U;

std::string data_file(const char* name) {
  return std::string(STEADFARM_SOURCE_DIR "/examples/qap/data/") + name;
}

// The shared value of a farm behind the search's door, as the program's main has it.
class CallIncumbent final : public qap::IncumbentPort {
 public:
  CallIncumbent(UnitCall& call, std::size_t n) : call_(call), n_(n) {}
  [[nodiscard]] const std::optional<qap::Incumbent>& best() override {
    const std::int64_t* value = call_.shared_value();
    if (value != nullptr) {
      auto permutation = qap::decode_witness(call_.shared_witness(), n_);
      if (permutation) best_ = qap::Incumbent{*value, *permutation};
    }
    return best_;
  }
  void offer(const qap::Incumbent& incumbent) override {
    call_.improve(incumbent.value, qap::encode_witness(incumbent.permutation));
  }

 private:
  UnitCall& call_;
  std::size_t n_;
  std::optional<qap::Incumbent> best_;
};

struct Units final : core::PayloadSource {
  std::vector<Bytes> payloads;
  [[nodiscard]] ByteView payload(std::uint64_t index) const override { return payloads[index]; }
};

struct WorkerRig {
  WorkerRig(transport::LocalHub& hub, Rank rank, driver::Clock& clock,
            const qap::Instance& instance)
      : end(hub.take(rank)),
        machine({}, clock.now()),
        searcher(instance, {}),
        executor([this, &instance](UnitCall& call) {
          qap::Unit unit;
          ASSERT_TRUE(from_bytes(call.payload(), unit));
          CallIncumbent incumbent(call, instance.n);
          nodes += searcher.explore(unit, kWholeSubtree, incumbent).nodes;
        }),
        driver(machine, *end, executor, clock, wire::JobId(1), Rank(0)) {
    executor.set_hooks({[this] { driver.safe_point(); },
                        [this](const SharedValue& shared) { driver.propose(shared); }});
    driver.start();
  }
  std::unique_ptr<transport::Transport> end;
  core::WorkerMachine machine;
  qap::Searcher searcher;
  std::uint64_t nodes = 0;
  worker::FunctionExecutor executor;
  driver::WorkerDriver driver;
};

// Nodes that worker 2 bounds in the subtree of p(0) = 1, after worker 1 has finished the subtree of
// p(0) = 0 (`help`) or before worker 1 has done anything.
std::uint64_t nodes_on_worker_2(const qap::Instance& instance, bool help) {
  Units units;
  units.payloads = {to_bytes(qap::Unit{{0}, 1, 0}), to_bytes(qap::Unit{{1}, 1, 0})};
  driver::SteadyClock clock;
  transport::LocalHub hub(3);
  const auto master_end = hub.take(Rank(0));
  core::MasterOptions options;
  options.policy.kind = core::PolicyKind::fixed;
  options.policy.prefetch_max = 1;
  core::Master master(options, {2, {}, &units}, {Rank(1), Rank(2)}, clock.now(), std::nullopt);
  driver::MasterDriver driver(master, *master_end, nullptr, clock, wire::JobId(1), {});
  driver.start();
  WorkerRig first(hub, Rank(1), clock, instance);
  static_cast<void>(driver.turn());  // worker 1 is given the first unit
  static_cast<void>(driver.turn());
  WorkerRig second(hub, Rank(2), clock, instance);
  EXPECT_EQ(master.worker_progress()[0].leases, 1U);
  static_cast<void>(driver.turn());
  static_cast<void>(driver.turn());
  EXPECT_EQ(master.worker_progress()[1].leases, 1U);
  for (int turn = 0; turn < 100'000 && !driver.finish(); ++turn) {
    if (help || second.nodes > 0) static_cast<void>(first.driver.turn());
    static_cast<void>(driver.turn());
    if (!help || first.nodes > 0) static_cast<void>(second.driver.turn());
  }
  EXPECT_TRUE(driver.finish().has_value());
  EXPECT_GT(first.nodes, 0U);
  return second.nodes;
}

TEST(SharedIncumbent, CutsNodesOnAnotherWorker) {
  const auto instance = qap::read_instance(data_file("nug12.dat"));
  ASSERT_TRUE(instance.ok());
  const std::uint64_t alone = nodes_on_worker_2(instance.value(), false);
  const std::uint64_t helped = nodes_on_worker_2(instance.value(), true);
  EXPECT_GT(helped, 0U);
  EXPECT_LT(helped, alone) << "what worker 1 found did not reach worker 2";
}

}  // namespace
}  // namespace steadfarm
