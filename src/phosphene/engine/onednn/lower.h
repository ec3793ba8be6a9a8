// Lowering: turns a prepared graph into the steps of a plan.
//
// Every value has one native layout, that of the primitive that makes it, and further layouts on demand (each reordered once). A rule
// lowers the forward step of a node and returns how to lower its backward step; backward steps are lowered in reverse order, only where a
// gradient is wanted. The gradient of a value is the sum of what its users contribute.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/engine/onednn/plan.h"
#include "phosphene/engine/onednn/view.h"
#include "phosphene/engine/program.h"

namespace phosphene::onednn {

// The same values in several layouts; the first is the native one.
using Layouts = std::vector<Mem>;

// An activation that a primitive applies to its result, or that stands alone; f(x) with oneDNN's alpha and beta.
struct Activation {
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  dnnl::algorithm from_result = dnnl::algorithm::undef;  // the backward algorithm that needs f(x) only; undef: there is none
  float alpha = 0, beta = 0;
};

class Lowering {
 public:
  Lowering(const Graph& graph, const CompileOptions& options, Plan& plan);

  const Graph& graph;
  const CompileOptions& options;
  Plan& plan;

  // Lowers everything: forward, wanted values, backward, wanted gradients. `inputs`, `seeds`, `weights`: the caller's float32 arrays.
  struct Border {
    std::map<std::string, float*> inputs, seeds, weights;
  };
  struct Result {
    std::map<std::string, Mem> values, gradients;          // plain float32, pinned
    std::map<std::string, std::vector<size_t>> relayouts;  // layout steps of every weight
  };
  Result lower(const Border& border);

  // --- descriptors
  DataKind activation_kind() const;                      // bf16 or f32
  DataKind result_kind(const std::string& value) const;  // that, or f32 where the caller wants the value
  Shape shape(const std::string& value) const;
  static Dims dims(const Shape& shape);  // a scalar becomes [1]
  static Desc plain(const Dims& dims, DataKind kind = DataKind::f32);
  static Desc any(const Dims& dims, DataKind kind);

  // --- values
  bool is_weight(const std::string& value) const { return graph.weights.contains(value); }
  Mem value(const std::string& name);                    // native layout
  Mem value(const std::string& name, const Desc& desc);  // that layout
  Mem lay(Layouts& layouts, const Desc& desc, const std::string& label);
  void define(const std::string& name, const Mem& mem);
  // The node that makes this value was lowered along with another, and nobody reads it.
  void absorb(const std::string& name) { absorbed_.insert(name); }
  // A value that is not in the graph.
  void add_value(const std::string& name, const Shape& shape, bool wanted);
  // The value as a view of another one's plain array; laid out only when somebody asks.
  void define(const std::string& name, const View& view) { views_[name] = view; }
  bool is_view(const std::string& name) const { return views_.contains(name); }
  // What the value sees: another one's array, or, where it is no view, its own.
  View view_of(const std::string& name) const;
  // What a view sees, as a plain array.
  Mem array_of(const View& view, DataKind kind);
  bool lies_plain(const std::string& name);  // it is a view, or its native layout, which this asks for, is a plain array
  // What a view sees when that has four axes, of which it only merges all but the first, and `name` itself otherwise.
  std::string unflattened(const std::string& name) const;
  // A weight whose array is seen through `view` (dims and strides of the caller's array), laid out as `desc`.
  Mem weight(const std::string& name, const Desc& view, const Desc& desc);
  // A weight of other dims, which `rearrange` makes from the caller's array (plain arrays both), laid out as `desc`. Who asks for the same
  // `form` gets the same one.
  Mem rearranged_weight(const std::string& name, const std::string& form, const Dims& dims,
                        const std::function<void(const float*, float*)>& rearrange, const Desc& desc);

  // --- gradients
  bool training() const { return !wanted_.empty(); }
  bool wants(const std::string& value) const { return wanted_.contains(value); }  // on a path from a wanted gradient to a seed
  bool contributed(const std::string& value) const { return contributions_.contains(value) || pieces_.contains(value); }
  Layouts& gradient(const std::string& name);  // complete once all users are lowered
  Mem gradient(const std::string& name, const Desc& desc);
  void contribute(const std::string& name, const Mem& mem);  // mem: dims of the value, any layout
  void contribute(const View& view, const Mem& mem);         // to the gradient of the view's root; mem: a plain array of the view's dims
  void pass_on(const std::string& view);                     // the gradient of a view, if it has one, to its root
  // Whether the node that makes this value alone reads the gradient that lies there.
  bool may_overwrite(const std::string& name, const Mem& gradient) const;
  Mem in_place(const std::string& name, const Mem& gradient);  // there, if it may, else a new array

  // The node that alone reads the value, when no caller wants the value itself; else null.
  const Node* only_user(const std::string& value) const;

  // --- activations
  // The activation node that alone uses `value`, if it may be fused into its producer, which then defines `output` and leaves `value`
  // undefined.
  struct Fused {
    std::string output;
    Activation activation;
  };
  std::optional<Fused> fuse_activation(const std::string& value);
  // The Add that alone uses `value`, if its other operand has the same shape and is there by now.
  struct Sum {
    std::string output, other;
  };
  std::optional<Sum> find_sum(const std::string& value) const;
  // The plan's attributes with, as the primitive's last operations, the addition of `other` and that activation, if any.
  dnnl::primitive_attr attributes_with(const std::optional<Fused>& fused, const Mem& other = {}) const;
  // What the way back of an activation keeps of the way forward: its result, or only the signs of that.
  struct Kept {
    std::string name;
    Mem mem;
    Desc result;
    bool signs = false;
  };
  // Right after the step that makes `result`, the value `name`.
  Kept keep(const std::string& name, const Mem& result, const Activation& activation, const std::string& label);
  // The gradient before the activation, from that of the value it was kept for.
  Layouts activation_backward(const Kept& kept, const Activation& activation, const std::string& label);

  void reorder(const Mem& from, const Mem& to, const std::string& label);
  void clear(const Mem& mem, const std::string& label);
  Mem pinned_plain(Layouts& layouts, const std::string& label);

 private:
  struct WeightLayout {
    Desc view, desc;
    Mem mem;
  };
  struct Seen {
    View view;
    Mem mem;  // a plain array of the view's dims
  };
  void find_wanted();
  Layouts& layouts_of(const std::string& name);
  bool sees_all(const View& view) const;  // the whole root, in order
  void place_pieces(const std::string& name);

  std::set<std::string> wanted_, reached_, absorbed_;
  std::map<std::string, std::vector<int>> users_;
  std::map<std::string, Layouts> values_;
  std::map<std::string, Shape> added_;
  std::map<std::string, View> views_;
  std::map<std::string, std::vector<Seen>> arrays_;  // of a root: what views of it see, laid out
  std::map<std::string, std::vector<WeightLayout>> weights_;
  std::map<std::pair<std::string, std::string>, Layouts> rearranged_weights_;  // of a weight, of a form
  std::map<std::string, Mem> weight_arrays_;
  std::map<std::string, std::vector<Mem>> contributions_;
  std::map<std::string, std::vector<Seen>> pieces_;  // of a root: gradients of views of it
  std::map<std::string, Layouts> gradients_;
  std::map<std::string, std::vector<size_t>> relayouts_;
};

using Backward = std::function<void()>;
// Lowers the forward step of a node. The returned function lowers the backward step: every output that has a gradient is complete then.
// Throws dnnl::error or Unsupported, before it defines anything, when the node is not for this rule; the fallback then takes it.
using Rule = Backward (*)(Lowering& lowering, const Node& node);
struct Unsupported {};

inline void require(bool condition) {
  if (!condition) throw Unsupported();
}

// Null when the operator has no rule of its own.
Rule find_rule(const std::string& op);

Backward lower_conv(Lowering& lowering, const Node& node);
Backward lower_conv_transpose(Lowering& lowering, const Node& node);
Backward lower_gemm(Lowering& lowering, const Node& node);
Backward lower_matmul(Lowering& lowering, const Node& node);
Backward lower_product(Lowering& lowering, const Node& node);  // MatMul of two computed values
Backward lower_pool(Lowering& lowering, const Node& node);
Backward lower_batch_normalization(Lowering& lowering, const Node& node);
Backward lower_layer_normalization(Lowering& lowering, const Node& node);
Backward lower_channel_normalization(Lowering& lowering, const Node& node);
Backward lower_lrn(Lowering& lowering, const Node& node);
Backward lower_softmax(Lowering& lowering, const Node& node);
Backward lower_activation(Lowering& lowering, const Node& node);
Backward lower_hard_sigmoid(Lowering& lowering, const Node& node);
Backward lower_binary(Lowering& lowering, const Node& node);
Backward lower_concat(Lowering& lowering, const Node& node);
Backward lower_split(Lowering& lowering, const Node& node);
Backward lower_slice(Lowering& lowering, const Node& node);
Backward lower_pad(Lowering& lowering, const Node& node);
Backward lower_reshape(Lowering& lowering, const Node& node);
Backward lower_transpose(Lowering& lowering, const Node& node);
Backward lower_gather(Lowering& lowering, const Node& node);
Backward lower_reduce(Lowering& lowering, const Node& node);
Backward lower_norm(Lowering& lowering, const Node& node);
Backward lower_top(Lowering& lowering, const Node& node);
Backward lower_resize(Lowering& lowering, const Node& node);
Backward lower_fallback(Lowering& lowering, const Node& node);

// y as a view: what `see` makes of the view of x, or, where that cannot be told, of all of x laid out.
Backward lower_view(Lowering& lowering, const std::string& x, const std::string& y,
                    const std::function<std::optional<View>(const View& view)>& see);

// The activation that a node computes, or nothing when oneDNN has none for it.
std::optional<Activation> find_activation(const Lowering& lowering, const Node& node);

// A dense layout of `dims` in the style of `like`: the same order of axes and, for channels in blocks of 8 or 16, the same blocks.
Desc dense_like(const Desc& like, const Dims& dims);

// A number a channel, of [c] or any shape of c values, as the second operand of a binary primitive whose first has layout `data`; float32.
Mem channel_operand(Lowering& lowering, const std::string& name, const Desc& data);

// dL/d(bias)[c] = sum of the gradient over all axes but 1; f32 [c].
Mem channel_sums(Lowering& lowering, const Mem& gradient, const std::string& label);
// y = mem summed over the axes where `target` has extent 1 or none; plain f32 of dims `target`.
Mem reduce_to(Lowering& lowering, Layouts& layouts, const Dims& target, const std::string& label);

}  // namespace phosphene::onednn
