// Every optimiser on functions whose best point is known: each reaches a stated value within a stated number of scores, from several seeds.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error_of.h"
#include "phosphene/evolve/optimiser.h"

namespace phosphene {
namespace {

using Function = double (*)(const Eigen::VectorXd& x);  // 0 at its best point, positive elsewhere

double sphere(const Eigen::VectorXd& x) { return (x.array() - 1).square().sum(); }

// Axes parallel to the coordinates, of condition 10^4.
double ellipsoid(const Eigen::VectorXd& x) {
  double sum = 0;
  for (Eigen::Index i = 0; i < x.size(); ++i)
    sum += std::pow(1e4, static_cast<double>(i) / static_cast<double>(x.size() - 1)) * std::pow(x[i] - 1, 2);
  return sum;
}

// The same, with axes that no coordinate follows.
double turned_ellipsoid(const Eigen::VectorXd& x) {
  Eigen::VectorXd y = x.array() - 1;
  for (Eigen::Index i = 0; i + 1 < y.size(); ++i) {
    const double a = y[i], b = y[i + 1];
    y[i] = 0.6 * a - 0.8 * b, y[i + 1] = 0.8 * a + 0.6 * b;
  }
  return ellipsoid((y.array() + 1).matrix());
}

// Many local bests, one at each point of whole coordinates.
double rastrigin(const Eigen::VectorXd& x) {
  double sum = 0;
  for (const double value : x) sum += std::pow(value - 1, 2) + 10 * (1 - std::cos(2 * std::numbers::pi * (value - 1)));
  return sum;
}

struct Course {
  const char* optimiser;
  Function function;
  int64_t size, population, scores;
  double reached;  // by the centre, from each of 5 seeds
};

double run(const Course& course, uint64_t seed) {
  const auto optimiser = make_optimiser(parse_optimiser(course.optimiser), course.size, course.population);
  for (int64_t g = 0; g < course.scores / course.population; ++g) {
    const Eigen::MatrixXd points = optimiser->ask(Rng(seed, "evolve", static_cast<uint64_t>(g)));
    Eigen::VectorXd scores(points.cols());
    for (Eigen::Index k = 0; k < points.cols(); ++k) scores[k] = -course.function(points.col(k));
    optimiser->tell(points, scores);
  }
  return course.function(optimiser->centre());
}

class Courses : public ::testing::TestWithParam<Course> {};

TEST_P(Courses, ReachesItsValue) {
  for (uint64_t seed = 0; seed < 5; ++seed) EXPECT_LE(run(GetParam(), seed), GetParam().reached) << "seed " << seed;
}

// 1 of rastrigin is the value of the best point's neighbours.
INSTANTIATE_TEST_SUITE_P(
    Optimisers, Courses,
    ::testing::Values(Course{"cma", sphere, 10, 10, 3000, 1e-9}, Course{"cma", ellipsoid, 10, 10, 6000, 1e-9},
                      Course{"cma", turned_ellipsoid, 10, 10, 6000, 1e-9}, Course{"cma sigma=3", rastrigin, 5, 100, 20000, 1},
                      Course{"cma-diagonal", sphere, 10, 10, 3000, 1e-9}, Course{"cma-diagonal", ellipsoid, 10, 10, 6000, 1e-9},
                      Course{"cma-diagonal", sphere, 1000, 40, 20000, 20}, Course{"cma-diagonal sigma=3", rastrigin, 5, 100, 20000, 1},
                      Course{"sphere last=0.1 decay=0.95", sphere, 10, 20, 4000, 1e-4}, Course{"sphere", sphere, 1000, 40, 4000, 500},
                      Course{"genetic", sphere, 10, 40, 8000, 0.5}, Course{"genetic size=0.1", ellipsoid, 10, 40, 20000, 40},
                      Course{"genetic size=0.5", rastrigin, 5, 100, 20000, 2}));

TEST(Optimiser, LimitsAreErrorsThatSayWhatToDo) {
  const auto make = [](const char* optimiser, int64_t size, int64_t population) {
    return error_of([&] { make_optimiser(parse_optimiser(optimiser), size, population); });
  };
  EXPECT_EQ(make("cma", 2048, 4), "no error");
  EXPECT_NE(make("cma", 2049, 4).find("this code has 2049; give cma-diagonal or sphere"), std::string::npos);
  EXPECT_NE(make("sphere", 10, 3).find("the population is 3; give a number from 4"), std::string::npos);
  EXPECT_NE(error_of([] { parse_optimiser("annealing"); }).find("optimisers are cma-diagonal, cma, sphere, genetic"), std::string::npos);
}

// A single high score does not stay at the top: a point that is kept has the mean of its scores.
TEST(Optimiser, GeneticAveragesTheScoresOfWhatItKeeps) {
  const auto genetic = make_optimiser(parse_optimiser("genetic kept=0.5"), 2, 4);
  const Eigen::MatrixXd first = genetic->ask(Rng(0, "evolve"));
  genetic->tell(first, Eigen::Vector4d(10, 5, 1, 0));
  const Eigen::MatrixXd second = genetic->ask(Rng(1, "evolve"));
  EXPECT_EQ(second.col(0), first.col(0));
  EXPECT_EQ(second.col(1), first.col(1));
  genetic->tell(second, Eigen::Vector4d(-8, 5, 2, 2));  // the means of the first two: 1 and 5
  EXPECT_EQ(genetic->centre(), first.col(1));
}

}  // namespace
}  // namespace phosphene
