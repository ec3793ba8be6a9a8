// Views: y = x[view]. The gradient of a root is the sum of its views' gradients, each put where the view sees the root; views that share
// nothing, as the parts of a split, are put into one array.
#include <algorithm>

#include "phosphene/engine/onednn/lower.h"

namespace phosphene::onednn {

View Lowering::view_of(const std::string& name) const {
  const auto view = views_.find(name);
  return view == views_.end() ? whole_view(name, dims(shape(name))) : view->second;
}

void Lowering::add_value(const std::string& name, const Shape& shape, bool wanted) {
  added_.emplace(name, shape);
  if (wanted) wanted_.insert(name);
}

bool Lowering::sees_all(const View& view) const { return is_in_order(view) && elements(plain(dims_of(view))) == shape(view.root).size(); }

Mem Lowering::array_of(const View& view, DataKind kind) {
  Layouts& root = layouts_of(view.root);
  const Desc desc = plain(dims_of(view), kind), all = plain(dims_of(root.front().desc), kind);
  if (sees_all(view)) return {value(view.root, all).buffer, desc};
  for (const Seen& known : arrays_[view.root])
    if (known.view == view && known.mem.desc == desc) return known.mem;
  const DataKind native = kind_of(root.front().desc);
  const Copy copy = copy_of(view, native, kind);
  const Mem from = value(view.root, plain(dims_of(all), native)), to = plan.allocate(desc);
  reorder({from.buffer, copy.there}, {to.buffer, copy.here}, view.root);
  arrays_[view.root].push_back({view, to});
  return to;
}

bool Lowering::lies_plain(const std::string& name) {
  if (views_.contains(name)) return true;
  const Desc native = value(name).desc;
  return native == plain(dims_of(native), kind_of(native));
}

std::string Lowering::unflattened(const std::string& name) const {
  const View view = view_of(name);
  const Shape to = shape(name), from = shape(view.root);
  const bool merges = to.rank() == 2 && from.rank() == 4 && to[0] == from[0] && sees_all(view);
  return merges ? view.root : name;
}

void Lowering::contribute(const View& view, const Mem& mem) {
  if (!wants(view.root)) return;
  if (sees_all(view))
    contributions_[view.root].push_back({mem.buffer, plain(dims(shape(view.root)), kind_of(mem.desc))});
  else
    pieces_[view.root].push_back({view, mem});
}

void Lowering::pass_on(const std::string& view) {
  if (!contributed(view)) return;
  const DataKind kind = kind_of(gradient(view).front().desc);
  contribute(views_.at(view), gradient(view, plain(dims(shape(view)), kind)));
}

void Lowering::place_pieces(const std::string& name) {
  std::vector<std::vector<Seen>> arrays;
  for (const Seen& piece : pieces_[name]) {
    const auto shares_nothing = [&](const std::vector<Seen>& others) {
      return std::none_of(others.begin(), others.end(), [&](const Seen& other) { return overlap(piece.view, other.view); });
    };
    const auto place = std::find_if(arrays.begin(), arrays.end(), shares_nothing);
    (place == arrays.end() ? arrays.emplace_back() : *place).push_back(piece);
  }
  for (const std::vector<Seen>& pieces : arrays) {
    const bool half =
        std::all_of(pieces.begin(), pieces.end(), [](const Seen& piece) { return kind_of(piece.mem.desc) == DataKind::bf16; });
    const Mem out = plan.allocate(plain(dims(shape(name)), half ? DataKind::bf16 : DataKind::f32));
    int64_t rest = elements(out.desc);
    for (const Seen& piece : pieces) rest -= elements(piece.mem.desc);
    if (rest > 0) clear(out, "gradient of " + name);
    for (const Seen& piece : pieces) {
      const Copy copy = copy_of(piece.view, kind_of(out.desc), kind_of(piece.mem.desc));
      reorder({piece.mem.buffer, copy.here}, {out.buffer, copy.there}, "gradient of " + name);
    }
    contributions_[name].push_back(out);
  }
  pieces_.erase(name);
}

Backward lower_view(Lowering& l, const std::string& x, const std::string& y,
                    const std::function<std::optional<View>(const View& view)>& see) {
  require(l.graph.type_of(x).type == DataType::kFloat32 && l.shape(x).size() > 0 && l.shape(y).size() > 0);
  std::optional<View> view = see(l.view_of(x));
  if (!view || !is_describable(*view)) view = see(whole_view(x, Lowering::dims(l.shape(x))));
  require(view && is_describable(*view));
  l.define(y, *view);
  if (!l.wants(y)) return nullptr;
  return [=, &l] { l.pass_on(y); };
}

}  // namespace phosphene::onednn
