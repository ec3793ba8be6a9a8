// Milliseconds of one forward pass of an ONNX network of 224 x 224 pictures in OpenCV's dnn, the median:
//
//     opencv_forward FILE.onnx BATCH ROUNDS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <opencv2/dnn.hpp>

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const int batch = std::atoi(arguments[2]), rounds = std::atoi(arguments[3]);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(arguments[1]);
  cv::Mat input({batch, 3, 224, 224}, CV_32F);
  cv::randn(input, 0, 1);
  std::vector<double> milliseconds;
  for (int round = 0; round <= rounds; ++round) {  // the first one prepares
    net.setInput(input);
    const auto start = std::chrono::steady_clock::now();
    net.forward();
    if (round > 0) milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  std::printf("%.3f\n", milliseconds[milliseconds.size() / 2]);
}
