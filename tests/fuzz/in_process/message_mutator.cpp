#include "fuzz/in_process/message_mutator.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace phosphene::fuzz {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Random = std::mt19937;

bool chance(Random& random, unsigned in) { return random() % in == 0; }

// Messages inside `message`, itself first; a list's later elements count as much as its first.
void collect(Message& message, std::vector<Message*>& all) {
  all.push_back(&message);
  const Reflection& fields = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  fields.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect(*fields.MutableMessage(&message, field), all);
      continue;
    }
    for (int i = 0; i < fields.FieldSize(message, field); ++i) collect(*fields.MutableRepeatedMessage(&message, field, i), all);
  }
}

int64_t some_integer(Random& random, int64_t old) {
  constexpr int64_t kTelling[] = {0,
                                  1,
                                  -1,
                                  2,
                                  3,
                                  7,
                                  16,
                                  255,
                                  65536,
                                  1 << 30,
                                  std::numeric_limits<int64_t>::max(),
                                  std::numeric_limits<int64_t>::min(),
                                  int64_t{1} << 40,
                                  std::numeric_limits<int32_t>::max()};
  switch (random() % 3) {
    case 0: return old + (chance(random, 2) ? 1 : -1);
    case 1: return static_cast<int64_t>(random() % 24);
    default: return kTelling[random() % std::size(kTelling)];
  }
}

std::string changed_text(std::string text) {
  const size_t size = text.size(), most = size + 16;
  text.resize(most);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, most));
  return text;
}

// Gives the scalar field (or the element at `index` of a list) another value.
void set_value(Message& message, const FieldDescriptor* field, int index, Random& random) {
  const Reflection& r = *message.GetReflection();
  const bool list = index >= 0;
#define CHANGE(Type, value)                                        \
  do {                                                             \
    if (list) {                                                    \
      const auto old = r.GetRepeated##Type(message, field, index); \
      r.SetRepeated##Type(&message, field, index, value);          \
    } else {                                                       \
      const auto old = r.Get##Type(message, field);                \
      r.Set##Type(&message, field, value);                         \
    }                                                              \
  } while (false)
  constexpr float kTelling[] = {0, 1, -1, 0.5F, 1e30F, -1e-30F, INFINITY, NAN};
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: CHANGE(Int32, static_cast<int32_t>(some_integer(random, old))); break;
    case FieldDescriptor::CPPTYPE_INT64: CHANGE(Int64, some_integer(random, old)); break;
    case FieldDescriptor::CPPTYPE_UINT32: CHANGE(UInt32, static_cast<uint32_t>(some_integer(random, old))); break;
    case FieldDescriptor::CPPTYPE_UINT64: CHANGE(UInt64, static_cast<uint64_t>(some_integer(random, static_cast<int64_t>(old)))); break;
    case FieldDescriptor::CPPTYPE_FLOAT: CHANGE(Float, chance(random, 2) ? -old : kTelling[random() % std::size(kTelling)]); break;
    case FieldDescriptor::CPPTYPE_DOUBLE: CHANGE(Double, chance(random, 2) ? -old : static_cast<double>(kTelling[random() % 8])); break;
    case FieldDescriptor::CPPTYPE_BOOL: CHANGE(Bool, !old); break;
    case FieldDescriptor::CPPTYPE_STRING: CHANGE(String, changed_text(old)); break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* kinds = field->enum_type();
      const auto* kind = kinds->value(static_cast<int>(random() % static_cast<unsigned>(kinds->value_count())));
      list ? r.SetRepeatedEnum(&message, field, index, kind) : r.SetEnum(&message, field, kind);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
#undef CHANGE
}

void add_element(Message& message, const FieldDescriptor* field) {
  const Reflection& r = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return r.AddInt32(&message, field, 1);
    case FieldDescriptor::CPPTYPE_INT64: return r.AddInt64(&message, field, 1);
    case FieldDescriptor::CPPTYPE_UINT32: return r.AddUInt32(&message, field, 1);
    case FieldDescriptor::CPPTYPE_UINT64: return r.AddUInt64(&message, field, 1);
    case FieldDescriptor::CPPTYPE_FLOAT: return r.AddFloat(&message, field, 1);
    case FieldDescriptor::CPPTYPE_DOUBLE: return r.AddDouble(&message, field, 1);
    case FieldDescriptor::CPPTYPE_BOOL: return r.AddBool(&message, field, true);
    case FieldDescriptor::CPPTYPE_STRING: return r.AddString(&message, field, "x");
    case FieldDescriptor::CPPTYPE_ENUM: return r.AddEnum(&message, field, field->enum_type()->value(0));
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  const int count = r.FieldSize(message, field);
  Message* added = r.AddMessage(&message, field);
  if (count > 0) added->CopyFrom(r.GetRepeatedMessage(message, field, count - 1));
}

}  // namespace

void change_message(Message& message, unsigned seed) {
  Random random(seed);
  std::vector<Message*> all;
  collect(message, all);
  Message& chosen = *all[random() % all.size()];
  const Reflection& r = *chosen.GetReflection();
  std::vector<const FieldDescriptor*> set;
  r.ListFields(chosen, &set);
  if (set.empty() || chance(random, 12)) {  // a field that is not there yet
    const auto* type = chosen.GetDescriptor();
    if (type->field_count() > 0) set = {type->field(static_cast<int>(random() % static_cast<unsigned>(type->field_count())))};
  }
  if (set.empty()) return;
  const FieldDescriptor* field = set[random() % set.size()];
  if (!field->is_repeated()) {
    if (chance(random, 6))
      r.ClearField(&chosen, field);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      r.MutableMessage(&chosen, field);
    else
      set_value(chosen, field, -1, random);
    return;
  }
  const int count = r.FieldSize(chosen, field);
  const auto place = [&] { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  switch (count == 0 ? 0 : random() % 5) {
    case 0: add_element(chosen, field); break;
    case 1: r.RemoveLast(&chosen, field); break;
    case 2: r.SwapElements(&chosen, field, place(), place()); break;
    default: set_value(chosen, field, place(), random);
  }
}

}  // namespace phosphene::fuzz
