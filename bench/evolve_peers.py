#!/usr/bin/env python3
"""Evolves pictures for simulated neurons with phosphene's optimizers and with pycma, at the same budget, and prints a table.

    bench/evolve_peers.py --units conv3:5,fc8:34 --seeds 0,1,2

A neuron is a unit of an embedded network. To a picture it answers spikes ~ Poisson(gain * relu(activation)); a unit of maps stands at their
centre. The gain is such that the best of 200 random codes gives 20 expected spikes. All search the codes of one prior, from the same first step
size: a deviation of a quarter of each code value's range; codes are clipped into their bounds. After --evaluations scores counts what each
method gives as its answer: phosphene's `centre`, pycma's `xfavorite`. Figures are expected spikes of that picture, without noise.

Needs phosphene; pip install cma.
"""

import argparse
import sys
import time

import numpy as np
import phosphene as ph


class Neurons:
    """Expected spikes of each neuron to pictures; every neuron has pictures of its own."""

    def __init__(self, net, prior, units):
        self.net, self.prior = net, prior
        self.units = [(layer, int(unit)) for layer, unit in (text.split(":") for text in units)]
        self.layers = sorted({layer for layer, _ in self.units})
        codes = np.random.default_rng(1).normal(size=(200, *prior.code_shape)) * scale_of(prior)
        activations = self._activations(np.clip(codes, prior.lower, prior.upper).astype(np.float32))
        highest = np.array([activations[layer][:, unit].max() for layer, unit in self.units])
        if highest.min() <= 0:
            sys.exit(f"error: --units > {units[int(highest.argmin())]} is silent to 200 random codes, so no search without gradients can begin")
        self.gains = 20 / highest

    def _activations(self, codes):
        pictures = (255 * np.clip(self.prior.values(codes), 0, 1)).round().astype(np.uint8).transpose(0, 2, 3, 1)
        values = self.net.run(list(pictures), values=self.layers)
        return {name: array if array.ndim == 2 else array[:, :, array.shape[2] // 2, array.shape[3] // 2] for name, array in values.items()}

    def expected(self, codes, neurons):
        """[searches, n] of codes [searches, n, size], each search for its neuron."""
        searches, count, size = codes.shape
        values = self._activations(codes.reshape(-1, size))
        rates = np.empty((searches, count))
        for s, neuron in enumerate(neurons):
            layer, unit = self.units[neuron]
            rates[s] = self.gains[neuron] * np.maximum(values[layer][s * count:(s + 1) * count, unit], 0)
        return rates


def scale_of(prior):
    return (prior.upper - prior.lower) / 4


class Ours:
    def __init__(self, optimizer, prior, population, seed):
        self.evolution = ph.evolve(prior, optimizer, population, seed)

    def ask(self):
        return self.evolution.ask()

    def tell(self, spikes):
        self.evolution.tell(spikes)

    def answer(self):
        return self.evolution.centre


class Pycma:
    def __init__(self, diagonal, prior, population, seed):
        import cma

        options = {"popsize": population, "seed": seed + 1, "verbose": -9, "CMA_diagonal": diagonal}
        self.prior, self.search = prior, cma.CMAEvolutionStrategy(np.zeros(prior.code_shape[0]), 1.0, options)

    def _code(self, points):
        return np.clip(np.asarray(points) * scale_of(self.prior), self.prior.lower, self.prior.upper).astype(np.float32)

    def ask(self):
        self.points = self.search.ask()
        return self._code(self.points)

    def tell(self, spikes):
        self.search.tell(self.points, list(-spikes))

    def answer(self):
        return self._code(self.search.result.xfavorite)


def maker(method):
    if method.startswith("pycma"):
        return lambda *given: Pycma(method == "pycma diagonal", *given)
    return lambda *given: Ours(method, *given)


def evolve(method, prior, neurons, options):
    """[units, seeds] expected spikes of the answers, and seconds that the method itself took."""
    searches = [(neuron, seed) for neuron in range(len(neurons.units)) for seed in options.seeds]
    make = maker(method)
    running = [make(prior, options.population, seed) for _, seed in searches]
    noise = [np.random.default_rng([7, *search]) for search in searches]
    own = 0.0
    for _ in range(options.evaluations // options.population):
        start = time.perf_counter()
        codes = np.stack([search.ask() for search in running])
        own += time.perf_counter() - start
        rates = neurons.expected(codes, [neuron for neuron, _ in searches])
        spikes = [random.poisson(rate) for random, rate in zip(noise, rates)]
        start = time.perf_counter()
        for search, count in zip(running, spikes):
            search.tell(count.astype(float))
        own += time.perf_counter() - start
    answers = np.stack([search.answer() for search in running])[:, None]
    return neurons.expected(answers, [neuron for neuron, _ in searches]).reshape(len(neurons.units), len(options.seeds)), own / len(searches)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="tin200")
    parser.add_argument("--prior", default="tin200-fc6")
    parser.add_argument("--units", type=lambda text: text.split(","), required=True, help="LAYER:UNIT,...")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--evaluations", type=int, default=3000)
    parser.add_argument("--population", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--methods", type=lambda text: text.split(","), default=[*ph.optimizers(), "pycma diagonal", "pycma full"])
    options = parser.parse_args()
    net = ph.load(options.network, session=ph.Session(threads=options.threads))
    prior = ph.prior(options.prior, net, precision="auto")
    neurons = Neurons(net, prior, options.units)
    print(f"{len(options.units)} units x {len(options.seeds)} seeds, {options.evaluations} evaluations, population {options.population}\n")
    print("| method | " + " | ".join(options.units) + " | mean | own seconds |\n|" + " --- |" * (len(options.units) + 3), flush=True)
    for method in options.methods:
        spikes, seconds = evolve(method, prior, neurons, options)
        row = [f"{value:.0f}" for value in spikes.mean(1)] + [f"{spikes.mean():.1f}", f"{seconds:.1f}"]
        print("| " + method + " | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
