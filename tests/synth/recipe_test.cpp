#include "phosphene/synth/recipe.h"

#include <gtest/gtest.h>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

TEST(Recipe, JsonRoundTripOfEveryField) {
  Recipe recipe;
  recipe.network = "net.onnx";
  recipe.layer = "conv5";
  recipe.direction = "concepts.npy";
  recipe.units = "3*0.5+7";
  recipe.at = {Place::Kind::kPoint, 3, 4};
  recipe.objective = "log-probability";
  recipe.preprocess = "caffe";
  recipe.fixed = {"time=1", "mask=mask.npy"};
  recipe.input_size = "224x160";
  recipe.labels = "labels.txt";
  recipe.output = "prob";
  recipe.shuffle = 3;
  recipe.prior = "pixel";
  recipe.prior_inputs = {"z"};
  recipe.prior_preprocess = "tf";
  recipe.prior_fixed = {"label=3"};
  recipe.rule = "adam";
  recipe.steps = 7;
  recipe.patience = 3;
  recipe.lr0 = 0.1;
  recipe.lr1 = 1e-3;
  recipe.decay = 0.5;
  recipe.bounds = "none";
  recipe.init = "zero";
  recipe.views = "scale=0.9..1.4 noise=0.1";
  recipe.seeds = {1, 18446744073709551615u};
  recipe.batch = 5;
  recipe.engine = "reference";
  recipe.precision = Precision::kBfloat16;
  recipe.threads = 2;
  recipe.random_weights = 18446744073709551615u;
  const Json usual = Recipe{}.to_json(), given = recipe.to_json();
  for (const auto& [field, value] : given.items()) EXPECT_NE(value, usual.value(field, Json())) << field << " is as usual";
  EXPECT_EQ(Recipe::from_json(Json::parse(recipe.to_json().dump())), recipe);
  EXPECT_EQ(Recipe::from_json(Recipe{}.to_json()), Recipe{});
}

TEST(Recipe, BadJsonNamesTheField) {
  EXPECT_THROW(Recipe::from_json(Json{{"stepz", 3}}), Error);
  EXPECT_THROW(Recipe::from_json(Json{{"steps", "many"}}), Error);
  EXPECT_THROW(Recipe::from_json(Json{{"steps", 2.5}}), Error);
  EXPECT_THROW(Recipe::from_json(Json{{"rule", 3}}), Error);
}

TEST(Recipe, VerifyRefusesNumbersOutOfRange) {
  Recipe recipe;
  recipe.layer = "fc";
  EXPECT_NO_THROW(recipe.verify());
  recipe.steps = 0;
  EXPECT_THROW(recipe.verify(), Error);
  recipe.steps = 1;
  recipe.decay = 1.5;
  EXPECT_THROW(recipe.verify(), Error);
  recipe.decay = 1;
  EXPECT_NO_THROW(recipe.verify());
  recipe.objective = "probability";
  EXPECT_THROW(recipe.verify(), Error);
}

TEST(Recipe, Texts) {
  EXPECT_EQ(parse_seeds("0-3,7"), (std::vector<uint64_t>{0, 1, 2, 3, 7}));
  for (const char* text : {"", "3-1", "a", "1,", "-1", "1-2-3"}) EXPECT_THROW(parse_seeds(text), Error) << text;
  Recipe recipe;
  parse_lr("4", recipe);
  EXPECT_EQ(recipe.lr0, 4);
  EXPECT_EQ(recipe.lr1, 1e-10);
  parse_lr("8:1e-3", recipe);
  EXPECT_EQ(recipe.lr1, 1e-3);
  EXPECT_THROW(parse_lr("8:1:2", recipe), Error);
  EXPECT_EQ(Place::parse("3,4"), (Place{Place::Kind::kPoint, 3, 4}));
  EXPECT_EQ(Place::parse("mean").kind, Place::Kind::kMean);
  EXPECT_EQ(Place::parse("3"), (Place{Place::Kind::kPoint, 3, 0}));  // a token
  EXPECT_THROW(Place::parse("-3,1"), Error);
}

}  // namespace
}  // namespace phosphene
