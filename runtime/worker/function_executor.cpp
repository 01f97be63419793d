#include "worker/function_executor.hpp"

#include <exception>
#include <stdexcept>
#include <string>
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
  Call(FunctionExecutor& owner, const core::Execute& unit)
      : owner_(owner), unit_(unit), safe_points_(unit.saved_sequence) {}

  [[nodiscard]] UnitKey key() const override { return unit_.key; }
  [[nodiscard]] std::uint32_t attempt() const override { return core::number_of(unit_.attempt); }
  [[nodiscard]] std::uint64_t seed() const override { return unit_seed(unit_.job_seed, unit_.key); }
  [[nodiscard]] ByteView payload() const override { return unit_.payload; }

  void set_result(Bytes result) override { owner_.outcome_.payload = std::move(result); }
  using UnitCall::spawn;
  void spawn(Bytes payload, std::int32_t priority, const UnitHints& hints) override {
    owner_.outcome_.children.push_back({priority, std::move(payload), hints});
  }

  [[nodiscard]] bool save(const std::function<Bytes()>& state) override {
    ++safe_points_;
    const core::SafePoint wish =
        owner_.hooks_.save_point ? owner_.hooks_.save_point() : core::SafePoint::go_on;
    if (wish == core::SafePoint::go_on) return true;
    Bytes bytes = state();
    if (bytes.size() > state_bytes_max) {
      throw std::length_error("the state to save has " + std::to_string(bytes.size()) +
                              " bytes, the limit is " + std::to_string(state_bytes_max));
    }
    owner_.hooks_.save(safe_points_, std::move(bytes));
    owner_.outcome_.left = wish == core::SafePoint::leave;
    return !owner_.outcome_.left;
  }
  [[nodiscard]] std::optional<ByteView> saved_state() const override {
    if (unit_.saved_sequence == 0) return std::nullopt;
    return unit_.saved_state;
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
  std::uint64_t safe_points_;  // since the unit was started anew, those of earlier executions too
};

FunctionExecutor::FunctionExecutor(std::function<void(UnitCall&)> function)
    : function_(std::move(function)) {}

void FunctionExecutor::start(const core::Execute& unit) {
  done_ = false;
  outcome_.status = wire::AnswerStatus::done;
  outcome_.payload.clear();
  outcome_.children.clear();
  outcome_.proposal.reset();
  outcome_.reduced.reset();
  outcome_.left = false;
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
    const bool is_large = reduce_ && outcome_.payload.size() >= reduce_bytes_min_;
    if (is_large && !outcome_.left) outcome_.reduced = reduce_(outcome_.payload);
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
