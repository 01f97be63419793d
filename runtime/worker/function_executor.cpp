#include "worker/function_executor.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "base/ids.hpp"

namespace steadfarm::worker {
namespace {

// A message that somebody reads; failed units are kept with theirs, so it has a limit.
constexpr std::size_t kMessageBytesMax = 4096;

}  // namespace

class FunctionExecutor::Call final : public UnitCall {
 public:
  Call(FunctionExecutor& owner, const core::Execute& unit) : owner_(owner), unit_(unit) {}

  [[nodiscard]] UnitKey key() const override { return unit_.key; }
  [[nodiscard]] std::uint32_t attempt() const override { return unit_.attempt.value; }
  [[nodiscard]] std::uint64_t seed() const override { return unit_seed(unit_.job_seed, unit_.key); }
  [[nodiscard]] ByteView payload() const override { return unit_.payload; }

  void set_result(Bytes result) override { owner_.outcome_.payload = std::move(result); }
  void spawn(Bytes payload, std::int32_t priority) override {
    owner_.outcome_.children.push_back({priority, std::move(payload)});
  }

  [[nodiscard]] const std::int64_t* shared_value() override {
    if (owner_.hooks_.safe_point) owner_.hooks_.safe_point();
    return owner_.shared_ ? &owner_.shared_->value : nullptr;
  }
  [[nodiscard]] ByteView shared_witness() const override {
    return owner_.shared_ ? ByteView(owner_.shared_->witness) : ByteView();
  }
  bool improve(std::int64_t value, Bytes witness) override {
    SharedValue found{value, std::move(witness)};
    if (!is_better(found, owner_.shared_)) return false;
    owner_.shared_ = found;
    // The answer carries it too, so that it lives and dies with the unit's result.
    owner_.outcome_.proposal = found;
    if (owner_.hooks_.propose) owner_.hooks_.propose(found);
    return true;
  }

 private:
  FunctionExecutor& owner_;
  const core::Execute& unit_;
};

FunctionExecutor::FunctionExecutor(std::function<void(UnitCall&)> function)
    : function_(std::move(function)) {}

void FunctionExecutor::start(const core::Execute& unit) {
  done_ = false;
  outcome_.status = wire::AnswerStatus::done;
  outcome_.payload.clear();
  outcome_.children.clear();
  outcome_.proposal.reset();
  Call call(*this, unit);
  const auto fail = [&](const char* message) {
    outcome_.status = wire::AnswerStatus::failed;
    outcome_.children.clear();
    outcome_.proposal.reset();
    const std::string_view whole(message != nullptr ? message : "an exception without a message");
    const std::string_view text = whole.substr(0, kMessageBytesMax);
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    outcome_.payload.assign(bytes, bytes + text.size());
  };
  // The one place where the application's exceptions become values.
  try {
    function_(call);
  } catch (const std::exception& e) {
    fail(e.what());
  } catch (...) {
    fail("the unit threw something that is not a std::exception");
  }
  done_ = true;
}

void FunctionExecutor::shared_changed(const SharedValue& shared) {
  if (is_better(shared, shared_)) shared_ = shared;
}

}  // namespace steadfarm::worker
