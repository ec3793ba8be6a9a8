// What the figures mean, in one or two sentences each; the pages show them as explanations.

export const meaning = {
  activation: "How strongly the unit responds: the value that the network computes for it. It has no physical unit; compare it only with other activations of the same unit.",
  rank: "The unit's place among all units of its layer, by activation on this picture. 1: no other unit responds more.",
  probability: "The probability that the network gives to the class when it sees this picture.",
  percentile: "The share of real pictures that excite the unit less than this drawing does.",
  margin: "How far the drawing exceeds the most exciting real picture, in standard deviations of the unit's activation over all real pictures. Negative: a real picture excites the unit more.",
  path: "Do the layers on the way see the drawing as they see the unit's most exciting real pictures? 100 %: just so. 0 %: as they see any other picture. A low value means that the drawing reaches the unit by a way that real pictures do not take.",
  judge: "What a second network, which had no part in the drawing, makes of it: the place of this class among all its classes.",
  active: "The share of real pictures to which the unit responds at all (activation above 0).",
  verdict: "One word for how far the drawing can be trusted, from the figures below.",
  real: "The pictures of the data that excite the unit most. The bright frame is what the unit sees: its receptive field at the place where it responds most.",
  tenths: "One real picture from each tenth of the unit's range, from its lowest activation to its highest.",
  histogram: "How many real pictures excite the unit how much. Heights grow with the square root of the number, so that the few pictures at the top can be seen. Lines: the drawings.",
  steps: "The activation at every step of the search that made the drawing.",
  classes: "How much more the pictures of a class excite the unit than all pictures do, in standard deviations of its activation.",
  similarity: "From -1 to 1: how much two units respond to the same pictures (correlation of their activations); without data, how much their drawings' codes agree.",
  match: "Two units match if each is the other's most similar one among all units of its layer, and the correlation of their activations is at least 0.5. Units of the left layer without a match have vanished; those of the right layer have appeared.",
  sparsity: "The share of real pictures to which the unit does not respond at all.",
  map: "Units that respond to the same pictures lie close together.",
  seed: "The number that fixes where the search starts. Other seeds find other pictures that the unit wants.",
};

export const colour_word = {green: "good", amber: "doubtful", red: "bad", grey: "unknown"};
