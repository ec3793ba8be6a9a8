// Request: what is to be drawn, as fields with a name and a text.
//
//     Request request({{"model", "tin200"}, {"layer", "fc8"}, {"units", "34,35"}, {"seeds", "0-1"}});
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
  std::string option;                // on the command line: "--steps"; empty where it has none
  std::string help;                  // what it does, and its default
  std::vector<std::string> choices;  // all values; empty: free text
};

class PHOSPHENE_EXPORT Request {
 public:
  // Names and texts as `phosphene synth` takes them, names without the dashes; or the names of JSON.
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Request();
  explicit Request(const Fields& fields);
  // The text that to_json() gives; also the object "recipe" of a results.json. Fields that are absent keep their defaults.
  static Request from_json(const std::string& json);
  ~Request();
  Request(const Request&);
  Request& operator=(const Request&);

  // phosphene::Error for a field that does not exist, which lists the nearest names, or for a text that the field does not take. Whether
  // models and files are there is seen when they are loaded.
  Request& set(std::string_view field, const std::string& text);
  std::string to_json() const;

  // Every field that there is.
  static std::vector<RequestField> fields();

  struct Body;  // the library's own
  const Body& body() const { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api
