// A user of the library: draws what one unit of the embedded network wants to see, into memory.
#include <cstdio>

#include <phosphene/phosphene.h>

using namespace phosphene::api;

int main() {
  try {
    Session session;
    const Request request = Request::from({{"model", "tin200"}, {"layer", "fc8"}, {"units", "34"}, {"steps", "10"}});
    const Model network(session, request);
    std::printf("phosphene %s: %s with %lld units, preprocessing %s\n", phosphene::version(), network.name().c_str(),
                static_cast<long long>(network.units("fc8")), network.preprocess().c_str());
    for (const Outcome& outcome : draw(session, request)) {
      const Picture& picture = outcome.picture;
      std::printf("%s: %lldx%lld pixels, activation %.3g after %zu steps, rank %lld\n", outcome.job.label.c_str(),
                  static_cast<long long>(picture.height), static_cast<long long>(picture.width), outcome.activation(),
                  outcome.activations.size(), static_cast<long long>(outcome.main().rank));
      if (!outcome.error.empty() || picture.pixels.size() != 64 * 64 * 3 || outcome.activations.size() != 10) return 1;
    }
    Request wrong = request;
    wrong.set("units", "900");
    plan(session, wrong);
  } catch (const phosphene::Error& error) {  // fc8 has 200 units
    std::printf("as it should be: %s\n", error.what());
    return 0;
  }
  return 1;
}
