#!/usr/bin/env python3
"""Ten applications of Keras, exported by tf2onnx with an open batch, in phosphene and onnxruntime.

    tests/peers/keras_applications.py PROGRAM [NAMES]

Outputs are held against onnxruntime's, gradients at the input against TensorFlow's, at a batch of 3. Needs tensorflow, tf2onnx, onnx and
onnxruntime (tests/peers/run.sh installs them). Weights are random.
"""
import sys

import numpy

import peer

NAMES = [
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0", "DenseNet121", "ResNet50", "ResNet50V2", "Xception",
    "NASNetMobile"
]


def judge(program, name, work):
    import keras
    import tensorflow as tf
    import tf2onnx
    keras.utils.set_random_seed(sum(map(ord, name)))
    network = getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3), classifier_activation=None)
    random = numpy.random.default_rng(1)
    for layer in network.layers:  # statistics and shifts that are not 0 and 1 (peer.py)
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([
                random.uniform(1.0, 2.0, w.shape) if kind.path.endswith(("beta", "moving_variance")) else
                random.uniform(0.7, 1.3, w.shape) if kind.path.endswith("gamma") else random.normal(0, 0.1, w.shape)
                for kind, w in zip(layer.weights, layer.get_weights())
            ])
    file = f"{work}/net.onnx"
    forward = tf.function(lambda image: network(image, training=False),
                          input_signature=[tf.TensorSpec([None, 224, 224, 3], tf.float32, name="image")])
    tf2onnx.convert.from_function(forward, input_signature=forward.input_signature, opset=17, output_path=file)
    x = random.uniform(-1, 1, (3, 224, 224, 3)).astype(numpy.float32)
    session = peer.session_of(file)
    output = session.get_outputs()[0].name
    wanted = session.run([output], {session.get_inputs()[0].name: x})[0]
    seed = numpy.zeros_like(wanted)
    seed[numpy.arange(3), wanted.argmax(1)] = 1
    with tf.GradientTape() as tape:
        picture = tf.constant(x)
        tape.watch(picture)
        value = tf.reduce_sum(network(picture, training=False) * seed)
    gradient = tape.gradient(value, picture).numpy()
    arrays = peer.run_phosphene(program, file, work, {"image": x}, {output: seed}, timeout=900)
    if isinstance(arrays, str):
        return {"problem": arrays}
    ours = next(array for key, array in arrays.items() if key.startswith("grad_"))
    values = next(array for key, array in arrays.items() if not key.startswith("grad_"))
    if ours.shape != gradient.shape:  # phosphene shows pictures with their channels first
        ours = ours.transpose(0, 2, 3, 1)
    return {"error": peer.relative_error(values, wanted), "cosine": peer.cosine(ours, gradient)}


if __name__ == "__main__":
    sys.exit(peer.survey(__doc__, NAMES, judge))
