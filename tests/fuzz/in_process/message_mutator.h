// Changes one field somewhere inside a protobuf message, so that most changes leave a message that can be parsed.
#pragma once

#include <google/protobuf/message.h>

namespace phosphene::fuzz {

// A field of any depth is set, dropped, doubled or exchanged with another of its kind. The same seed makes the same change.
void change_message(google::protobuf::Message& message, unsigned seed);

}  // namespace phosphene::fuzz
