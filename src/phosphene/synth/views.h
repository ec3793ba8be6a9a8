// Views: the random shift, scale and noise through which the network sees the picture at each step of a search, so that the search finds
// what holds from anywhere (Mordvintsev, Olah and Tyka 2015; Olah et al., Feature Visualization, Distill 2017). Any prior may have them;
// random_view.h draws them.
#pragma once

#include <optional>
#include <string>

namespace phosphene {

// The defaults are Olah et al.'s.
struct Views {
  double smallest = 0.9, largest = 1.1;  // scale, the same in both directions
  double shift = 1.0 / 14;               // of the side, either way: 16 of 224 pixels; farther where an enlarged box stays in the picture
  double noise = 0;                      // standard deviation as a share of half the range of pixels: 0.1 is 12.75 of 255; 0: none
  bool operator==(const Views&) const = default;
};

// "none" is no views. Otherwise any of "scale=0.9..1.1 shift=0.07 noise=0.1"; what is left out keeps its default. Error otherwise.
std::optional<Views> parse_views(const std::string& text);
// The text that parse_views() reads back as the same views, with every number.
std::string to_text(const std::optional<Views>& views);

}  // namespace phosphene
