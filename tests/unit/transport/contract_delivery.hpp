// Contract cases: what is sent arrives, whole, in order, once.
#pragma once

#include "tests/unit/transport/contract.hpp"

namespace steadfarm::transport::contract {

void carries_any_size_there_and_back(Party& party);
void keeps_the_order_of_every_sender(Party& party);
void everybody_sends_before_anybody_receives(Party& party);
void poll_returns_at_most_what_was_asked(Party& party);
void urgent_messages_arrive_beside_a_stream(Party& party);
void urgent_messages_over_the_limit_are_dropped(Party& party);

}  // namespace steadfarm::transport::contract
