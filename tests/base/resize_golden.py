# Prints the goldens of Resize.EqualsPillow in image_test.cpp (made with Pillow 9.4).
import hashlib
import numpy
from PIL import Image

n = numpy.arange(23 * 31 * 3)
image = Image.fromarray(((n * n * 7 + n * 13) % 251).astype(numpy.uint8).reshape(23, 31, 3))
for height, width in [(8, 8), (46, 62), (23, 10), (5, 31), (11, 70), (1, 1)]:
    pixels = numpy.asarray(image.resize((width, height), Image.BILINEAR)).tobytes()
    print(f'  EXPECT_EQ(hash_of(resize(image, {height}, {width})), "{hashlib.sha256(pixels).hexdigest()[:16]}");')
