// The bodies of the public classes. Public names are in the namespace api; a name without it is the library's internal one.
#pragma once

#include <memory>

#include "phosphene/model.h"
#include "phosphene/prior.h"
#include "phosphene/request.h"
#include "phosphene/run.h"
#include "phosphene/run/plan.h"
#include "phosphene/run/session.h"
#include "phosphene/session.h"

namespace phosphene::api {

struct Session::Body {
  phosphene::Session session;
};

struct Request::Body {
  Recipe recipe;
};

struct Plan::Body {
  phosphene::Plan plan;
};

struct Model::Body {
  std::shared_ptr<const phosphene::Model> model;
};

struct Prior::Body {
  std::shared_ptr<const phosphene::Model> network;
  std::shared_ptr<const phosphene::Prior> prior;
  Recipe recipe;
};

inline Picture picture_of(Image image) { return {image.height, image.width, image.channels, std::move(image.pixels)}; }

}  // namespace phosphene::api
