// What an operator is: the columns of the operator table (op.cpp) that say more than arity and shape.
//
// Passes, receptive fields and descriptions read these columns instead of lists of names. kUnlisted stands in every column of an operator
// that the table lacks; the comment at each kUnlisted is the careful answer that a reader must give.
#pragma once

#include <string>

#include "phosphene/graph/node.h"

namespace phosphene {

enum class OpKind {
  kUnlisted,        // none of these
  kOther,           //
  kProduct,         // sums over the first input with the second as weights: Conv, ConvTranspose, Gemm, MatMul
  kArithmetic,      // + - * / with broadcasting; OpTraits::symbol says which
  kPooling,         // one number of a window or of all positions
  kNormalization,   // takes a mean, a deviation or a norm out
  kActivation,      // an element-wise nonlinearity that ends a layer of features
  kProbability,     // its results are probabilities
  kLogProbability,  // its results are logarithms of probabilities
};

// Which elements of an input an element of an output is made from. Unless said otherwise this holds for the first input, and every element
// of the other inputs counts.
enum class OpReach {
  kUnlisted,      // all
  kAll,           // all
  kNothing,       // none: only the shape counts
  kSame,          // the one at the same place, axes aligned at the last
  kBroadcast,     // the same for every input
  kJoined,        // the one at the same place of every input, but all along attribute `axis`
  kAlongAxis,     // all along attribute `axis` (OpTraits::axis when it is absent)
  kAlongAxes,     // all along the axes of the second input, or else of attribute `axes`
  kFromAxis,      // all along attribute `axis` and the axes after it
  kChannels,      // all along axis 1
  kPositions,     // all along the axes from 2 on
  kItem,          // all along the axes from 1 on
  kResized,       // all along the axes whose extents change
  kWindow,        // a window around each position, all channels
  kSpreadWindow,  // the windows of ConvTranspose
  kSampled,       // the taps of Resize
  kRowAndColumn,  // matrix product: a row of the first input, a column of the second
  kPermuted,      // the axes in the order of attribute `perm`
  kRegrouped,     // the same elements in the same order under another shape
  kCut,           // Slice
  kPadded,        // Pad
  kDepthToSpace,  // blocks of positions from channels
  kSpaceToDepth,  // channels from blocks of positions
};

// What the numbers of the output are.
enum class OpValues {
  kUnlisted,  // computed
  kComputed,  // numbers that the inputs do not hold
  kJoined,    // numbers of all inputs, and no others
  kMoved,     // numbers of the first input, some of them or more than once; or constants
  kKept,      // numbers of the first input, each once and in the same order
  kCounted,   // numbers that depend on the shape of the input alone
};

// Where the units of the output lie, if those of the inputs are known.
enum class OpUnits {
  kUnlisted,   // at the usual place for the number of axes
  kUnclear,    // the same
  kCarried,    // where they lie in the input that has as many axes
  kSecond,     // axis 1: the operator makes channels
  kLast,       // the last axis: the operator makes features
  kPermuted,   // moved with attribute `perm`
  kRegrouped,  // where the axes around them keep their extents
};

// When the output equals the first input. Types and shapes of both being the same is always needed.
enum class OpIdentity {
  kUnlisted,    // never
  kNever,       //
  kAlways,      // the type decides
  kSameShape,   // the extents decide, and are known
  kOneOperand,  // there is one input
  kOneResult,   // there is one output
  kSettings,    // the operator's own settings decide
};

struct OpTraits {
  OpKind kind = OpKind::kUnlisted;
  OpReach reach = OpReach::kUnlisted;
  OpValues values = OpValues::kUnlisted;
  OpUnits units = OpUnits::kUnlisted;
  OpIdentity identity = OpIdentity::kUnlisted;
  bool settings = false;  // float constants among the inputs are settings (pads, bounds, scales), not learned parameters
  char symbol = 0;        // '+', '-', '*' or '/' of kArithmetic
  int axis = -1;          // what an absent attribute `axis` means
};

// The operator's columns; all kUnlisted for one that the table lacks.
const OpTraits& traits_of(const std::string& op);
inline const OpTraits& traits_of(const Node& node) { return traits_of(node.op); }

// The result holds nothing but numbers of the first input, or depends on its shape alone.
bool only_moves(const OpTraits& traits);

}  // namespace phosphene
