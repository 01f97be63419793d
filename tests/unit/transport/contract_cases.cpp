#include "tests/unit/transport/contract_delivery.hpp"
#include "tests/unit/transport/contract_flow.hpp"

namespace steadfarm::transport::contract {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"carries_any_size_there_and_back", carries_any_size_there_and_back},
      {"keeps_the_order_of_every_sender", keeps_the_order_of_every_sender},
      {"everybody_sends_before_anybody_receives", everybody_sends_before_anybody_receives},
      {"poll_returns_at_most_what_was_asked", poll_returns_at_most_what_was_asked},
      {"urgent_messages_arrive_beside_a_stream", urgent_messages_arrive_beside_a_stream},
      {"urgent_messages_over_the_limit_are_dropped", urgent_messages_over_the_limit_are_dropped},
      {"queued_bytes_rise_and_fall", queued_bytes_rise_and_fall},
      {"a_bad_rank_is_an_error", a_bad_rank_is_an_error},
      {"forget_drops_and_readmit_takes_back", forget_drops_and_readmit_takes_back},
      {"a_message_given_up_in_the_middle_is_not_mixed",
       a_message_given_up_in_the_middle_is_not_mixed},
      {"a_forgotten_peer_is_still_heard", a_forgotten_peer_is_still_heard},
      {"a_silent_peer_does_not_stop_the_others", a_silent_peer_does_not_stop_the_others},
      {"close_waits_for_the_last_message", close_waits_for_the_last_message},
      {"close_keeps_its_deadline", close_keeps_its_deadline},
  };
  return all;
}

}  // namespace steadfarm::transport::contract
