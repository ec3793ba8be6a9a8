// Request: what to draw, as named fields with text values.
//
//     Request request = Request::from({{"model", "tin200"}, {"layer", "fc8"}, {"units", "34,35"}, {"seeds", "0-1"}});
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <phosphene/export.h>

namespace phosphene::api {

struct RequestField {
  std::string name;                  // in JSON: "steps"
  std::string option;                // on the command line: "--steps"; empty: it has none
  std::string help;                  // what it does, and its default
  std::vector<std::string> choices;  // all allowed values; empty: free text
};

class PHOSPHENE_EXPORT Request {
 public:
  // Names are those of JSON, or options of `phosphene synth` without the dashes; texts are as `phosphene synth` takes them.
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Request();
  static Request from(const Fields& fields);
  // Reads what to_json() returns, or the object "recipe" of a results.json. Fields that are absent keep their defaults.
  static Request from_json(const std::string& json);
  ~Request();
  Request(const Request&);
  Request& operator=(const Request&);

  // phosphene::Error for a field that does not exist, which lists the nearest names, or for a text that the field does not take. Models and
  // files are checked only when they are loaded.
  Request& set(std::string_view field, const std::string& text);
  std::string to_json() const;

  // All fields.
  static std::vector<RequestField> fields();

  struct Body;  // the library's own
  const Body& body() const { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api
