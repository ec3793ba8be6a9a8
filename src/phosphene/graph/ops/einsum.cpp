// Without "->" the output has, after the ellipsis, the labels that occur once, in alphabetic order.
#include "phosphene/graph/ops/einsum.h"

#include <cctype>
#include <map>

#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

constexpr int kEllipsis = '.';

// The characters of one operand; an ellipsis is one kEllipsis.
std::vector<int> terms_of(const std::string& text) {
  std::vector<int> terms;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "...") == 0) {
      terms.push_back(kEllipsis);
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
      terms.push_back(text[i]);
    } else {
      throw Error(fmt::format("the equation holds \"{}\"", text[i]), "letters, \"...\", commas and one \"->\" make an equation");
    }
  }
  if (std::count(terms.begin(), terms.end(), kEllipsis) > 1) throw Error("an operand of the equation has two ellipses");
  return terms;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) c == ',' ? void(parts.emplace_back()) : void(parts.back() += c);
  return parts;
}

}  // namespace

Einsum::Einsum(const std::string& equation, const std::vector<Shape>& shapes) {
  std::string text = equation;
  std::erase_if(text, [](unsigned char c) { return std::isspace(c); });
  const size_t arrow = text.find("->");
  const std::vector<std::string> inputs = split(text.substr(0, arrow));
  if (inputs.size() != shapes.size()) throw Error(fmt::format("the equation has {} operands for {} inputs", inputs.size(), shapes.size()));

  // Labels: the ellipsis' axes from the right are -1, -2, ... first, numbers later.
  std::map<int, int> number, uses;
  int ellipsis_rank = 0;
  std::vector<std::vector<int>> spelled;
  for (size_t k = 0; k < inputs.size(); ++k) {
    const std::vector<int> terms = terms_of(inputs[k]);
    const bool has_ellipsis = std::count(terms.begin(), terms.end(), kEllipsis) == 1;
    const int hidden = shapes[k].rank() - static_cast<int>(terms.size()) + (has_ellipsis ? 1 : 0);
    if (hidden < 0 || (!has_ellipsis && hidden != 0))
      throw Error(fmt::format("operand {} \"{}\" of the equation does not fit an input {}", k, inputs[k], shapes[k]));
    ellipsis_rank = std::max(ellipsis_rank, hidden);
    std::vector<int>& labels = spelled.emplace_back();
    for (const int term : terms) {
      if (term != kEllipsis)
        labels.push_back(term);
      else
        for (int axis = hidden; axis > 0; --axis) labels.push_back(-axis);
    }
    for (const int label : labels) ++uses[label];
  }
  std::vector<int> result;
  const auto add_ellipsis = [&] {
    for (int axis = ellipsis_rank; axis > 0; --axis) result.push_back(-axis);
  };
  if (arrow == std::string::npos) {
    add_ellipsis();
    for (const auto& [label, count] : uses)
      if (label > 0 && count == 1) result.push_back(label);
  } else {
    for (const int term : terms_of(text.substr(arrow + 2))) term == kEllipsis ? add_ellipsis() : result.push_back(term);
  }
  for (const auto& [label, count] : uses) number.emplace(label, static_cast<int>(number.size()));

  extents.assign(number.size(), 1);
  for (size_t k = 0; k < spelled.size(); ++k) {
    std::vector<int>& labels = operands.emplace_back();
    for (size_t axis = 0; axis < spelled[k].size(); ++axis) {
      labels.push_back(number.at(spelled[k][axis]));
      int64_t& extent = extents[static_cast<size_t>(labels.back())];
      const int64_t own = shapes[k][static_cast<int>(axis)];
      if (extent == 1 || extent == kUnknown)
        extent = own == 1 && extent == kUnknown ? extent : own;
      else if (own != 1 && own != extent && own != kUnknown)
        throw Error(fmt::format("a label of the equation stands for the extents {} and {}", extent, own));
    }
  }
  for (const int label : result) {
    if (!number.contains(label)) throw Error("the equation's result has a label that no operand has");
    output.push_back(number.at(label));
  }
}

namespace ops {

Types einsum(const OpInputs& in) {
  std::vector<Shape> shapes;
  for (size_t k = 0; k < in.types.size(); ++k) shapes.push_back(float_at(in, k).shape);
  const Einsum einsum(in.node.attributes.get_string("equation", ""), shapes);
  double terms = 1;
  for (const int64_t extent : einsum.extents) terms *= static_cast<double>(std::max<int64_t>(extent, 1));
  if (terms > 0x1p34) throw Error(fmt::format("the equation multiplies {:.1g} times", terms), "write it as matrix products");
  Shape result;
  for (const int label : einsum.output) result.push_back(einsum.extents[static_cast<size_t>(label)]);
  return {{DataType::kFloat32, result}};
}

}  // namespace ops
}  // namespace phosphene
