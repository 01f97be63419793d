#include "worker/function_executor.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/ids.hpp"

namespace steadfarm::worker {
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
    if (!on_own_thread()) {
      // No exception of ours could end the unit from here, and the rest belongs to its own thread.
      if (owner_.hooks_.saved_beside) owner_.hooks_.saved_beside(unit_.key);
      return true;
    }
    if (offer(state)) return true;
    if (owner_.hooks_.ends) owner_.hooks_.ends();
    throw_if_failed();
    return false;
  }
  [[nodiscard]] bool try_save(const std::function<Bytes()>& state) override {
    if (!on_own_thread()) return !must_end_beside();
    try {
      return offer(state);
    } catch (const std::exception& e) {
      owner_.verdict_.fail(e.what());
    } catch (...) {
      owner_.verdict_.fail("what makes the state threw something that is not a std::exception");
    }
    return false;
  }
  [[nodiscard]] bool stopping() override {
    if (owner_.verdict_.told() || over_time()) return true;
    const auto& ask = on_own_thread() ? owner_.hooks_.stopping : owner_.hooks_.stopping_beside;
    return ask && ask();
  }
  [[nodiscard]] std::optional<ByteView> saved_state() const override {
    if (unit_.saved_sequence == 0) return std::nullopt;
    return unit_.saved_state;
  }

  [[nodiscard]] const std::int64_t* shared_value() override {
    if (on_own_thread()) {
      if (fail_if_over_time()) {
        if (owner_.hooks_.ends) owner_.hooks_.ends();
        throw_if_failed();
      }
      if (owner_.hooks_.safe_point && !owner_.verdict_.told()) owner_.hooks_.safe_point();
    }
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
  [[nodiscard]] bool on_own_thread() const { return std::this_thread::get_id() == thread_; }
  [[nodiscard]] std::optional<std::string> over_time() const {
    return owner_.hooks_.over_time ? owner_.hooks_.over_time() : std::nullopt;
  }
  // True if the execution has failed, by now or before.
  [[nodiscard]] bool fail_if_over_time() {
    if (!owner_.verdict_.told()) {
      if (std::optional<std::string> why = over_time()) owner_.verdict_.fail(std::move(*why));
    }
    return owner_.verdict_.kind() == Verdict::Kind::failed;
  }
  void throw_if_failed() const {
    if (owner_.verdict_.kind() == Verdict::Kind::failed) throw EndUnit(owner_.verdict_.why());
  }
  // A safe point. False if the unit is to end, which then is its verdict.
  [[nodiscard]] bool offer(const std::function<Bytes()>& state) {
    if (owner_.verdict_.told() || fail_if_over_time()) return false;
    ++safe_points_;
    const Hooks& hooks = owner_.hooks_;
    const core::SafePoint wish = hooks.save_point ? hooks.save_point() : core::SafePoint::go_on;
    if (wish == core::SafePoint::go_on) return true;
    if (wish == core::SafePoint::leave) owner_.verdict_.leave();
    Bytes bytes = state();
    if (bytes.size() > state_bytes_max) {
      throw std::length_error("the state to save has " + std::to_string(bytes.size()) +
                              " bytes, the limit is " + std::to_string(state_bytes_max));
    }
    hooks.save(safe_points_, std::move(bytes));
    return wish != core::SafePoint::leave;
  }
  // The same on another thread, which takes no state and does not look outside.
  [[nodiscard]] bool must_end_beside() {
    if (owner_.verdict_.told()) return true;
    const Hooks& hooks = owner_.hooks_;
    if (std::optional<std::string> why = over_time()) {
      owner_.verdict_.fail(std::move(*why));
    } else if (hooks.stopping_beside && hooks.stopping_beside()) {
      owner_.verdict_.leave();
    }
    return owner_.verdict_.told();
  }

  FunctionExecutor& owner_;
  const core::Execute& unit_;
  const std::thread::id thread_ = std::this_thread::get_id();
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
  verdict_.begin();
  Call call(*this, unit);
  // The one place where the application's exceptions become values.
  try {
    function_(call);
    if (const std::uint64_t bytes = answer_bytes(); bytes > answer_bytes_max_) {
      throw std::length_error("the result and the units that it spawns have " +
                              std::to_string(bytes) + " bytes, the limit is " +
                              std::to_string(answer_bytes_max_));
    }
    const bool is_large = reduce_ && outcome_.payload.size() >= reduce_bytes_min_;
    if (is_large && !verdict_.told()) outcome_.reduced = reduce_(outcome_.payload);
  } catch (const std::exception& e) {
    make_failed(outcome_, e.what());
  } catch (...) {
    make_failed(outcome_, "the unit threw something that is not a std::exception");
  }
  verdict_.judge(outcome_);
  done_ = true;
}

std::uint64_t FunctionExecutor::answer_bytes() const {
  std::uint64_t bytes = outcome_.payload.size();
  for (const OwnedChild& child : outcome_.children) bytes += child.payload.size();
  return bytes;
}

void FunctionExecutor::shared_changed(const SharedValue& shared) {
  if (is_better(shared, shared_)) shared_ = shared;
}

}  // namespace steadfarm::worker
