// Resource: one file of the site: what a browser gets for an address below /-/, and what an export writes.
#pragma once

#include <memory>
#include <string>

namespace phosphene {

struct Resource {
  std::string type;  // "application/json", with its character set
  std::shared_ptr<const std::string> bytes;
  bool forever = false;  // the name holds a hash of the content, so a browser need not ask again
};

Resource html_resource(std::string text);
Resource json_resource(std::string text);
Resource webp_resource(std::string bytes, bool forever);

}  // namespace phosphene
