// What the fuzzers feed: each format with the function that reads a file of it as far as phosphene does before it draws.
#pragma once

#include <filesystem>
#include <span>

namespace google::protobuf {
class Message;
}

namespace phosphene::fuzz {

struct Format {
  const char* name;
  const char* file;                                   // the file's name, which decides how it is read
  void (*read)(const std::filesystem::path& file);    // phosphene::Error is a good answer, any other exception is a bug
  google::protobuf::Message* (*message)() = nullptr;  // where the format is a protobuf message: a new one, to change its fields
};

std::span<const Format> formats();

}  // namespace phosphene::fuzz
