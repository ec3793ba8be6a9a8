// JPEG through libjpeg, PNG through libpng's simplified interface, WebP through libwebp. libjpeg reports errors by a call that must not
// return: it jumps back to the reader with longjmp, so no object with a destructor may be born between setjmp and the end of decoding.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>  // after cstdio, which it needs
#include <png.h>
#include <webp/decode.h>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/base/orientation.h"

namespace phosphene {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 28;

// Pixels of a file with `channels` 1 (grey), 3 (RGB) or 4 (RGB and alpha; from a JPEG: inverted CMYK).
struct Decoded {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;

  void allocate() {
    if (height * width > kMostPixels) throw Error(fmt::format("is too large: {} x {} pixels", height, width), "give a smaller image");
    pixels.resize(static_cast<size_t>(height * width * channels));
  }
};

struct JpegFailure : jpeg_error_mgr {
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = {};
};

[[noreturn]] void jpeg_fail(j_common_ptr info) {
  auto* failure = static_cast<JpegFailure*>(info->err);
  failure->format_message(info, failure->message);
  std::longjmp(failure->back, 1);
}

void jpeg_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {  // warnings after which libjpeg would invent pixels
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC: jpeg_fail(info);
    default: break;
  }
}

// One stage of decoding under setjmp; false when libjpeg failed.
template <typename Stage>
bool guarded(JpegFailure& failure, const Stage& stage) {
  if (setjmp(failure.back)) return false;
  stage();
  return true;
}

Decoded decode_jpeg(std::string_view bytes) {
  jpeg_decompress_struct info{};
  JpegFailure failure;
  info.err = jpeg_std_error(&failure);
  failure.error_exit = jpeg_fail;
  failure.emit_message = jpeg_message;
  struct Release {
    jpeg_decompress_struct& info;
    ~Release() { jpeg_destroy_decompress(&info); }
  } release{info};

  Decoded image;
  const bool header_read = guarded(failure, [&] {
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
    if (info.num_components == 1) {
      info.out_color_space = JCS_GRAYSCALE;
    } else {
      info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
    }
    jpeg_start_decompress(&info);
  });
  if (header_read) {
    image.height = info.output_height, image.width = info.output_width, image.channels = info.output_components;
    image.allocate();
  }
  const bool decoded = header_read && guarded(failure, [&] {
                         while (info.output_scanline < info.output_height) {
                           JSAMPROW row = image.pixels.data() + static_cast<size_t>(info.output_scanline) * image.width * image.channels;
                           jpeg_read_scanlines(&info, &row, 1);
                         }
                         jpeg_finish_decompress(&info);
                       });
  if (!decoded) throw Error(fmt::format("is a broken JPEG: {}", failure.message), "replace the file");

  if (image.channels == 4) {  // Adobe stores CMYK inverted: colour = ink * key / 255
    Decoded rgb{image.height, image.width, 3, {}};
    rgb.allocate();
    for (int64_t i = 0; i < image.height * image.width; ++i)
      for (int64_t c = 0; c < 3; ++c) rgb.pixels[i * 3 + c] = static_cast<uint8_t>(image.pixels[i * 4 + c] * image.pixels[i * 4 + 3] / 255);
    return rgb;
  }
  return image;
}

Decoded decode_png(std::string_view bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  struct Release {
    png_image& png;
    ~Release() { png_image_free(&png); }
  } release{png};
  const auto broken = [&] { return Error(fmt::format("is a broken PNG: {}", png.message), "replace the file"); };

  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) throw broken();
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  Decoded image{png.height, png.width, 3, {}};
  const bool alpha = png.format & PNG_FORMAT_FLAG_ALPHA, colour = png.format & PNG_FORMAT_FLAG_COLOR;
  png.format = alpha ? PNG_FORMAT_RGBA : colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  image.channels = PNG_IMAGE_SAMPLE_CHANNELS(png.format);
  image.allocate();
  if (!png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr)) throw broken();
  return image;
}

Decoded decode_webp(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) throw Error("is a broken WebP", "replace the file");
  if (features.has_animation) throw Error("is an animated WebP", "give a still image");
  Decoded image{features.height, features.width, features.has_alpha ? 4 : 3, {}};
  image.allocate();
  const auto stride = static_cast<int>(image.width * image.channels);
  const auto decode = features.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (!decode(data, bytes.size(), image.pixels.data(), image.pixels.size(), stride)) throw Error("is a broken WebP", "replace the file");
  return image;
}

void blend_on_white(Decoded& image) {
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    const int alpha = image.pixels[i * 4 + 3];
    for (int64_t c = 0; c < 3; ++c)
      image.pixels[i * 3 + c] = static_cast<uint8_t>((image.pixels[i * 4 + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  image.channels = 3;
  image.allocate();
}

Image convert(Decoded decoded, int64_t channels) {
  if (decoded.channels == 4) blend_on_white(decoded);
  if (decoded.channels == channels) return {decoded.height, decoded.width, channels, std::move(decoded.pixels)};
  Image image = Image::blank(decoded.height, decoded.width, channels, 0);
  for (int64_t i = 0; i < decoded.height * decoded.width; ++i) {
    if (channels == 3) {
      std::memset(&image.pixels[i * 3], decoded.pixels[i], 3);
    } else {  // ITU-R 601 luma in 16 fractional bits
      const uint8_t* rgb = &decoded.pixels[i * 3];
      image.pixels[i] = static_cast<uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16);
    }
  }
  return image;
}

}  // namespace

Image decode_image(std::string_view bytes, int64_t channels) {
  PHOSPHENE_CHECK(channels == 1 || channels == 3);
  const int orientation = exif_orientation(bytes);
  if (bytes.starts_with("\xFF\xD8")) return upright(convert(decode_jpeg(bytes), channels), orientation);
  if (bytes.starts_with("\x89PNG")) return upright(convert(decode_png(bytes), channels), orientation);
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.compare(8, 4, "WEBP") == 0)
    return upright(convert(decode_webp(bytes), channels), orientation);
  throw Error(bytes.empty() ? "is empty" : "is neither a JPEG, a PNG nor a WebP", "give a JPEG, PNG or WebP image");
}

Image read_image(const std::filesystem::path& file, int64_t channels) {
  const std::string bytes = read_file(file);
  return located(file.string(), [&] { return decode_image(bytes, channels); });
}

void write_png(const std::filesystem::path& file, const Image& image) {
  PHOSPHENE_CHECK(image.height > 0 && image.width > 0);
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(image.pixels.size()), image.height * image.width * image.channels);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw Error(fmt::format("cannot be encoded: {}", png.message)).at(file.string());
  bytes.resize(size);
  write_file(file, bytes);
}

}  // namespace phosphene
