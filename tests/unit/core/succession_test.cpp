#include "core/succession.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace steadfarm::core {
namespace {

// The actions as words, so that a test reads as what it expects.
std::string words(const SuccessionActions& actions) {
  std::string out;
  for (const SuccessionAction& action : actions) {
    if (!out.empty()) out += ", ";
    if (const auto* send = std::get_if<SuccessionSend>(&action)) {
      const std::string to = std::to_string(send->to.value);
      if (const auto* claim = std::get_if<wire::Claim>(&send->body)) {
        out += (claim->certain ? "claim certainly to " : "claim to ") + to;
      } else {
        const auto& consent = std::get<wire::Consent>(send->body);
        const char* const verdicts[] = {"yes to ", "lives to ", "follow "};
        out += verdicts[static_cast<int>(consent.verdict)];
        if (consent.verdict == wire::Verdict::follow) {
          out += std::to_string(consent.follow.value) + " to ";
        }
        out += to;
      }
    } else if (const auto* distrust = std::get_if<Shun>(&action)) {
      out += "distrust " + std::to_string(distrust->rank.value);
    } else if (const auto* trust = std::get_if<Unshun>(&action)) {
      out += "trust " + std::to_string(trust->rank.value);
    } else if (const auto* follow = std::get_if<FollowMaster>(&action)) {
      out += "turn to " + std::to_string(follow->rank.value);
    } else if (const auto* take_over = std::get_if<TakeOver>(&action)) {
      out += "take over from " + std::to_string(take_over->lost.value) + " with";
      for (const Rank rank : take_over->followers) out += " " + std::to_string(rank.value);
    }
  }
  return out;
}

class SuccessionTest : public testing::Test {
 protected:
  // Rank `self` of four, welcomed by rank 0 at time 0.
  Succession& worker(std::int32_t self, bool may_claim = true) {
    SuccessionOptions options;
    options.self = Rank(self);
    options.rank_count = 4;
    machine_ = std::make_unique<Succession>(options, 0);
    SuccessionActions none;
    machine_->welcomed(0, Rank(0), Term(0), may_claim, none);
    EXPECT_EQ(words(none), "");
    return *machine_;
  }
  std::string tick(TimeUs now) {
    SuccessionActions out;
    machine_->tick(now, out);
    return words(out);
  }
  // Time passes in steps that no machine takes for a stop.
  std::string ticks(TimeUs from, TimeUs to) {
    std::string out;
    for (TimeUs now = from; now <= to; now += 100'000) {
      const std::string words = tick(now);
      if (!out.empty() && !words.empty()) out += "; ";
      out += words;
    }
    return out;
  }
  std::string claim(TimeUs now, std::int32_t from, bool certain = false) {
    SuccessionActions out;
    machine_->heard(now, Rank(from), false, out);
    machine_->on_message(now, Rank(from), Term(0), wire::Claim{certain}, out);
    return words(out);
  }
  std::string consent(TimeUs now, std::int32_t from, wire::Verdict verdict,
                      std::int32_t follow = 0) {
    SuccessionActions out;
    machine_->heard(now, Rank(from), false, out);
    machine_->on_message(now, Rank(from), Term(0), wire::Consent{verdict, Rank(follow)}, out);
    return words(out);
  }
  std::string dead(TimeUs now, std::int32_t rank) {
    SuccessionActions out;
    machine_->peer_dead(now, Rank(rank), "MPI says so", out);
    return words(out);
  }

  std::unique_ptr<Succession> machine_;
};

TEST_F(SuccessionTest, the_lowest_rank_takes_over_when_all_have_agreed) {
  worker(1);
  EXPECT_EQ(ticks(0, 10 * kSecondUs), "");
  EXPECT_EQ(tick(10'050'000), "distrust 0");
  EXPECT_EQ(tick(10'055'000), "claim to 2, claim to 3");
  EXPECT_EQ(consent(10'060'000, 2, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(10'061'000), "claim to 3");
  EXPECT_EQ(consent(10'062'000, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(10'063'000), "take over from 0 with 2 3");
  EXPECT_TRUE(machine_->taking_over());
}

TEST_F(SuccessionTest, who_does_not_answer_is_not_waited_for_and_not_spoken_to_any_more) {
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(consent(10'250'000, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(10'900'000), "distrust 2, take over from 0 with 3");
}

// Cut off with nobody beside it, it would take the store from a master that is well.
TEST_F(SuccessionTest, fewer_than_half_of_the_workers_never_take_over_from_a_silent_master) {
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  for (TimeUs now = 10'300'000; now < 40 * kSecondUs; now += 100'000) {
    ASSERT_EQ(tick(now), "claim to 2, claim to 3") << now;
  }
  EXPECT_FALSE(machine_->taking_over());
  EXPECT_EQ(consent(40 * kSecondUs, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(40 * kSecondUs + 1), "distrust 2, take over from 0 with 3");
}

TEST_F(SuccessionTest, those_it_does_not_speak_to_are_no_reason_to_go_ahead_alone) {
  worker(3);
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 1), "distrust 0, turn to 1, yes to 1");
  EXPECT_EQ(ticks(6'100'000, 16'100'000), "distrust 1");
  EXPECT_EQ(claim(16'100'001, 2), "turn to 2, yes to 2");
  EXPECT_EQ(ticks(16'200'000, 26'200'000), "distrust 2");
  EXPECT_EQ(ticks(26'300'000, 40 * kSecondUs), "") << "nobody is left to ask";
  EXPECT_FALSE(machine_->taking_over());
}

TEST_F(SuccessionTest, those_known_to_be_gone_do_not_count_among_the_workers) {
  worker(1);
  machine_->roster({Rank(2)});
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 3");
  EXPECT_EQ(tick(10'900'000), "distrust 3, take over from 0 with") << "one of two";
  worker(1);
  EXPECT_EQ(dead(0, 2), "distrust 2");
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 3");
  EXPECT_EQ(tick(10'900'000), "distrust 3, take over from 0 with") << "one of two";
}

TEST_F(SuccessionTest, a_death_that_is_certain_needs_no_half) {
  worker(1);
  EXPECT_EQ(dead(5'000, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(5'001), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(tick(700'000), "distrust 2, distrust 3, take over from 0 with");
}

TEST_F(SuccessionTest, a_worker_that_hears_the_master_refuses) {
  worker(2);
  static_cast<void>(ticks(0, 4 * kSecondUs));
  EXPECT_EQ(claim(4 * kSecondUs, 1), "lives to 1");
  EXPECT_TRUE(machine_->following());
}

TEST_F(SuccessionTest, one_that_is_refused_returns_to_the_master) {
  worker(1);
  static_cast<void>(ticks(0, 10'200'000));
  EXPECT_EQ(consent(10'250'000, 2, wire::Verdict::master_lives), "trust 0, turn to 0");
  EXPECT_TRUE(machine_->following());
}

TEST_F(SuccessionTest, the_word_of_the_transport_is_not_refused) {
  worker(2);
  EXPECT_EQ(tick(1'000), "");
  EXPECT_EQ(claim(2'000, 1, true), "distrust 0, turn to 1, yes to 1");
}

TEST_F(SuccessionTest, a_death_that_the_transport_reports_is_acted_on_at_once) {
  worker(1);
  EXPECT_EQ(dead(5'000, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(5'001), "claim certainly to 2, claim certainly to 3");
}

TEST_F(SuccessionTest, of_two_that_claim_the_higher_rank_gives_way) {
  worker(2);
  EXPECT_EQ(ticks(0, 10'400'000), "distrust 0; claim to 1, claim to 3");
  EXPECT_EQ(claim(10'450'000, 1), "turn to 1, yes to 1");
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(claim(10'250'000, 2), "claim to 2");
}

TEST_F(SuccessionTest, a_promise_is_told_to_others_that_claim) {
  worker(3);
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 1), "distrust 0, turn to 1, yes to 1");
  EXPECT_EQ(claim(6 * kSecondUs + 1, 2), "follow 1 to 2");
}

TEST_F(SuccessionTest, a_candidate_that_falls_silent_is_given_up) {
  worker(2);
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 1), "distrust 0, turn to 1, yes to 1");
  EXPECT_EQ(ticks(6 * kSecondUs, 16 * kSecondUs), "");
  EXPECT_EQ(tick(16'050'000), "distrust 1");
  EXPECT_EQ(tick(16'060'000), "claim to 3");
}

TEST_F(SuccessionTest, a_candidate_that_dies_is_given_up_at_once) {
  worker(2);
  EXPECT_EQ(claim(1, 1, true), "distrust 0, turn to 1, yes to 1");
  EXPECT_EQ(dead(2, 1), "distrust 1");
  EXPECT_EQ(tick(3), "claim certainly to 3");
}

TEST_F(SuccessionTest, one_that_was_stopped_itself_listens_first) {
  worker(1);
  EXPECT_EQ(tick(1), "");
  EXPECT_EQ(tick(60 * kSecondUs), "");
  EXPECT_EQ(tick(60 * kSecondUs + 1), "");
}

// What it was answered meanwhile is heard after the first tick.
TEST_F(SuccessionTest, one_that_was_stopped_while_it_claimed_waits_for_the_answers) {
  worker(1);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(2), "claim certainly to 2, claim certainly to 3");
  const TimeUs woken = 60 * kSecondUs;
  EXPECT_EQ(tick(woken), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(consent(woken + 1, 2, wire::Verdict::yes, 1), "");
  EXPECT_EQ(consent(woken + 2, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(woken + 3), "take over from 0 with 2 3");
}

TEST_F(SuccessionTest, one_that_was_stopped_while_others_had_their_turn_lets_them_have_it) {
  worker(3);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(2), "");
  const TimeUs woken = 60 * kSecondUs;
  EXPECT_EQ(tick(woken), "");
  EXPECT_EQ(claim(woken + 1, 1, true), "turn to 1, yes to 1");
}

TEST_F(SuccessionTest, nobody_waits_for_the_turn_of_the_dead) {
  worker(3);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(dead(2, 1), "distrust 1");
  EXPECT_EQ(dead(3, 2), "distrust 2");
  EXPECT_EQ(tick(4), "take over from 0 with");
}

TEST_F(SuccessionTest, a_rank_that_could_not_do_the_work_never_claims) {
  worker(1, false);
  EXPECT_EQ(ticks(0, 20 * kSecondUs), "distrust 0");
  EXPECT_EQ(claim(20 * kSecondUs, 2), "turn to 2, yes to 2");
}

TEST_F(SuccessionTest, a_later_master_is_followed_from_whoever_its_word_comes) {
  worker(1);
  SuccessionActions out;
  machine_->welcomed(1, Rank(3), Term(4), true, out);
  EXPECT_EQ(words(out), "turn to 3");
  EXPECT_EQ(machine_->term(), Term(4));
  out.clear();
  machine_->welcomed(2, Rank(0), Term(0), true, out);  // an older one has woken
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(machine_->master(), Rank(3));
  EXPECT_EQ(claim(3, 2), "follow 3 to 2");
}

// What it had sent comes after the word of its death.
TEST_F(SuccessionTest, the_last_words_of_the_dead_are_no_sign_of_life) {
  const auto hear = [this](TimeUs now, std::int32_t from) {
    SuccessionActions out;
    machine_->heard(now, Rank(from), false, out);
    return words(out);
  };
  worker(1);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(hear(2, 0), "") << "of the master";
  EXPECT_EQ(tick(3), "claim certainly to 2, claim certainly to 3");
  worker(2);
  EXPECT_EQ(claim(1, 1, true), "distrust 0, turn to 1, yes to 1");
  EXPECT_EQ(ticks(100'000, 10'100'000), "distrust 1");
  EXPECT_EQ(dead(10'150'000, 1), "distrust 1");
  EXPECT_EQ(hear(10'150'001, 1), "") << "of one that it had given up before";
}

TEST_F(SuccessionTest, in_one_term_there_is_one_master) {
  worker(1);
  SuccessionActions out;
  machine_->welcomed(1, Rank(2), Term(0), true, out);
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(machine_->master(), Rank(0));
}

// It has begun: whose the store is, the store decides.
TEST_F(SuccessionTest, one_that_takes_over_follows_nobody) {
  worker(1);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(700'000), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(tick(1'300'000), "distrust 2, distrust 3, take over from 0 with");
  SuccessionActions out;
  machine_->welcomed(1'300'001, Rank(2), Term(4), true, out);
  EXPECT_EQ(words(out), "");
  EXPECT_TRUE(machine_->taking_over());
}

TEST_F(SuccessionTest, nobody_is_followed_who_is_dead_or_is_oneself) {
  worker(3);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(dead(2, 1), "distrust 1");
  EXPECT_EQ(consent(3, 2, wire::Verdict::follow, 1), "") << "it does not know yet";
  SuccessionActions out;
  machine_->on_message(4, Rank(2), Term(4), wire::Consent{wire::Verdict::follow, Rank(3)}, out);
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(consent(5, 2, wire::Verdict::follow, 2), "turn to 2");
}

TEST_F(SuccessionTest, a_late_welcome_of_a_dead_master_is_not_followed) {
  worker(1);
  EXPECT_EQ(dead(1, 3), "distrust 3");
  SuccessionActions out;
  machine_->welcomed(2, Rank(3), Term(4), true, out);
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(machine_->master(), Rank(0));
  EXPECT_EQ(machine_->term(), Term(0));
}

TEST_F(SuccessionTest, a_consent_to_follow_in_an_earlier_term_does_not_count) {
  worker(1);
  SuccessionActions out;
  machine_->welcomed(1, Rank(3), Term(4), true, out);
  EXPECT_EQ(words(out), "turn to 3");
  EXPECT_EQ(dead(2, 3), "distrust 3, distrust 3");
  EXPECT_EQ(tick(3), "claim certainly to 2");
  EXPECT_EQ(consent(4, 2, wire::Verdict::yes, 1), "") << "that was of term 0";
  EXPECT_EQ(tick(5), "");
  EXPECT_EQ(tick(100'003), "claim certainly to 2");
  out.clear();
  machine_->on_message(100'004, Rank(2), Term(4), wire::Consent{wire::Verdict::yes, Rank(1)}, out);
  EXPECT_EQ(tick(100'005), "take over from 3 with 2");
}

TEST_F(SuccessionTest, those_who_are_gone_are_not_asked) {
  worker(2);
  machine_->roster({Rank(1)});
  static_cast<void>(dead(1, 0));
  EXPECT_EQ(tick(2), "claim certainly to 3");
}

// Two that have each promised to follow the other would wait for ever.
TEST_F(SuccessionTest, a_promise_goes_over_to_a_lower_rank_only) {
  worker(3);
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 2), "distrust 0, turn to 2, yes to 2");
  EXPECT_EQ(claim(6 * kSecondUs + 1, 1), "turn to 1, yes to 1");
  EXPECT_EQ(claim(6 * kSecondUs + 2, 2), "follow 1 to 2");
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(consent(10'250'000, 3, wire::Verdict::follow, 2), "") << "2 gives way to us";
}

TEST_F(SuccessionTest, one_that_speaks_as_a_worker_is_not_going_to_be_the_master) {
  worker(2);
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 1), "distrust 0, turn to 1, yes to 1");
  SuccessionActions out;
  machine_->heard(6 * kSecondUs + 1, Rank(1), true, out);
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(tick(6 * kSecondUs + 2), "");
  EXPECT_EQ(tick(6 * kSecondUs + 300'001), "claim to 1, claim to 3");
}

// Seed 18100000020004 of the simulation: an answer went to a rank that nothing is to be sent to.
TEST_F(SuccessionTest, a_late_claim_of_the_master_that_it_left_is_not_answered) {
  worker(3);
  SuccessionActions out;
  machine_->welcomed(1, Rank(1), Term(1), true, out);
  EXPECT_EQ(words(out), "turn to 1");
  static_cast<void>(ticks(0, 6 * kSecondUs));
  out.clear();
  machine_->on_message(6 * kSecondUs, Rank(2), Term(1), wire::Claim{}, out);
  EXPECT_EQ(words(out), "distrust 1, turn to 2, yes to 2");
  EXPECT_EQ(claim(6 * kSecondUs + 1, 1), "") << "from before it was the master";
  EXPECT_EQ(ticks(6'100'000, 16'000'000), "") << "the promise stands";
}

// We were stopped when it consented, and hear of its death before we hear that.
TEST_F(SuccessionTest, a_late_consent_of_a_dead_worker_does_not_count) {
  worker(1);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(2), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(dead(3, 3), "distrust 3");
  EXPECT_EQ(consent(4, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(consent(5, 2, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(6), "take over from 0 with 2");
}

TEST_F(SuccessionTest, a_late_claim_of_a_dead_worker_is_not_answered) {
  worker(3);
  EXPECT_EQ(dead(1, 2), "distrust 2");
  static_cast<void>(ticks(0, 6 * kSecondUs));
  EXPECT_EQ(claim(6 * kSecondUs, 2), "");
  EXPECT_TRUE(machine_->following());
}

TEST_F(SuccessionTest, one_that_had_agreed_and_died_does_not_follow) {
  worker(1);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(2), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(consent(3, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(dead(4, 3), "distrust 3");
  EXPECT_EQ(consent(5, 2, wire::Verdict::yes, 1), "");
  EXPECT_EQ(tick(6), "take over from 0 with 2");
}

// Between the two it has followed the master again, and so has whoever had agreed: with one word of
// that time it would be half, and take the store from a master that is well.
TEST_F(SuccessionTest, what_was_agreed_for_an_earlier_claim_does_not_count) {
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(consent(10'210'000, 3, wire::Verdict::yes, 1), "");
  EXPECT_EQ(consent(10'220'000, 2, wire::Verdict::master_lives), "trust 0, turn to 0");
  EXPECT_EQ(ticks(10'300'000, 20'220'000), "");
  EXPECT_EQ(ticks(20'300'000, 20'400'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(ticks(20'500'000, 20'600'000), "claim to 2, claim to 3; claim to 2, claim to 3");
  EXPECT_EQ(tick(22 * kSecondUs), "claim to 2, claim to 3") << "no half has agreed";
}

// It was silent first, and then the transport knows better.
TEST_F(SuccessionTest, a_claim_becomes_certain_when_the_transport_reports_the_death) {
  worker(1);
  EXPECT_EQ(ticks(0, 10'200'000), "distrust 0; claim to 2, claim to 3");
  EXPECT_EQ(dead(10'250'000, 0), "distrust 0");
  EXPECT_EQ(tick(10'300'000), "claim certainly to 2, claim certainly to 3");
  EXPECT_EQ(consent(10'350'000, 2, wire::Verdict::master_lives), "") << "it cannot know";
  EXPECT_EQ(tick(10'900'000), "distrust 2, distrust 3, take over from 0 with");
}

// The master may reach one that we could not.
TEST_F(SuccessionTest, whoever_is_shunned_is_not_asked_before_it_speaks) {
  worker(2);
  EXPECT_EQ(dead(1, 0), "distrust 0, distrust 0");
  EXPECT_EQ(tick(300'002), "claim certainly to 1, claim certainly to 3");
  EXPECT_EQ(consent(300'003, 3, wire::Verdict::follow, 1), "turn to 1");
  EXPECT_EQ(ticks(400'000, 10'300'003), "");
  EXPECT_EQ(tick(10'300'004), "distrust 1");
  SuccessionActions out;
  machine_->welcomed(10'300'005, Rank(3), Term(1), true, out);
  EXPECT_EQ(words(out), "turn to 3");
  machine_->roster({});
  EXPECT_EQ(dead(10'300'006, 3), "distrust 3, distrust 3");
  EXPECT_EQ(tick(10'300'007), "take over from 3 with") << "nobody else is left to ask";
}

}  // namespace
}  // namespace steadfarm::core
