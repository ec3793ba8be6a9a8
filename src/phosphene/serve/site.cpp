#include "phosphene/serve/site.h"

#include <array>
#include <charconv>

#include "phosphene/atlas/diff.h"
#include "phosphene/base/error.h"
#include "phosphene/serve/assets.h"
#include "phosphene/serve/page_data.h"

namespace phosphene {

namespace {

constexpr size_t kIdDigits = 12;

// "12" or, with three numbers, "4-17-0" -> the numbers; nothing for any other text.
template <size_t kCount>
std::optional<std::array<int64_t, kCount>> numbers_of(std::string_view text, char between) {
  std::array<int64_t, kCount> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t i = 0; i < kCount; ++i) {
    if (i > 0 && (at == end || *at++ != between)) return std::nullopt;
    const auto [next, fault] = std::from_chars(at, end, numbers[i]);
    if (fault != std::errc{} || numbers[i] < 0) return std::nullopt;
    at = next;
  }
  return at == end ? std::optional(numbers) : std::nullopt;
}

// "layer/3.json" without ".json".
std::optional<std::string_view> without_end(std::string_view text, std::string_view end) {
  if (!text.ends_with(end)) return std::nullopt;
  return text.substr(0, text.size() - end.size());
}

std::optional<Resource> as_resource(const std::optional<Json>& json) {
  return json ? std::optional(json_resource(json_text(*json, -1))) : std::nullopt;
}

std::optional<Resource> as_picture(std::optional<std::string> bytes) {
  return bytes && !bytes->empty() ? std::optional(webp_resource(std::move(*bytes), false)) : std::nullopt;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
  return text;
}

}  // namespace

Site::Site(const std::vector<std::filesystem::path>& files, bool draws) : draws_(draws) {
  for (const std::filesystem::path& file : files) {
    auto readers = std::make_unique<Readers>(file);
    const Json network = readers->with([](const Atlas& atlas) { return atlas.meta("network"); });
    const std::string hash = network.is_object() ? network.value("sha256", "") : "";
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos)
      throw Error("it does not say which network it shows", "build it again with phosphene atlas build").at(file.string());
    std::string id = hash.substr(0, kIdDigits);
    const auto same = std::count_if(atlases_.begin(), atlases_.end(), [&](const Entry& entry) { return entry.hash == hash; });
    if (same > 0) id += fmt::format("-{}", same + 1);
    atlases_.push_back({id, hash, file, std::move(readers)});
  }
}

Resource Site::shell() const {
  const Resource page = *find_asset("index.html");
  return html_resource(
      replaced(replaced(replaced(*page.bytes, "{{root}}", "/-/"), "{{mode}}", "server"), "{{live}}", draws_ ? "yes" : "no"));
}

bool Site::has_page(std::string_view path) const {
  if (path == "/" || path == "/search" || path == "/compare" || path.starts_with("/class/")) return true;
  if (!path.starts_with('/')) return false;
  const std::string_view hash = path.substr(1, path.find('/', 1) - 1);
  return std::any_of(atlases_.begin(), atlases_.end(),
                     [&](const Entry& entry) { return entry.id == hash || (hash.size() >= 6 && entry.hash.starts_with(hash)); });
}

std::optional<Resource> Site::find(std::string_view name) const {
  if (name.starts_with("data/")) return find_data(name.substr(5));
  return name == "index.html" ? std::nullopt : find_asset(name);
}

std::optional<Resource> Site::find_data(std::string_view name) const {
  if (name == "atlases.json") return json_resource(json_text(atlases_json(), -1));
  const size_t first = name.find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view id = name.substr(0, first), inside = name.substr(first + 1);
  const size_t second = std::min(inside.find('/'), inside.size());
  const std::string_view kind = inside.substr(0, second), rest = inside.substr(std::min(second + 1, inside.size()));
  for (const Entry& entry : atlases_)
    if (entry.id == id) return kind == "match" ? find_match(entry, rest) : find_of(entry, kind, rest);
  return std::nullopt;
}

// rest: "L/OTHER/M.json".
std::optional<Resource> Site::find_match(const Entry& entry, std::string_view rest) const {
  const size_t first = rest.find('/'), last = rest.rfind('/');
  if (first == last || !rest.ends_with(".json")) return std::nullopt;
  const auto layer = numbers_of<1>(rest.substr(0, first), '/');
  const auto layer_of_other = numbers_of<1>(*without_end(rest.substr(last + 1), ".json"), '/');
  const auto other = std::ranges::find(atlases_, rest.substr(first + 1, last - first - 1), &Entry::id);
  if (!layer || !layer_of_other || other == atlases_.end() || &*other == &entry) return std::nullopt;
  return matches_.find({*entry.readers, (*layer)[0]}, {*other->readers, (*layer_of_other)[0]});
}

std::optional<Resource> Site::find_of(const Entry& entry, std::string_view kind, std::string_view rest) const {
  return entry.readers->with([&](const Atlas& atlas) -> std::optional<Resource> {
    if (kind == "overview.json" && rest.empty()) return as_resource(overview_json(atlas));
    if (kind == "names.json" && rest.empty()) return as_resource(names_json(atlas));
    if (const auto text = without_end(rest, ".json")) {
      const auto one = numbers_of<1>(*text, '/');
      const auto two = numbers_of<2>(*text, '/');
      if (kind == "layer" && one) return as_resource(layer_json(atlas, (*one)[0]));
      if (kind == "class" && one) return as_resource(class_json(atlas, (*one)[0]));
      if (kind == "unit" && two) return as_resource(unit_json(atlas, (*two)[0], (*two)[1]));
    }
    if (const auto text = without_end(rest, ".webp")) {
      const auto one = numbers_of<1>(*text, '-');
      const auto three = numbers_of<3>(*text, '-');
      if (kind == "picture" && three) return as_picture(atlas.webp((*three)[0], (*three)[1], (*three)[2]));
      if (kind == "thumb" && three) return as_picture(atlas.thumbnail((*three)[0], (*three)[1], (*three)[2]));
      if (kind == "photo" && one) return as_picture(atlas.photo_webp((*one)[0]));
    }
    return std::nullopt;
  });
}

Json Site::atlases_json() const {
  Json all = Json::array();
  for (const Entry& entry : atlases_) {
    Json json = {{"id", entry.id}, {"hash", entry.hash}, {"file", entry.file.filename().string()}};
    json.update(entry.readers->with(summary_json));
    all.push_back(std::move(json));
  }
  return {{"atlases", all}};
}

void Site::each_name(const std::function<void(const std::string&)>& use) const {
  use("data/atlases.json");
  for (const Entry& entry : atlases_) {
    const std::string root = fmt::format("data/{}/", entry.id);
    use(root + "overview.json");
    use(root + "names.json");
    entry.readers->with([&](const Atlas& atlas) {
      for (const AtlasClass& one : atlas.classes()) use(fmt::format("{}class/{}.json", root, one.id));
      for (const AtlasLayer& layer : atlas.layers()) {
        use(fmt::format("{}layer/{}.json", root, layer.id));
        for (int64_t unit = 0; unit < layer.units; ++unit) {
          if (layer.drawn == 0 && !atlas.distribution(layer.id, unit)) continue;
          use(fmt::format("{}unit/{}/{}.json", root, layer.id, unit));
          for (const AtlasPicture& picture : atlas.pictures(layer.id, unit))
            for (const char* kind : {"picture", "thumb"}) use(fmt::format("{}{}/{}-{}-{}.webp", root, kind, layer.id, unit, picture.seed));
        }
      }
      for (auto rows = atlas.database().query("SELECT id FROM photo ORDER BY id"); rows.next();)
        use(fmt::format("{}photo/{}.webp", root, rows.integer(0)));
    });
  }
  each_match(use);
}

void Site::each_match(const std::function<void(const std::string&)>& use) const {
  for (const Entry& a : atlases_)
    for (const Entry& b : atlases_) {
      if (&a == &b) continue;
      const auto layers = [](const Atlas& atlas) { return atlas.layers(); };
      const std::vector<AtlasLayer> of_a = a.readers->with(layers), of_b = b.readers->with(layers);
      for (const AtlasLayer& layer : of_a)
        if (const AtlasLayer* partner = partner_of(layer, of_b))
          use(fmt::format("data/{}/match/{}/{}/{}.json", a.id, layer.id, b.id, partner->id));
    }
}

}  // namespace phosphene
