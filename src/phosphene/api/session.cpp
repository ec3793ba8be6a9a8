#include "phosphene/session.h"

#include "phosphene/api/bodies.h"

namespace phosphene::api {

Session::Session(SessionOptions options) {
  phosphene::SessionOptions own;
  own.threads = options.threads;
  own.programs = options.programs;
  own.context.models = std::move(options.models);
  if (options.log)
    own.context.log = [log = std::move(options.log)](phosphene::LogLevel level, std::string_view line) {
      log(level == phosphene::LogLevel::kError     ? LogLevel::kError
          : level == phosphene::LogLevel::kWarning ? LogLevel::kWarning
                                                   : LogLevel::kInfo,
          line);
    };
  body_.reset(new Body{phosphene::Session(std::move(own))});
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

}  // namespace phosphene::api
