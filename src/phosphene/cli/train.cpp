// phosphene train: the trainers, one subcommand each.
#include "phosphene/cli/command.h"
#include "phosphene/cli/train_options.h"

namespace phosphene {

void add_train(CLI::App& app) {
  CLI::App* train =
      app.add_subcommand("train",
                         "Train a classifier, a picture coder, a density or a generator; Ctrl-C stops with a checkpoint, and the same "
                         "command goes on from there");
  train->require_subcommand(1);
  add_train_classifier(*train);
  add_train_coder(*train);
  add_train_density(*train);
  add_train_decoder(*train);
  add_train_generator(*train);
}

}  // namespace phosphene
