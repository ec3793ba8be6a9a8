#include "phosphene/serve/resource.h"

namespace phosphene {

namespace {

Resource resource_of(const char* type, std::string bytes, bool forever) {
  return {type, std::make_shared<const std::string>(std::move(bytes)), forever};
}

}  // namespace

Resource html_resource(std::string text) { return resource_of("text/html; charset=utf-8", std::move(text), false); }
Resource json_resource(std::string text) { return resource_of("application/json; charset=utf-8", std::move(text), false); }
Resource webp_resource(std::string bytes, bool forever) { return resource_of("image/webp", std::move(bytes), forever); }

}  // namespace phosphene
