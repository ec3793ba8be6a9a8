// Report: what an experiment found, in its folder.
//
//     results.json                            the request, and of each thread the best picture and a curve; of each control its score
//     index.html                              a page that needs nothing outside the folder
//     best-THREAD.png, best-THREAD.npy        the picture and code with the highest score
//     centre-THREAD.png, centre-THREAD.npy    what the optimiser takes to be best (Evolution::centre())
#pragma once

#include "phosphene/evolve/experiment.h"

namespace phosphene {

// Of the generations told so far, at least one.
void write_report(Experiment& experiment);
void write_evolution_page(const Experiment& experiment);  // index.html alone

// The controls that were shown, by their mean score, the highest first.
std::vector<ControlRecord> controls_by_score(const Experiment& experiment);

}  // namespace phosphene
