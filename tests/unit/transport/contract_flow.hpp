// Contract cases: back-pressure, forgetting a peer, and the end.
#pragma once

#include "tests/unit/transport/contract.hpp"

namespace steadfarm::transport::contract {

void queued_bytes_rise_and_fall(Party& party);
void a_bad_rank_is_an_error(Party& party);
void forget_drops_and_readmit_takes_back(Party& party);
void a_message_given_up_in_the_middle_is_not_mixed(Party& party);
void a_forgotten_peer_is_still_heard(Party& party);
void a_silent_peer_does_not_stop_the_others(Party& party);
void close_waits_for_the_last_message(Party& party);
void close_keeps_its_deadline(Party& party);

}  // namespace steadfarm::transport::contract
